"""Statements of :mod:`ast` to facts, by a table from node type to function."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias, TypeVar, cast

from cucurbit.source import facts
from cucurbit.source.lower_expr import (
    MAX_DEPTH,
    NOTHING,
    OPERATORS,
    expression,
    expressions,
    keywords,
    optional,
    params,
)
from cucurbit.source.lowering import Lowering

_Node = TypeVar("_Node", bound=ast.stmt)
_Lower: TypeAlias = Callable[[Lowering, ast.stmt], "facts.Step | None"]

_TABLE: dict[type[ast.stmt], _Lower] = {}


def _lowers(kind: type[_Node]) -> Callable[[Callable[[Lowering, _Node], facts.Step | None]], None]:
    def register(function: Callable[[Lowering, _Node], facts.Step | None]) -> None:
        _TABLE[kind] = cast("_Lower", function)

    return register


def steps(to: Lowering, nodes: list[ast.stmt]) -> tuple[facts.Step, ...]:
    """The facts of a block; what does nothing (``pass``, docstrings, constants) is left out."""
    if not nodes:
        return ()
    if to.blocks >= MAX_DEPTH:
        return (facts.Do(NOTHING, to.at(nodes[0])),)
    to.blocks += 1
    result = tuple([step for node in nodes if (step := _TABLE[type(node)](to, node)) is not None])
    to.blocks -= 1
    return result


def _nothing(_to: Lowering, _node: ast.stmt) -> facts.Step | None:
    return None


@_lowers(ast.Expr)
def _expression(to: Lowering, node: ast.Expr) -> facts.Step | None:
    value = node.value
    if type(value) is ast.Constant:
        return None
    at = to.at(node)
    return facts.Do(expression(to, value), at)


def _aliases(to: Lowering, nodes: list[ast.alias]) -> tuple[facts.Alias, ...]:
    return tuple([facts.Alias(node.name, node.asname, to.at(node)) for node in nodes])


@_lowers(ast.Import)
def _import(to: Lowering, node: ast.Import) -> facts.Step:
    at = to.at(node)
    return facts.Import(_aliases(to, node.names), at)


@_lowers(ast.ImportFrom)
def _import_from(to: Lowering, node: ast.ImportFrom) -> facts.Step:
    at = to.at(node)
    return facts.ImportFrom(node.module or "", node.level, _aliases(to, node.names), at)


@_lowers(ast.Assign)
def _assign(to: Lowering, node: ast.Assign) -> facts.Step:
    at = to.at(node)
    value = expression(to, node.value)
    return facts.Assign(expressions(to, node.targets), value, at)


@_lowers(ast.AnnAssign)
def _annotated(to: Lowering, node: ast.AnnAssign) -> facts.Step:
    at = to.at(node)
    value = optional(to, node.value)
    return facts.Annotated(expression(to, node.target), expression(to, node.annotation), value, at)


@_lowers(ast.AugAssign)
def _augmented(to: Lowering, node: ast.AugAssign) -> facts.Step:
    at = to.at(node)
    return facts.AugAssign(expression(to, node.target), OPERATORS[type(node.op)], expression(to, node.value), at)


def _behind(to: Lowering, node: ast.stmt | ast.excepthandler, last: ast.expr) -> int:
    return to.header(node, last.end_lineno or node.lineno, last.end_col_offset or 0)


@_lowers(ast.If)
def _if(to: Lowering, node: ast.If) -> facts.Step:
    at = _behind(to, node, node.test)
    test = expression(to, node.test)
    return facts.If(test, steps(to, node.body), steps(to, node.orelse), at)


def _for(to: Lowering, node: ast.For | ast.AsyncFor) -> facts.Step:
    at = _behind(to, node, node.iter)
    iterated = expression(to, node.iter)
    return facts.For(expression(to, node.target), iterated, steps(to, node.body), steps(to, node.orelse), at)


@_lowers(ast.While)
def _while(to: Lowering, node: ast.While) -> facts.Step:
    at = _behind(to, node, node.test)
    test = expression(to, node.test)
    return facts.While(test, steps(to, node.body), steps(to, node.orelse), at)


def _with(to: Lowering, node: ast.With | ast.AsyncWith) -> facts.Step:
    last = node.items[-1]
    at = _behind(to, node, last.optional_vars or last.context_expr)
    items = tuple(
        [facts.WithItem(expression(to, item.context_expr), optional(to, item.optional_vars)) for item in node.items]
    )
    return facts.With(items, steps(to, node.body), at)


def _handler(to: Lowering, node: ast.ExceptHandler) -> facts.Handler:
    at = _behind(to, node, node.type) if node.type else to.header(node, node.lineno, node.col_offset)
    types = optional(to, node.type)
    return facts.Handler(types, node.name, steps(to, node.body), at)


def _try(to: Lowering, node: ast.Try) -> facts.Step:
    at = to.add(node.lineno, node.col_offset, node.lineno, node.col_offset + len("try"))
    body = steps(to, node.body)
    handlers = tuple([_handler(to, handler) for handler in node.handlers])
    return facts.Try(body, handlers, steps(to, node.orelse), steps(to, node.finalbody), at)


def _bound(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        if isinstance(node, (ast.MatchAs, ast.MatchStar)):
            if node.name is not None:
                yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest is not None:
            yield node.rest


def _irrefutable(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchAs):
        return pattern.pattern is None or _irrefutable(pattern.pattern)
    return isinstance(pattern, ast.MatchOr) and any(map(_irrefutable, pattern.patterns))


def _case(to: Lowering, node: ast.match_case) -> facts.Case:
    pattern: facts.Expr | None = None
    if isinstance(node.pattern, ast.MatchValue):
        pattern = expression(to, node.pattern.value)
    elif isinstance(node.pattern, ast.MatchSingleton):
        pattern = facts.Const(node.pattern.value)
    bound = tuple(dict.fromkeys(_bound(node.pattern)))
    return facts.Case(pattern, _irrefutable(node.pattern), optional(to, node.guard), bound, steps(to, node.body))


@_lowers(ast.Match)
def _match(to: Lowering, node: ast.Match) -> facts.Step:
    at = _behind(to, node, node.subject)
    subject = expression(to, node.subject)
    return facts.Match(subject, tuple([_case(to, case) for case in node.cases]), at)


def _last_parameter(node: ast.arguments) -> tuple[int, int]:
    ends = [
        (part.end_lineno or 0, part.end_col_offset or 0)
        for part in (
            *node.posonlyargs[-1:],
            *node.args[-1:],
            *node.kwonlyargs[-1:],
            *node.defaults[-1:],
            *node.kw_defaults[-1:],
            node.vararg,
            node.kwarg,
        )
        if part is not None
    ]
    return max(ends, default=(0, 0))


class _TypeParameter(Protocol):
    """``ast.type_param`` of Python 3.12 and newer."""

    name: str
    end_lineno: int
    end_col_offset: int


def _type_parameters(node: ast.stmt) -> list[_TypeParameter]:
    parameters: list[_TypeParameter] = getattr(node, "type_params", [])
    return parameters


def _type_parameters_end(node: ast.stmt) -> tuple[int, int]:
    """Where the last of the type parameters ends."""
    return max([(part.end_lineno, part.end_col_offset) for part in _type_parameters(node)], default=(0, 0))


def _hide(to: Lowering, node: ast.stmt) -> frozenset[str]:
    """Makes a statement's type parameters unknown; what was unknown before is given back."""
    before = to.unknown
    parameters = _type_parameters(node)
    if parameters:
        to.unknown = before | {part.name for part in parameters}
    return before


def _function(to: Lowering, node: ast.FunctionDef | ast.AsyncFunctionDef, *, is_async: bool) -> facts.Step:
    decorators = expressions(to, node.decorator_list)
    line, start, end = to.word(node.lineno, node.col_offset, 2 if is_async else 1)
    if node.returns is not None:
        header_end = (node.returns.end_lineno or line, node.returns.end_col_offset or end)
    else:
        header_end = max((line, end), _type_parameters_end(node), _last_parameter(node.args))
    at = to.header(node, *header_end)
    name_at = to.add(line, start, line, end)
    unknown = _hide(to, node)
    parameters = params(to, node.args)
    outer, to.yields = to.yields, False
    number = to.body(lambda: steps(to, node.body))
    is_generator, to.yields = to.yields, outer
    to.unknown = unknown
    return facts.FunctionDef(node.name, parameters, number, decorators, is_async, is_generator, at, name_at)


@_lowers(ast.FunctionDef)
def _plain_function(to: Lowering, node: ast.FunctionDef) -> facts.Step:
    return _function(to, node, is_async=False)


@_lowers(ast.AsyncFunctionDef)
def _async_function(to: Lowering, node: ast.AsyncFunctionDef) -> facts.Step:
    return _function(to, node, is_async=True)


@_lowers(ast.ClassDef)
def _class(to: Lowering, node: ast.ClassDef) -> facts.Step:
    decorators = expressions(to, node.decorator_list)
    line, start, end = to.word(node.lineno, node.col_offset, 1)
    parts: list[ast.expr | ast.keyword] = [*node.bases[-1:], *node.keywords[-1:]]
    ends = [(part.end_lineno or 0, part.end_col_offset or 0) for part in parts]
    at = to.header(node, *max((line, end), _type_parameters_end(node), *ends))
    name_at = to.add(line, start, line, end)
    first = (node.lineno, node.col_offset)
    if node.decorator_list:
        first = to.marker(node.decorator_list[0].lineno, node.decorator_list[0].col_offset)
    whole_at = to.add(*first, node.end_lineno or node.lineno, node.end_col_offset or 0)
    unknown = _hide(to, node)
    bases = expressions(to, node.bases)
    options = keywords(to, node.keywords)
    outer = to.yields
    body = to.class_body(lambda: steps(to, node.body))
    to.yields = outer
    to.unknown = unknown
    return facts.ClassDef(node.name, bases, options, body, decorators, at, name_at, whole_at)


@_lowers(ast.Return)
def _return(to: Lowering, node: ast.Return) -> facts.Step:
    at = to.at(node)
    return facts.Return(optional(to, node.value), at)


@_lowers(ast.Raise)
def _raise(to: Lowering, node: ast.Raise) -> facts.Step:
    at = to.at(node)
    return facts.Raise(optional(to, node.exc), at, optional(to, node.cause))


@_lowers(ast.Delete)
def _delete(to: Lowering, node: ast.Delete) -> facts.Step:
    at = to.at(node)
    return facts.Delete(expressions(to, node.targets), at)


@_lowers(ast.Assert)
def _assert(to: Lowering, node: ast.Assert) -> facts.Step:
    at = to.at(node)
    return facts.Assert(expression(to, node.test), at)


@_lowers(ast.Break)
def _break(_to: Lowering, _node: ast.Break) -> facts.Step:
    return facts.Break()


@_lowers(ast.Continue)
def _continue(_to: Lowering, _node: ast.Continue) -> facts.Step:
    return facts.Continue()


@_lowers(ast.Global)
def _global(_to: Lowering, node: ast.Global) -> facts.Step:
    return facts.Scope("global", tuple(node.names))


@_lowers(ast.Nonlocal)
def _nonlocal(_to: Lowering, node: ast.Nonlocal) -> facts.Step:
    return facts.Scope("nonlocal", tuple(node.names))


def _type_alias(to: Lowering, node: ast.stmt) -> facts.Step:
    at = to.at(node)
    name: ast.expr = getattr(node, "name", None) or ast.Name("_")
    return facts.Assign((expression(to, name),), NOTHING, at)


_SHARED: dict[str, _Lower] = {
    "For": cast("_Lower", _for),
    "AsyncFor": cast("_Lower", _for),
    "With": cast("_Lower", _with),
    "AsyncWith": cast("_Lower", _with),
    "Try": cast("_Lower", _try),
    "TryStar": cast("_Lower", _try),
    "TypeAlias": _type_alias,
}
"""By name: not every supported Python has all of them."""


def _register_the_rest() -> None:
    """A statement that is unknown here is left out."""
    for kind in ast.stmt.__subclasses__():
        _TABLE.setdefault(kind, _SHARED.get(kind.__name__, _nothing))


_register_the_rest()
