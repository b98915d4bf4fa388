"""What a finding of ``revision-graph`` is about, for its fixes."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.analysis.finding import Subject
from cucurbit.workspace.alembic.graph import GraphFault


@dataclass(frozen=True)
class RevisionSubject(Subject):
    """The environment (by its configuration), the file, and what is wrong; None for several heads."""

    config: str
    section: str
    path: str
    fault: GraphFault | None
