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

from cucurbit.analysis.finding import Finding, Severity

LineOf = Callable[[str, int], str]
"""From a path and a line (1-based) to the text there, without the white space around it."""

_NAMES = re.compile(r"(?<!\w)'[^'\n]+'(?!\w)|`[^`\n]+`")

_GRAVITY = {Severity.HINT: 0, Severity.INFORMATION: 1, Severity.WARNING: 2, Severity.ERROR: 3}


def fingerprints(findings: Iterable[Finding], line: LineOf) -> list[str]:
    """For each finding a name that stays when lines move and when messages are worded otherwise.

    It is made of the rule, the file, the text of the line and the names in the message: tables and code. Of findings
    that have all this in common each has its number.
    """
    seen: dict[str, int] = {}
    found = []
    for finding in findings:
        location = finding.location
        parts = (finding.rule, location.path, line(location.path, location.span.line), *_NAMES.findall(finding.message))
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
    """The baseline of these findings: equal findings make an equal text."""
    names = fingerprints(findings, line)
    known = [
        KnownFinding(finding.location.path, finding.rule, finding.severity, finding.message, name)
        for finding, name in zip(findings, names, strict=True)
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
    """What is new, what is known and what is gone. A finding graver than the baseline has it is new."""
    held = {each.fingerprint: each for each in baseline}
    new: list[Finding] = []
    known: list[Finding] = []
    for finding, name in zip(findings, fingerprints(findings, line), strict=True):
        before = held.pop(name, None)
        is_known = before is not None and _GRAVITY[finding.severity] <= _GRAVITY[before.severity]
        (known if is_known else new).append(finding)
    return Compared(tuple(new), tuple(known), tuple(held.values()))
