"""Statements that are sent only if the program has looked which tables there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import body_at, last_name, stands_at, values_of
from cucurbit.simulate.core.timeline import Place
from cucurbit.source import facts as f
from cucurbit.source.scan import blocks_of, inside, walk

_LOOKS = frozenset({"has_table", "get_table_names", "get_sorted_table_and_fkc_names", "get_multi_columns"})
"""Methods of SQLAlchemy's inspector and dialects that say which tables there are."""

_LEAVES = (f.Return, f.Raise, f.Continue, f.Break)

_DEPTH = 4
"""Names and functions that are followed."""


def is_looked_up(context: Context, place: Place) -> bool:
    """Whether the call at ``place`` is made only after a look at the tables of the database, in the same function.

    Either a test or a loop around it asks for them, or the function is left before it where they are missing.
    """
    facts = context.facts(place.path)
    if facts is None:
        return False
    body = body_at(facts, place.at)
    return any(_looks(facts, body, expr, _DEPTH) for expr in _conditions(body, place.at))


def _conditions(steps: Sequence[f.Step], at: f.At) -> Iterator[f.Expr]:
    """The tests and loops that decide whether the statement at ``at`` is executed."""
    left: list[f.Expr] = []
    for step in steps:
        if not stands_at(step, at):
            if isinstance(step, f.If) and step.body and isinstance(step.body[-1], _LEAVES):
                left.append(step.test)
            continue
        yield from left
        if isinstance(step, f.If | f.While):
            yield step.test
        elif isinstance(step, f.For):
            yield step.iter
        for block in blocks_of(step):
            yield from _conditions(block, at)
        return


def _looks(facts: f.ModuleFacts, body: Sequence[f.Step], expr: f.Expr, depth: int) -> bool:
    """Whether an expression in ``body`` asks which tables there are, through its names and functions of the file."""
    for node in inside(expr):
        if isinstance(node, f.Attr) and node.name in _LOOKS:
            return True
        if not depth:
            continue
        if isinstance(node, f.Name) and any(
            _looks(facts, body, value, depth - 1) for value in values_of(body, node.id)
        ):
            return True
        if isinstance(node, f.Call) and _has_look(facts, last_name(node.func)):
            return True
    return False


def _has_look(facts: f.ModuleFacts, name: str) -> bool:
    """Whether a function of the file, by its name, has such a call in its body."""
    return any(
        isinstance(node, f.Attr) and node.name in _LOOKS
        for step in walk(facts.body)
        if isinstance(step, f.FunctionDef) and step.name == name
        for inner in facts.bodies[step.number]
        for node in inside(inner)
    )
