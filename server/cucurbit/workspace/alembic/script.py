"""The names of a revision file that Alembic reads: ``revision``, ``down_revision``, ``branch_labels``, ``depends_on``.

Facts from alembic/script/base.py (``Script``) and alembic/util/langhelpers.py (``to_tuple``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from cucurbit.source.facts import (
    WHOLE_FILE,
    Annotated,
    Assign,
    At,
    Binary,
    Const,
    Expr,
    Formatted,
    FunctionDef,
    ModuleFacts,
    Name,
    Sequence,
    Step,
)
from cucurbit.source.scan import assigned_values, bound_names

_LEGACY = re.compile(r"([a-f0-9]+)\.py$")
"""A file without ``revision`` that is named so has its name as identifier."""

_PARAGRAPH = re.compile(r"\n\n|\r\n\r\n")
_DOCSTRING = re.compile(
    r"""\ufeff?(?:[ \t]*(?:#[^\n]*)?\r?\n)*[rRuU]?(?:(\"{3}|'{3})(.*?)\1|(["'])([^"'\n]*)\3)""", re.DOTALL
)
"""The docstring of a file, behind comments and empty lines."""


@dataclass(frozen=True)
class ScriptName:
    """What a revision file assigns to one of these names.

    ``texts``: the identifiers or labels, in order; none for ``None``. ``at``: the statement. ``given``: the name is
    bound. ``known``: ``texts`` is all of it; False where the value is computed.
    """

    texts: tuple[str, ...] = ()
    at: At = WHOLE_FILE
    given: bool = False
    known: bool = True


NOT_GIVEN = ScriptName()


@dataclass(frozen=True)
class ScriptNames:
    """The four names of one file, and whether it parses."""

    revision: ScriptName = NOT_GIVEN
    down_revision: ScriptName = NOT_GIVEN
    branch_labels: ScriptName = NOT_GIVEN
    depends_on: ScriptName = NOT_GIVEN
    parses: bool = True


@dataclass(frozen=True)
class RevisionScript:
    """One revision file, as Alembic loads it."""

    path: str
    names: ScriptNames

    @cached_property
    def id(self) -> str:
        """The identifier; empty if it has none, or one that is not known."""
        revision = self.names.revision
        if revision.given:
            return revision.texts[0] if revision.known and len(revision.texts) == 1 else ""
        legacy = _LEGACY.match(self.file_name)
        return legacy[1] if legacy is not None and revision.known else ""

    @property
    def file_name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        return self.file_name.removesuffix(".py")

    @property
    def parents(self) -> tuple[str, ...]:
        return self.names.down_revision.texts

    @property
    def dependencies(self) -> tuple[str, ...]:
        return self.names.depends_on.texts

    @property
    def labels(self) -> tuple[str, ...]:
        return self.names.branch_labels.texts

    @property
    def lacks_id(self) -> bool:
        """Whether it certainly has no identifier: Alembic refuses it."""
        revision = self.names.revision
        return self.names.parses and not revision.given and revision.known and not self.id

    @property
    def lacks_parent(self) -> bool:
        """Whether it certainly has no ``down_revision``: Alembic cannot load it."""
        down = self.names.down_revision
        return self.names.parses and not down.given and down.known

    @property
    def has_known_id(self) -> bool:
        return bool(self.id) or self.lacks_id

    @property
    def has_known_parents(self) -> bool:
        names = self.names
        return names.parses and all(each.known for each in (names.down_revision, names.depends_on, names.branch_labels))

    @property
    def shown(self) -> str:
        return f"{self.id} ({self.path})"


def read_names(facts: ModuleFacts) -> ScriptNames:
    """What executing a file leaves in the four names, as far as its own statements tell."""
    reader = _NameReader()
    for step in facts.body:
        reader.read(step)
    return ScriptNames(
        reader.name("revision"),
        reader.name("down_revision"),
        reader.name("branch_labels"),
        reader.name("depends_on"),
        parses=facts.problem is None,
    )


_Value: TypeAlias = "str | tuple[str | None, ...] | None"


class _Unknown:
    """A value that is not known."""


_UNKNOWN = _Unknown()


@dataclass
class _NameReader:
    """The values of the module's names after each statement."""

    values: dict[str, tuple[_Value | _Unknown, At]] = field(default_factory=dict)
    anything: bool = False
    """Whether a name that no statement binds may be bound all the same: by a star import or ``__getattr__``."""

    def read(self, step: Step) -> None:
        if isinstance(step, Assign | Annotated):
            assigned = dict(assigned_values(step))
            for name, value in assigned.items():
                self.values[name] = self._evaluate(value), step.at
            self._forget(bound_names((step,)) - assigned.keys() - _only_declared(step), step.at)
            return
        if isinstance(step, FunctionDef) and step.name == "__getattr__":
            self.anything = True
        self._forget(bound_names((step,)), getattr(step, "at", WHOLE_FILE))

    def _forget(self, names: frozenset[str], at: At) -> None:
        if "*" in names:
            self.anything = True
            self.values = {name: (_UNKNOWN, where) for name, (_, where) in self.values.items()}
        for name in names:
            self.values[name] = _UNKNOWN, at

    def name(self, name: str) -> ScriptName:
        if name not in self.values:
            return ScriptName(known=not self.anything)
        value, at = self.values[name]
        if isinstance(value, _Unknown):
            return ScriptName((), at, given=True, known=False)
        items = value if isinstance(value, tuple) else (value,)
        texts = tuple(each for each in items if each is not None)
        return ScriptName(texts, at, given=True, known=len(texts) == len(items) or len(items) == 1)

    def _evaluate(self, value: Expr) -> _Value | _Unknown:
        if isinstance(value, Const):
            return value.value if value.value is None or isinstance(value.value, str) else _UNKNOWN
        if isinstance(value, Name):
            return self.values[value.id][0] if value.id in self.values else _UNKNOWN
        if isinstance(value, Sequence):
            return self._display(value)
        if isinstance(value, Formatted):
            parts = [self._evaluate(part) for part in value.parts]
            texts = [part for part in parts if isinstance(part, str)]
            return "".join(texts) if len(texts) == len(parts) else _UNKNOWN
        if isinstance(value, Binary) and value.op == "+":
            left, right = self._evaluate(value.left), self._evaluate(value.right)
            if isinstance(left, str) and isinstance(right, str):
                return left + right
            if isinstance(left, tuple) and isinstance(right, tuple):
                return left + right
        return _UNKNOWN

    def _display(self, value: Sequence) -> _Value | _Unknown:
        items: list[str | None] = []
        for item in value.items:
            found = self._evaluate(item)
            if isinstance(found, _Unknown | tuple):
                return _UNKNOWN
            items.append(found)
        return tuple(items)


def _only_declared(step: Assign | Annotated) -> frozenset[str]:
    """The name of ``name: annotation``, which binds nothing."""
    if isinstance(step, Annotated) and step.value is None and isinstance(step.target, Name):
        return frozenset({step.target.id})
    return frozenset()


def message_of(text: str) -> str:
    """The message of a revision: the first paragraph of the docstring with which its text begins."""
    found = _DOCSTRING.match(text)
    if found is None:
        return ""
    paragraph = _PARAGRAPH.split((found[2] or found[4] or "").strip())[0]
    return " ".join(paragraph.split())
