"""One finding for one cause.

Rules yield a finding for each place, so that comments, settings and baselines apply to places. What is left of the
findings of one cause is reported as one finding, which keeps them as its ``members``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity
from cucurbit.analysis.wording import listed


def grouped(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, those of one rule, cause and severity as one, in the order of their places.

    Groups among them are taken apart first: the result is the same however the findings were grouped before.
    """
    groups: dict[tuple[str, tuple[str, ...], Severity] | Finding, list[Finding]] = {}
    for single in singles(found):
        cause = single.cause
        key = (single.rule, cause.key, single.severity) if cause is not None else single
        groups.setdefault(key, []).append(single)
    return in_order(_merged(members) for members in groups.values())


def singles(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that these stand for, in the order of their places, each once."""
    return in_order(single for finding in found for single in finding.singles)


def narrowed(found: Iterable[Finding], accept: Callable[[Finding], bool]) -> tuple[Finding, ...]:
    """The findings that ``accept`` accepts; of a group those of its members."""
    return grouped(single for single in singles(found) if accept(single))


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """By place, then rule, each finding once."""
    distinct = {(finding.rule, finding.location, finding.message): finding for finding in reversed(list(found))}
    return tuple(sorted(distinct.values(), key=lambda f: (f.location.path, f.location.span, f.rule, f.message)))


def _merged(members: Sequence[Finding]) -> Finding:
    """One finding for those of one cause. It stands where the first of them does that is certain, if one is."""
    first = next((each for each in members if each.certain), members[0])
    cause = first.cause
    if len(members) == 1 or cause is None:
        return first
    return replace(first, message=_message(cause, members), related=_evidence(first, members), members=tuple(members))


def _message(cause: CommonCause, members: Sequence[Finding]) -> str:
    items = dict.fromkeys(item for each in members if each.cause is not None for item in each.cause.items)
    message = cause.message.replace("{number}", str(len(items))).replace("{places}", str(len(members)))
    files = (each.location.path for each in members)
    return message.replace("{files}", listed(files)).replace("{items}", listed(items))


def _evidence(first: Finding, members: Sequence[Finding]) -> tuple[Related, ...]:
    """What the members have in common, then the place of each other one and what it has for itself."""
    common = [piece for piece in first.related if not piece.chain and all(piece in each.related for each in members)]
    found = list(common)
    for each in members:
        if each.cause is not None and each.location != first.location:
            found.append(Related(each.location, each.cause.here))
        # A step of a chain is repeated: the chains of two members may share their beginning.
        found += [piece for piece in each.related if piece.chain or piece not in found]
    return tuple(found)
