"""Expressions of :mod:`ast` to facts, by a table from node type to function."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeAlias, TypeVar, cast

from cucurbit.source import facts
from cucurbit.source.lowering import Lowering
from cucurbit.source.span import Span

_Node = TypeVar("_Node", bound=ast.expr)
_Lower: TypeAlias = Callable[[Lowering, ast.expr], facts.Expr]

_LARGEST = 2**63
"""Facts are kept as MessagePack, which has no larger integers."""

OPERATORS: dict[type[ast.operator | ast.unaryop | ast.cmpop], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.MatMult: "@",
    ast.Not: "not",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
NOTHING = facts.Opaque(())
MAX_DEPTH = 100
"""Expressions and blocks nested deeper are not looked into, so that whoever walks facts may do it by recursion."""

_TABLE: dict[type[ast.expr], _Lower] = {}


def _leaf(kind: type[_Node]) -> Callable[[Callable[[Lowering, _Node], facts.Expr]], None]:
    def register(function: Callable[[Lowering, _Node], facts.Expr]) -> None:
        _TABLE[kind] = cast("_Lower", function)

    return register


def _lowers(kind: type[_Node]) -> Callable[[Callable[[Lowering, _Node], facts.Expr]], None]:
    def register(function: Callable[[Lowering, _Node], facts.Expr]) -> None:
        def bounded(to: Lowering, node: _Node) -> facts.Expr:
            if to.depth >= MAX_DEPTH:
                return _too_deep(to, node)
            to.depth += 1
            result = function(to, node)
            to.depth -= 1
            return result

        _TABLE[kind] = cast("_Lower", bounded)

    return register


def _too_deep(to: Lowering, node: ast.expr) -> facts.Expr:
    to.yields = to.yields or any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node))
    return NOTHING


def expression(to: Lowering, node: ast.expr) -> facts.Expr:
    """The facts of one expression; a kind of node unknown here becomes opaque, its children with it."""
    lower = _TABLE.get(type(node))
    return lower(to, node) if lower is not None else _unknown(to, node)


def optional(to: Lowering, node: ast.expr | None) -> facts.Expr | None:
    return None if node is None else expression(to, node)


def expressions(to: Lowering, nodes: list[ast.expr]) -> tuple[facts.Expr, ...]:
    return tuple([_TABLE[type(node)](to, node) for node in nodes]) if nodes else ()


def _unknown(to: Lowering, node: ast.expr) -> facts.Expr:
    children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return facts.Opaque(expressions(to, children))


def keywords(to: Lowering, nodes: list[ast.keyword]) -> tuple[facts.Keyword, ...]:
    return tuple([facts.Keyword(node.arg, _TABLE[type(node.value)](to, node.value)) for node in nodes]) if nodes else ()


def params(to: Lowering, node: ast.arguments) -> facts.Params:
    """A function's parameters; their annotations are left out."""
    positional = node.posonlyargs + node.args
    defaults: list[facts.Expr | None] = [None] * (len(positional) - len(node.defaults))
    defaults.extend(expressions(to, node.defaults))
    keyword_only = zip(node.kwonlyargs, node.kw_defaults, strict=True)
    return facts.Params(
        tuple([facts.Param(arg.arg, default) for arg, default in zip(positional, defaults, strict=True)]),
        node.vararg.arg if node.vararg else None,
        tuple([facts.Param(arg.arg, optional(to, default)) for arg, default in keyword_only]),
        node.kwarg.arg if node.kwarg else None,
        len(node.posonlyargs),
    )


@_leaf(ast.Constant)
def _constant(to: Lowering, node: ast.Constant) -> facts.Expr:
    value = node.value
    if value is None or isinstance(value, (bool, float)):
        return facts.Const(value)
    if isinstance(value, str):
        if not (value.isascii() or _encodes(value)):
            return NOTHING
        spans = to.spans
        at = to.base + len(spans)
        spans.append(Span(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0))
        return facts.Const(value, at)
    if isinstance(value, int):
        return facts.Const(value) if -_LARGEST < value < _LARGEST else NOTHING
    return NOTHING


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@_leaf(ast.Name)
def _name(to: Lowering, node: ast.Name) -> facts.Expr:
    if to.unknown and node.id in to.unknown:
        return NOTHING
    spans = to.spans
    at = to.base + len(spans)
    spans.append(Span(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0))
    return facts.Name(node.id, at)


@_lowers(ast.Attribute)
def _attribute(to: Lowering, node: ast.Attribute) -> facts.Expr:
    spans = to.spans
    at = to.base + len(spans)
    spans.append(Span(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0))
    value = node.value
    return facts.Attr(_TABLE[type(value)](to, value), node.attr, at)


@_lowers(ast.Call)
def _call(to: Lowering, node: ast.Call) -> facts.Expr:
    spans = to.spans
    at = to.base + len(spans)
    spans.append(Span(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0))
    func = node.func
    function = _TABLE[type(func)](to, func)
    return facts.Call(function, expressions(to, node.args), keywords(to, node.keywords), at)


@_lowers(ast.Starred)
def _starred(to: Lowering, node: ast.Starred) -> facts.Expr:
    return facts.Star(expression(to, node.value))


@_lowers(ast.Subscript)
def _subscript(to: Lowering, node: ast.Subscript) -> facts.Expr:
    at = to.at(node)
    return facts.Subscript(expression(to, node.value), expression(to, node.slice), at)


@_lowers(ast.Slice)
def _slice(to: Lowering, node: ast.Slice) -> facts.Expr:
    return facts.Slice(optional(to, node.lower), optional(to, node.upper), optional(to, node.step))


@_lowers(ast.List)
def _list(to: Lowering, node: ast.List) -> facts.Expr:
    return facts.Sequence("list", expressions(to, node.elts))


@_lowers(ast.Tuple)
def _tuple(to: Lowering, node: ast.Tuple) -> facts.Expr:
    return facts.Sequence("tuple", expressions(to, node.elts))


@_lowers(ast.Set)
def _set(to: Lowering, node: ast.Set) -> facts.Expr:
    return facts.Sequence("set", expressions(to, node.elts))


@_lowers(ast.Dict)
def _dict(to: Lowering, node: ast.Dict) -> facts.Expr:
    pairs = [(optional(to, key), expression(to, value)) for key, value in zip(node.keys, node.values, strict=True)]
    return facts.Dict(tuple([key for key, _ in pairs]), tuple([value for _, value in pairs]))


@_lowers(ast.BinOp)
def _binary(to: Lowering, node: ast.BinOp) -> facts.Expr:
    # Long concatenations lean to the left: a loop, because one frame an operand would exhaust the stack.
    chain = [node]
    left = node.left
    while isinstance(left, ast.BinOp):
        chain.append(left)
        left = left.left
    if to.depth + len(chain) > MAX_DEPTH:
        return facts.Opaque(expressions(to, [left, *[link.right for link in reversed(chain)]]))
    to.depth += len(chain)
    result = expression(to, left)
    for link in reversed(chain):
        result = facts.Binary(OPERATORS[type(link.op)], result, expression(to, link.right))
    to.depth -= len(chain)
    return result


@_lowers(ast.UnaryOp)
def _unary(to: Lowering, node: ast.UnaryOp) -> facts.Expr:
    return facts.Unary(OPERATORS[type(node.op)], expression(to, node.operand))


@_lowers(ast.BoolOp)
def _boolean(to: Lowering, node: ast.BoolOp) -> facts.Expr:
    return facts.Boolean("and" if isinstance(node.op, ast.And) else "or", expressions(to, node.values))


@_lowers(ast.Compare)
def _compare(to: Lowering, node: ast.Compare) -> facts.Expr:
    left = expression(to, node.left)
    return facts.Compare(left, tuple([OPERATORS[type(op)] for op in node.ops]), expressions(to, node.comparators))


@_lowers(ast.JoinedStr)
def _joined(to: Lowering, node: ast.JoinedStr) -> facts.Expr:
    return facts.Formatted(expressions(to, node.values))


@_lowers(ast.FormattedValue)
def _formatted(to: Lowering, node: ast.FormattedValue) -> facts.Expr:
    value = expression(to, node.value)
    spec = _literal_spec(node)
    if spec is None:
        return facts.Opaque((value, *([] if node.format_spec is None else [expression(to, node.format_spec)])))
    if not spec and node.conversion in (-1, ord("s")):
        return value
    # f"{value!r:>9}" is "{!r:>9}".format(value).
    conversion = "" if node.conversion == -1 else f"!{chr(node.conversion)}"
    colon = f":{spec}" if spec else ""
    template = facts.Attr(facts.Const(f"{{{conversion}{colon}}}"), "format", to.at(node))
    return facts.Call(template, (value,), (), to.at(node))


def _literal_spec(node: ast.FormattedValue) -> str | None:
    """The format that is written behind the colon, empty for none; None if it is computed."""
    values = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else ()
    texts = [each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    spec = "".join(texts)
    return spec if len(texts) == len(values) and "{" not in spec and "}" not in spec else None


@_lowers(ast.IfExp)
def _conditional(to: Lowering, node: ast.IfExp) -> facts.Expr:
    test = expression(to, node.test)
    return facts.Conditional(test, expression(to, node.body), expression(to, node.orelse))


@_lowers(ast.Lambda)
def _lambda(to: Lowering, node: ast.Lambda) -> facts.Expr:
    at = to.at(node)
    parameters = params(to, node.args)
    outer = to.yields
    body = expression(to, node.body)
    to.yields = outer
    return facts.Lambda(parameters, body, at)


def _generators(to: Lowering, nodes: list[ast.comprehension]) -> tuple[facts.Generator, ...]:
    return tuple(
        [
            facts.Generator(expression(to, node.target), expression(to, node.iter), expressions(to, node.ifs))
            for node in nodes
        ]
    )


@_lowers(ast.ListComp)
def _list_comprehension(to: Lowering, node: ast.ListComp) -> facts.Expr:
    at = to.at(node)
    generators = _generators(to, node.generators)
    return facts.Comprehension("list", None, expression(to, node.elt), generators, at)


@_lowers(ast.SetComp)
def _set_comprehension(to: Lowering, node: ast.SetComp) -> facts.Expr:
    at = to.at(node)
    generators = _generators(to, node.generators)
    return facts.Comprehension("set", None, expression(to, node.elt), generators, at)


@_lowers(ast.GeneratorExp)
def _generator(to: Lowering, node: ast.GeneratorExp) -> facts.Expr:
    at = to.at(node)
    generators = _generators(to, node.generators)
    return facts.Comprehension("generator", None, expression(to, node.elt), generators, at)


@_lowers(ast.DictComp)
def _dict_comprehension(to: Lowering, node: ast.DictComp) -> facts.Expr:
    at = to.at(node)
    generators = _generators(to, node.generators)
    key = expression(to, node.key)
    return facts.Comprehension("dict", key, expression(to, node.value), generators, at)


@_lowers(ast.Await)
def _await(to: Lowering, node: ast.Await) -> facts.Expr:
    return facts.Await(expression(to, node.value))


@_lowers(ast.Yield)
def _yield(to: Lowering, node: ast.Yield) -> facts.Expr:
    to.yields = True
    return facts.Yield(optional(to, node.value), delegate=False)


@_lowers(ast.YieldFrom)
def _yield_from(to: Lowering, node: ast.YieldFrom) -> facts.Expr:
    to.yields = True
    return facts.Yield(expression(to, node.value), delegate=True)


@_lowers(ast.NamedExpr)
def _walrus(to: Lowering, node: ast.NamedExpr) -> facts.Expr:
    return facts.Walrus(node.target.id, expression(to, node.value))


def _register_unknown() -> None:
    """Expressions of a newer Python (template strings) are opaque, so that every look-up in the table succeeds."""
    for kind in ast.expr.__subclasses__():
        _TABLE.setdefault(kind, _unknown)


_register_unknown()
