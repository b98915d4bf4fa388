"""What all scenarios need to know of what they measure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tests.bench.editing import Kind
from tests.bench.places import Places
from tests.bench.workspaces import Found


class Subject(Protocol):
    """A generated workspace or a real project, in a folder where files may be changed.

    ``findings`` are all that must be found, ``main`` is the file that an editor opens first, and ``changed`` the one
    that gets another function. Only a generated workspace has ``places``.
    """

    @property
    def name(self) -> str: ...

    @property
    def root(self) -> Path: ...

    @property
    def files(self) -> int: ...

    @property
    def findings(self) -> tuple[Found, ...]: ...

    @property
    def main(self) -> str: ...

    @property
    def changed(self) -> str: ...

    @property
    def kinds(self) -> Sequence[Kind]: ...

    @property
    def places(self) -> Places | None: ...
