"""Programs drawn from the standard library's own tests, where these are installed (the package ``test``).

A test method that asserts things, and asks nothing else of its class, is one program: what it needs of its module, then
its body as a function that is called. Its calls of ``self.assertEqual`` and the like become assertions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.language.docs_drawn import LIBRARY, parsed
from tests.language.program import MAIN, Program

LANGUAGE = [
    "grammar",
    "scope",
    "class",
    "generators",
    "patma",
    "dataclasses",
    "enum",
    "property",
    "super",
    "with",
    "contextlib",
    "exceptions",
    "except_star",
    "fstring",
    "collections",
    "functools",
    "itertools",
    "dict",
    "list",
    "set",
    "tuple",
    "string",
    "slice",
    "decorators",
    "unpack_ex",
    "raise",
    "isinstance",
    "subclassinit",
    "named_expressions",
    "positional_only_arg",
    "keywordonlyarg",
    "listcomps",
    "coroutines",
    "asyncgen",
    "augassign",
    "compare",
    "richcmp",
    "int",
    "float",
    "bool",
    "pow",
    "bytes",
    "deque",
    "defaultdict",
    "ordered_dict",
    "userdict",
    "userlist",
    "heapq",
    "bisect",
    "copy",
    "string_literals",
    "textwrap",
    "statistics",
    "fractions",
    "operator",
    "weakref",
    "abc",
    "typing",
    "types",
    "module",
    "shlex",
    "urlparse",
    "configparser",
    "argparse",
    "datetime",
    "pathlib",
    "contextvars",
    "global",
    "binop",
    "contains",
    "iter",
    "sort",
    "range",
    "enumerate",
    "unicode",
    "funcattrs",
    "call",
    "dynamicclassattribute",
    "genericclass",
    "genericalias",
    "exception_variations",
    "pep380",
    "baseexception",
    "exception_group",
    "unary",
    "dictviews",
    "dictcomps",
    "setcomps",
    "descr",
    "builtin",
    "long",
    "complex",
    "format",
    "hash",
    "index",
    "iterlen",
    "memoryview",
    "metaclass",
    "opcodes",
    "print",
    "raise",
    "reprlib",
    "sys",
    "tempfile",
    "time",
    "typechecks",
    "uuid",
    "posixpath",
    "ntpath",
    "genericpath",
    "glob",
    "fnmatch",
    "ipaddress",
    "base64",
    "hashlib",
    "hmac",
    "struct",
    "array",
    "queue",
    "threading_local",
    "sched",
    "shelve",
    "csv",
    "pprint",
    "calendar",
    "colorsys",
    "random",
    "numbers",
    "secrets",
    "html",
    "keyword",
    "linecache",
    "zipapp",
    "pickle",
    "pkgutil",
    "pyclbr",
    "runpy",
    "inspect",
    "warnings",
    "traceback",
    "io",
    "os",
    "re",
    "json",
]
"""What the modules test, without ``test_`` before it."""

_COMPARED: Mapping[str, str] = {
    "assertEqual": "{0} == {1}",
    "assertNotEqual": "{0} != {1}",
    "assertIs": "{0} is {1}",
    "assertIsNot": "{0} is not {1}",
    "assertIn": "{0} in {1}",
    "assertNotIn": "{0} not in {1}",
    "assertLess": "{0} < {1}",
    "assertLessEqual": "{0} <= {1}",
    "assertGreater": "{0} > {1}",
    "assertGreaterEqual": "{0} >= {1}",
    "assertIsInstance": "isinstance({0}, {1})",
    "assertNotIsInstance": "not isinstance({0}, {1})",
    **{f"assert{kind}Equal": "{0} == {1}" for kind in ("List", "Dict", "Tuple", "Set", "Sequence", "MultiLine")},
    "assertTrue": "{0}",
    "assertFalse": "not {0}",
    "assertIsNone": "{0} is None",
    "assertIsNotNone": "{0} is not None",
}
_RAISES = ("assertRaises", "assertRaisesRegex")


class _NoProgram(Exception):
    """A method that cannot stand alone."""


@dataclass
class _Module:
    """A test module: the statements at its top level by the names that they bind."""

    by_name: dict[str, list[ast.stmt]] = field(default_factory=dict)
    order: dict[int, int] = field(default_factory=dict)


def drawn() -> Iterator[Program]:
    """A program for each test method that can stand alone; none where the tests are not installed."""
    for subject in sorted(set(LANGUAGE)):
        found = LIBRARY / "test" / f"test_{subject}.py"
        path = found if found.is_file() else LIBRARY / "test" / f"test_{subject}" / f"test_{subject}.py"
        if path.is_file():
            yield from _of_module(subject, parsed(path.read_bytes()))


def _of_module(subject: str, tree: ast.Module) -> Iterator[Program]:
    module = _Module()
    for index, step in enumerate(tree.body):
        module.order[id(step)] = index
        for name in _bound(step):
            module.by_name.setdefault(name, []).append(step)
    for cls in tree.body:
        if not isinstance(cls, ast.ClassDef):
            continue
        for method in cls.body:
            if isinstance(method, ast.FunctionDef) and method.name.startswith("test") and not method.decorator_list:
                try:
                    source = _program(module, method)
                except _NoProgram:
                    continue
                yield Program("tests", subject, f"{cls.name}.{method.name}", {MAIN: source})


def _bound(step: ast.stmt) -> Iterator[str]:
    if isinstance(step, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield step.name
    elif isinstance(step, (ast.Import, ast.ImportFrom)):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in step.names)
    elif isinstance(step, (ast.Assign, ast.AnnAssign, ast.For, ast.Try, ast.If)):
        for node in ast.walk(step):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _program(module: _Module, method: ast.FunctionDef) -> str:
    if len(method.args.args) != 1:
        raise _NoProgram
    this = method.args.args[0].arg
    rewriter = _Rewriter(this)
    body = [each for step in method.body for each in rewriter.rewritten(rewriter.visit(step))]
    if not rewriter.asserted:
        raise _NoProgram
    (function,) = ast.parse(f"def {method.name}(): pass").body
    assert isinstance(function, ast.FunctionDef)
    function.body = body
    if any(isinstance(node, ast.Name) and node.id == this for node in ast.walk(function)):
        raise _NoProgram
    needed = _needed(module, function)
    lines = [ast.unparse(ast.fix_missing_locations(step)) for step in (*needed, function)]
    return "\n".join([*lines, f"{method.name}()"]) + "\n"


def _needed(module: _Module, function: ast.stmt) -> list[ast.stmt]:
    """The statements of the module that a function needs, in order."""
    found: dict[int, ast.stmt] = {}
    pending: list[ast.AST] = [function]
    while pending:
        for node in ast.walk(pending.pop()):
            name = node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else ""
            for step in module.by_name.get(name, ()):
                if id(step) in found:
                    continue
                if _is_test_support(step) or len(found) > 40:
                    raise _NoProgram
                found[id(step)] = step
                pending.append(step)
    return sorted(found.values(), key=lambda step: module.order[id(step)])


def _is_test_support(step: ast.stmt) -> bool:
    if isinstance(step, ast.Import):
        return any(alias.name.partition(".")[0] in ("test", "unittest") for alias in step.names)
    if isinstance(step, ast.ImportFrom):
        return step.level > 0 or (step.module or "").partition(".")[0] in ("test", "unittest", "_testcapi")
    return any(isinstance(node, ast.Name) and node.id in ("unittest", "support") for node in ast.walk(step))


class _Rewriter(ast.NodeTransformer):
    """Makes assertions of the calls of a test case's methods."""

    def __init__(self, this: str) -> None:
        self.this = this
        self.asserted = 0

    def rewritten(self, node: ast.AST | Sequence[ast.AST] | None) -> list[ast.stmt]:
        nodes = [] if node is None else node if isinstance(node, (list, tuple)) else [node]
        return [each for each in nodes if isinstance(each, ast.stmt)]

    def _called(self, node: ast.expr) -> str:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            return node.func.attr if node.func.value.id == self.this else ""
        return ""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        name = self._called(node.value)
        if not name:
            return self.generic_visit(node)
        assert isinstance(node.value, ast.Call)
        args = [ast.unparse(self.visit(arg)) for arg in node.value.args]
        keywords = [ast.unparse(self.visit(keyword)) for keyword in node.value.keywords if keyword.arg != "msg"]
        if name in _COMPARED and not keywords and not any(isinstance(a, ast.Starred) for a in node.value.args):
            count = 2 if "{1}" in _COMPARED[name] else 1
            if len(args) < count:
                raise _NoProgram
            return self._parsed("assert " + _COMPARED[name].format(*(f"({arg})" for arg in args)))
        if name in _RAISES and len(args) > 1 + (name == "assertRaisesRegex"):
            kind, function, *rest = args if name == "assertRaises" else (args[0], *args[2:])
            call = f"({function})({', '.join([*rest, *keywords])})"
            return self._parsed(_raising(f"    {call}", kind))
        if name == "fail":
            return self._parsed(f"raise AssertionError({', '.join(args)})")
        raise _NoProgram

    def visit_With(self, node: ast.With) -> ast.AST | list[ast.stmt]:
        name = self._called(node.items[0].context_expr)
        if not name:
            return self.generic_visit(node)
        if len(node.items) > 1 or name not in (*_RAISES, "subTest"):
            raise _NoProgram
        body = [each for step in node.body for each in self.rewritten(self.visit(step))]
        if name == "subTest":
            return body
        inner = "\n".join(ast.unparse(ast.fix_missing_locations(step)) for step in body)
        call, target = node.items[0].context_expr, node.items[0].optional_vars
        assert isinstance(call, ast.Call)
        indented = "\n".join(f"    {line}" for line in inner.splitlines())
        return self._parsed(
            _raising(indented, ast.unparse(call.args[0]), "" if target is None else ast.unparse(target))
        )

    def _parsed(self, text: str) -> list[ast.stmt]:
        self.asserted += 1
        return ast.parse(text).body


def _raising(body: str, kind: str, target: str = "") -> str:
    bound = " as caught" if target else ""
    kept = f"    {target} = __import__('types').SimpleNamespace(exception=caught)" if target else "    pass"
    return f"try:\n{body}\nexcept {kind}{bound}:\n{kept}\nelse:\n    raise AssertionError('nothing was raised')"
