"""The baseline: a file in the repository with the findings that a project accepts for now."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from cucurbit.analysis.finding import Finding, Severity, stronger
from cucurbit.analysis.grouping import grouped, singles

LineOf = Callable[[str, int], str]
"""From a path and a line (1-based) to the text there, without the white space around it."""

_NAMES = re.compile(r"(?<!\w)'[^'\n]+'(?!\w)|`[^`\n]+`")


def fingerprints(findings: Iterable[Finding], line: LineOf) -> list[str]:
    """For each finding a name that stays when lines move and when messages are worded otherwise.

    It is made of the rule and the cause, if the finding has one: so it also stays when a place is added to its group.
    Otherwise it is made of what :func:`place_fingerprints` uses.
    """
    found = [
        (each.rule, *each.cause.key) if each.cause is not None else _parts_of_place(each, line) for each in findings
    ]
    return _numbered(found)


def place_fingerprints(singles: Iterable[Finding], line: LineOf) -> list[str]:
    """For each finding a name that stays when lines move and when messages are worded otherwise.

    It is made of the rule, the file, the text of the line and the names in the message: tables and code.
    """
    return _numbered([_parts_of_place(each, line) for each in singles])


def _parts_of_place(finding: Finding, line: LineOf) -> tuple[str, ...]:
    location = finding.location
    return (finding.rule, location.path, line(location.path, location.span.line), *_NAMES.findall(finding.message))


def _numbered(identities: Iterable[tuple[str, ...]]) -> list[str]:
    """A digest of each identity; equal ones are numbered."""
    seen: dict[str, int] = {}
    found = []
    for parts in identities:
        text = "\0".join(parts)
        seen[text] = seen.get(text, -1) + 1
        identity = f"{text}\0{seen[text]}"
        found.append(hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return found


class KnownFinding(msgspec.Struct, frozen=True):
    """A finding in the baseline."""

    path: str
    rule: str
    severity: Annotated[Severity, Meta(description="A finding whose severity has increased is reported.")]
    message: Annotated[str, Meta(description="The message when the baseline was written; only for readers.")]
    fingerprint: Annotated[
        str,
        Meta(
            pattern="^[0-9a-f]{32}$",
            description="Computed from the rule, the path, the text of the line and the names in the message, so it "
            "stays the same when lines move.",
        ),
    ]


class BaselineDocument(msgspec.Struct, frozen=True):
    """What `cucurbit check --write-baseline` writes and `--baseline` reads. The findings are sorted."""

    version: Literal[1]
    findings: list[KnownFinding]


class Malformed(ValueError):
    """Why a file is not a valid baseline, worded to follow the file name."""


@dataclass(frozen=True)
class Compared:
    """``new`` findings are not in the baseline, ``known`` ones are; ``gone`` are its entries without a finding now."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    gone: tuple[KnownFinding, ...]


def write_baseline(findings: Sequence[Finding], line: LineOf) -> str:
    """The baseline of these findings, with each place of a group: equal findings make an equal text."""
    found = singles(findings)
    names = place_fingerprints(found, line)
    known = [
        KnownFinding(finding.location.path, finding.rule, finding.severity, finding.message, name)
        for finding, name in zip(found, names, strict=True)
    ]
    known.sort(key=lambda each: (each.path, each.rule, each.message, each.fingerprint))
    return json.dumps(msgspec.to_builtins(BaselineDocument(1, known)), indent=2) + "\n"


def read_baseline(data: bytes) -> tuple[KnownFinding, ...]:
    """The findings in a baseline.

    Raises:
        Malformed: it is none.
    """
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"is no JSON: {error}") from None
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > 1:
        raise Malformed("was written by a newer Cucurbit")
    try:
        return tuple(msgspec.convert(document, BaselineDocument).findings)
    except msgspec.ValidationError as error:
        raise Malformed(f"is not a baseline: {error}") from None


def compare(findings: Sequence[Finding], line: LineOf, baseline: Iterable[KnownFinding]) -> Compared:
    """What is new, what is known and what is gone. A finding graver than the baseline has it is new.

    Of a group, the places that are not in the baseline are new: a table that is added to those that env.py misses is
    reported without them.
    """
    held = {each.fingerprint: each for each in baseline}
    new: list[Finding] = []
    known: list[Finding] = []
    found = singles(findings)
    for finding, name in zip(found, place_fingerprints(found, line), strict=True):
        before = held.pop(name, None)
        is_known = before is not None and not stronger(finding.severity, before.severity)
        (known if is_known else new).append(finding)
    return Compared(grouped(new), grouped(known), tuple(held.values()))
