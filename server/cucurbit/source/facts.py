"""The vocabulary of facts: what one module does, as steps in execution order.

A fact never holds a line number. Every place (``at``) leads to a span by :meth:`ModuleFacts.span`, so that moving
code changes the spans and nothing that a timeline depends on. Facts are values: two files with equal steps execute
alike. The bodies of functions stand apart, each with places of its own, so that an edit in one of them leaves the
module's other facts as they were.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from cucurbit.source.expressions import (
    WHOLE_FILE,
    At,
    Attr,
    Await,
    Binary,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Const,
    Dict,
    Expr,
    Formatted,
    Generator,
    Keyword,
    Lambda,
    Name,
    Node,
    Opaque,
    Param,
    Params,
    Scalar,
    Sequence,
    Slice,
    Star,
    Subscript,
    Unary,
    Walrus,
    Yield,
    parts_of,
)
from cucurbit.source.span import START, Span

__all__ = [
    "NO_FACTS",
    "WHOLE_FILE",
    "Alias",
    "Annotated",
    "Assert",
    "Assign",
    "At",
    "Attr",
    "AugAssign",
    "Await",
    "Binary",
    "Boolean",
    "Break",
    "Call",
    "Case",
    "ClassDef",
    "Comment",
    "Compare",
    "Comprehension",
    "Conditional",
    "Const",
    "Continue",
    "Delete",
    "Dict",
    "Do",
    "Expr",
    "For",
    "Formatted",
    "FunctionDef",
    "Generator",
    "Handler",
    "If",
    "Import",
    "ImportFrom",
    "Keyword",
    "Lambda",
    "Match",
    "ModuleFacts",
    "Name",
    "Node",
    "Opaque",
    "Param",
    "Params",
    "Raise",
    "Return",
    "Scalar",
    "Scope",
    "Sequence",
    "Slice",
    "Star",
    "Step",
    "Subscript",
    "SyntaxProblem",
    "Try",
    "Unary",
    "Walrus",
    "While",
    "With",
    "WithItem",
    "Yield",
    "parts_of",
]


class Alias(Node, frozen=True):
    """``name as asname`` of an import; ``name`` is ``*`` for a star import; ``at`` spans name and asname."""

    name: str
    asname: str | None
    at: At


class Import(Node, frozen=True):
    names: tuple[Alias, ...]
    at: At


class ImportFrom(Node, frozen=True):
    """``from ..module import names``: ``level`` counts the dots, ``module`` is empty for ``from . import x``."""

    module: str
    level: int
    names: tuple[Alias, ...]
    at: At


class Assign(Node, frozen=True):
    """``targets[0] = targets[1] = value``."""

    targets: tuple[Expr, ...]
    value: Expr
    at: At


class Annotated(Node, frozen=True):
    """``target: annotation = value``; ``value`` is None where nothing is assigned."""

    target: Expr
    annotation: Expr
    value: Expr | None
    at: At


class AugAssign(Node, frozen=True):
    target: Expr
    op: str
    value: Expr
    at: At


class Do(Node, frozen=True):
    """An expression statement."""

    value: Expr
    at: At


class If(Node, frozen=True):
    test: Expr
    body: tuple[Step, ...]
    orelse: tuple[Step, ...]
    at: At


class For(Node, frozen=True):
    target: Expr
    iter: Expr
    body: tuple[Step, ...]
    orelse: tuple[Step, ...]
    at: At


class While(Node, frozen=True):
    test: Expr
    body: tuple[Step, ...]
    orelse: tuple[Step, ...]
    at: At


class WithItem(Node, frozen=True):
    context: Expr
    target: Expr | None


class With(Node, frozen=True):
    items: tuple[WithItem, ...]
    body: tuple[Step, ...]
    at: At


class Handler(Node, frozen=True):
    """``except types as name``; ``types`` is None for a bare ``except``."""

    types: Expr | None
    name: str | None
    body: tuple[Step, ...]
    at: At


class Try(Node, frozen=True):
    body: tuple[Step, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Step, ...]
    final: tuple[Step, ...]
    at: At


class Case(Node, frozen=True):
    """One case of a ``match``; ``pattern`` is set where it is a plain literal, ``default`` for ``case _``."""

    pattern: Expr | None
    default: bool
    guard: Expr | None
    bound: tuple[str, ...]
    body: tuple[Step, ...]


class Match(Node, frozen=True):
    subject: Expr
    cases: tuple[Case, ...]
    at: At


class FunctionDef(Node, frozen=True):
    """``at`` is the ``def`` line (without decorators), ``name_at`` the name alone.

    ``number`` is that of its body, an index into :attr:`ModuleFacts.bodies`. ``is_generator``: a ``yield`` stands in
    its own body.
    """

    name: str
    params: Params
    number: int
    decorators: tuple[Expr, ...]
    is_async: bool
    is_generator: bool
    at: At
    name_at: At


class ClassDef(Node, frozen=True):
    """``at`` is the header from ``class`` to the colon (without decorators), ``name_at`` the name alone.

    ``whole_at`` runs from the first decorator or ``class`` to the end of the body.
    """

    name: str
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    body: tuple[Step, ...]
    decorators: tuple[Expr, ...]
    at: At
    name_at: At
    whole_at: At


class Return(Node, frozen=True):
    value: Expr | None
    at: At


class Raise(Node, frozen=True):
    """``raise error from cause``."""

    error: Expr | None
    at: At
    cause: Expr | None = None


class Delete(Node, frozen=True):
    targets: tuple[Expr, ...]
    at: At


class Assert(Node, frozen=True):
    test: Expr
    at: At


class Break(Node, frozen=True):
    pass


class Continue(Node, frozen=True):
    pass


class Scope(Node, frozen=True):
    """``global names`` or ``nonlocal names``."""

    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]


Step: TypeAlias = (
    Import
    | ImportFrom
    | Assign
    | Annotated
    | AugAssign
    | Do
    | If
    | For
    | While
    | With
    | Try
    | Match
    | FunctionDef
    | ClassDef
    | Return
    | Raise
    | Delete
    | Assert
    | Break
    | Continue
    | Scope
)


# -------------------------------------------------------------------- a module


class Comment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A comment that means something here.

    ``noqa``: ``codes`` are the rules named (empty for a bare ``# noqa``); one for the whole file
    (``# ruff: noqa``) has the empty span at the file's start. ``ignore``: a ``# cucurbit: ignore[codes]``.
    ``definition``: a commented-out table, ``codes`` being (class name or "", table name).
    ``span`` is the comment itself, for ``ignore`` the directive alone (from ``cucurbit`` to ``]``).
    """

    kind: Literal["noqa", "ignore", "definition"]
    codes: tuple[str, ...]
    span: Span


class SyntaxProblem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Why a file is not valid Python for the running interpreter.

    ``certain`` is False where the text may be valid in a newer Python. ``whole``: all of it was read nevertheless.
    """

    message: str
    span: Span
    certain: bool
    whole: bool = False


class ModuleFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One file's facts. ``problem`` set: they hold what could be read around the broken parts.

    ``bodies`` are the module's own steps, then those of every function, in the order of their ``def`` statements
    (a function's own come before those of the functions in it). ``spans`` are the places of each body. A class has a
    number among them too: its places are in ``spans``, its steps in the class statement, so its body is empty.
    ``within`` is the number of the body that executes each: its own, but for a class.
    """

    bodies: tuple[tuple[Step, ...], ...]
    spans: tuple[tuple[Span, ...], ...]
    within: tuple[int, ...]
    comments: tuple[Comment, ...] = ()
    problem: SyntaxProblem | None = None

    @property
    def body(self) -> tuple[Step, ...]:
        """What importing the module executes."""
        return self.bodies[0]

    def body_of(self, at: At) -> int:
        """The number of the body that executes the place ``at``, 0 for the module's own; -1 if it is not in them."""
        number, _ = parts_of(at)
        return self.within[number] if 0 <= number < len(self.within) else -1

    def span(self, at: At) -> Span:
        """The place ``at`` points to; :data:`WHOLE_FILE` and what is out of range give the start of the file."""
        if at < 0:
            return START
        number, index = parts_of(at)
        spans = self.spans[number] if number < len(self.spans) else ()
        return spans[index] if index < len(spans) else START

    def holds(self, at: At) -> bool:
        """Whether ``at`` is a place of these facts."""
        number, index = parts_of(at)
        return at >= 0 and number < len(self.spans) and index < len(self.spans[number])


NO_FACTS = ModuleFacts(bodies=((),), spans=((),), within=(0,))
"""The facts of an empty file."""
