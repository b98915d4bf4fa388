"""The fixes of ``revision-graph``."""

from __future__ import annotations

from cucurbit.analysis.finding import Finding
from cucurbit.analysis.edits import Fix
from cucurbit.analysis.rule import FixGate


def fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    return ()
