"""Programs drawn from the docstring examples of the standard library that is installed here.

One example with something to expect is one program: the examples before it that define things, then it, as an
assertion.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import sysconfig
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.language.program import MAIN, Program

LIBRARY = Path(sysconfig.get_path("stdlib"))

_LEFT_OUT = frozenset(
    {
        "test",
        "idlelib",
        "tkinter",
        "lib2to3",
        "turtledemo",
        "turtle",
        "site-packages",
        "distutils",
        "ensurepip",
        "pydoc_data",
    }
)
MOST_OF_ONE = 25
"""Programs that are drawn from one docstring."""


def drawn() -> Iterator[Program]:
    """A program for each example in the docstrings of the standard library, and in the doctests of its own tests."""
    for path in sorted({*LIBRARY.rglob("*.py"), *(LIBRARY / "test").glob("test_*.py")}):
        parts = path.relative_to(LIBRARY).with_suffix("").parts
        if (parts[0] in _LEFT_OUT and parts[:-1] != ("test",)) or "site-packages" in parts:
            continue
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_bytes()
        if b">>>" in text:
            yield from _of_module(module, parsed(text))


def parsed(text: bytes) -> ast.Module:
    """The tree of a file, whatever Python warns of in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _of_module(module: str, tree: ast.Module) -> Iterator[Program]:
    bound = frozenset(_bound(tree.body))
    for title, text in _texts(tree):
        try:
            examples = doctest.DocTestParser().get_examples(text)
        except ValueError:
            continue
        for number, source in enumerate(_programs(module, bound, examples)):
            yield Program("docs", module, f"{title} {number + 1}", {MAIN: source})


def _texts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Docstrings and other texts with examples, under a name each."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node) or ""
            if ">>>" in text:
                yield f"{getattr(node, 'name', 'module')} at {getattr(node, 'lineno', 1)}", text
    for step in tree.body:
        found = step.value.value if isinstance(step, ast.Assign) and isinstance(step.value, ast.Constant) else None
        if isinstance(found, str) and ">>>" in found:
            yield f"text at {step.lineno}", found


def _bound(steps: Sequence[ast.stmt]) -> Iterator[str]:
    for step in steps:
        for node in ast.walk(step) if isinstance(step, (ast.If, ast.Try, ast.With, ast.For)) else (step,):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                yield node.name
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.Assign):
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _programs(module: str, bound: frozenset[str], examples: Sequence[doctest.Example]) -> Iterator[str]:
    before: list[str] = []
    drawn = 0
    for example in examples:
        source = example.source.rstrip("\n")
        try:
            tree = parsed(source.encode())
        except SyntaxError:
            continue
        asserted = _asserted(example, source, tree)
        if asserted is not None and drawn < MOST_OF_ONE:
            drawn += 1
            body = "\n".join([*before, asserted])
            yield _imports(module, bound, body) + body + "\n"
        if not isinstance(tree.body[0] if tree.body else None, ast.Expr) or not example.want:
            before.append(source)


def _imports(module: str, bound: frozenset[str], body: str) -> str:
    used = {node.id for node in ast.walk(parsed(body.encode())) if isinstance(node, ast.Name)}
    names = sorted((used & bound) - {"__name__", "__file__"})
    return f"from {module} import {', '.join(names)}\n" if names else ""


def _asserted(example: doctest.Example, source: str, tree: ast.Module) -> str | None:
    """The example as a statement that fails where its value, or what it raises, is not what is expected."""
    if example.exc_msg is not None:
        kind = example.exc_msg.partition(":")[0].strip().rpartition(".")[2]
        if not kind.isidentifier():
            return None
        caught = kind if hasattr(builtins, kind) else "Exception"
        passed = "else:\n    raise RuntimeError('nothing was raised')"
        return f"try:\n{_indented(source)}\nexcept {caught}:\n    pass\n{passed}"
    want = example.want.strip()
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr) or not want or "..." in want:
        return None
    value = tree.body[0].value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print":
        if len(value.args) != 1 or value.keywords or isinstance(value.args[0], ast.Starred) or "\n" in want:
            return None
        return f"if str({ast.unparse(value.args[0])}) != {want!r}:\n    raise RuntimeError('another text')"
    shown = ast.unparse(value)
    try:
        ast.literal_eval(want)
    except (ValueError, SyntaxError, MemoryError):
        return f"assert repr({shown}) == {want!r}"
    if len(want) % 2:
        return f"assert ({shown}) == ({want})"
    return f"if not (({shown}) == ({want})):\n    raise RuntimeError('another value')"


def _indented(source: str) -> str:
    return "\n".join(f"    {line}" for line in source.splitlines())
