"""Where a real project is edited: in files that its programs execute, found in what they say."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from tests.bench.editing import Kind
from tests.bench.places import Place

_Node = TypeVar("_Node", bound=ast.AST)

Variant: TypeAlias = Callable[[int, str], str]
Finder: TypeAlias = Callable[["Text"], "tuple[Place, Variant] | None"]


class Text:
    """A file that is parsed, and offsets in it."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.tree = ast.parse(text)
        self._lines = text.splitlines(keepends=True)

    def line_of(self, node: ast.stmt) -> int:
        """The offset of the line at which a statement begins, decorators included."""
        lines = [node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))]
        return sum(map(len, self._lines[: min(lines) - 1]))

    def insertion(self, offset: int) -> Place:
        return Place(self.path, self.text[:offset])

    def replacement(self, node: ast.expr) -> Place:
        """Of an expression that stands on one line."""
        line = self._lines[node.lineno - 1].encode()
        start = sum(map(len, self._lines[: node.lineno - 1])) + len(line[: node.col_offset].decode())
        return Place(self.path, self.text[:start], line[node.col_offset : node.end_col_offset].decode())

    def nodes(self, kind: type[_Node]) -> Iterator[_Node]:
        return (each for each in ast.walk(self.tree) if isinstance(each, kind))


def _called(node: ast.AST | None, name: str) -> bool:
    """Whether it is a call of what ends with a name: ``Column``, ``sa.Column``, ``mapped_column``, ``db.Column``."""
    if not isinstance(node, ast.Call):
        return False
    return ast.unparse(node.func).rpartition(".")[2].rpartition("_")[2].casefold() == name.casefold()


def _literal(node: ast.expr | None) -> ast.Constant | None:
    """A string that stands in quotes, on one line."""
    plain = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.lineno == node.end_lineno
    return node if plain else None  # type: ignore[return-value]


def _renamed(number: int, was: str) -> str:
    """Another name, in its quotes if it has any."""
    return f"{was[:-1]}_{number}{was[-1]}" if was[-1] in "'\"" else f"{was}_{number}"


def _tablename(text: Text) -> tuple[Place, Variant] | None:
    for node in text.nodes(ast.Assign):
        if ast.unparse(node.targets[0]) == "__tablename__" and (name := _literal(node.value)):
            return text.replacement(name), _renamed
    for call in text.nodes(ast.Call):
        if _called(call, "Table") and call.args and (name := _literal(call.args[0])):
            return text.replacement(name), _renamed
    return None


def _attributes(node: ast.ClassDef) -> Iterator[ast.expr]:
    """The names of a class's columns."""
    for each in node.body:
        target: ast.expr | None = each.target if isinstance(each, ast.AnnAssign) else None
        if isinstance(each, ast.Assign):
            target = each.targets[0]
        if isinstance(target, ast.Name) and _called(getattr(each, "value", None), "Column"):
            yield target


def _column(text: Text) -> tuple[Place, Variant] | None:
    found = [each for node in text.nodes(ast.ClassDef) for each in _attributes(node)]
    calls = (call for call in text.nodes(ast.Call) if _called(call, "Column") and call.args)
    found += filter(None, (_literal(call.args[0]) for call in calls))
    # One that nothing else in the file names, where there is such a column: the program goes on without it.
    words = Counter(re.findall(r"\w+", text.text))
    places = [text.replacement(each) for each in reversed(found)]
    return min(((each, _renamed) for each in places), key=lambda it: words[it[0].text.strip("'\"")], default=None)


def _import(text: Text) -> tuple[Place, Variant] | None:
    imports = [node for node in text.tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    after = [node for node in imports if getattr(node, "module", "") != "__future__"]
    if not after:
        return None
    package = Path(text.path).parts
    modules = [node.module for node in after if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    own = next((module for module in modules if module.partition(".")[0] in package), "json")
    return text.insertion(text.line_of(after[0])), lambda n, _: f"import {own} as added_{n}\n" * (n % 2)


def _statement(indent: str, number: int, _: str) -> str:
    return f"{indent}number_{number} = {number}\n"


def _body(text: Text) -> tuple[Place, Variant] | None:
    for node in text.nodes(ast.FunctionDef):
        last = node.body[-1]
        if not node.decorator_list and len(node.body) > 1 and last.lineno > node.body[0].lineno:
            return text.insertion(text.line_of(last)), partial(_statement, " " * last.col_offset)
    return None


def _last_line(text: Text) -> Place:
    return text.insertion(text.line_of(text.tree.body[-1]))


def _comment(text: Text) -> tuple[Place, Variant] | None:
    return _last_line(text), lambda n, _: f"# Number {n}.\n"


def _syntax(text: Text) -> tuple[Place, Variant] | None:
    return _last_line(text), lambda n, _: "def broken(:\n" * (n % 2)


_FINDERS: Mapping[str, Finder] = {
    "edit-tablename": _tablename,
    "edit-column": _column,
    "edit-import": _import,
    "edit-body": _body,
    "edit-comment": _comment,
    "edit-syntax": _syntax,
}


def executed(models: Sequence[Mapping[str, object]]) -> list[str]:
    """The files with tables that most programs execute, of those that ``cucurbit models`` lists."""
    weights: Counter[str] = Counter()
    for model in models:
        entries = model["entry_points"]
        assert isinstance(entries, list)
        weights[str(model["path"])] += sum(each["registered"] != "no" for each in entries)
    most = max(weights.values(), default=0)
    return sorted(path for path, weight in weights.items() if weight and weight * 2 >= most)


def kinds_in(root: Path, paths: Sequence[str]) -> list[Kind]:
    """A place for each kind of edit, each in a file of its own where there are so many: its first edit is the first."""
    texts = list(_texts(root, paths[: len(_FINDERS)]))
    found = []
    for number, (name, finder) in enumerate(_FINDERS.items()):
        turns = texts[number % len(texts) :] + texts[: number % len(texts)] if texts else []
        place = next(filter(None, map(finder, turns)), None)
        if place is not None:
            found.append(Kind(name, *place, others=False))
    return found


def _texts(root: Path, paths: Sequence[str]) -> Iterator[Text]:
    for path in paths:
        try:
            yield Text(path, (root / path).read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
