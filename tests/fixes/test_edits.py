"""Names taken out of import statements in every layout, comments added, and edits merged."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cucurbit.analysis.edits import DeletedFile, Edit, Fix, FixKind, NewFile, TextEdit
from cucurbit.fixes.apply import apply, edited, merge
from cucurbit.fixes.python_source import PythonSource, parsed_source
from cucurbit.fixes.statements import relative, with_ignore, with_module, with_noqa, without
from cucurbit.source.span import Span


def page(text: str) -> PythonSource:
    found = parsed_source("a.py", text)
    assert found is not None
    return found


def taken_out(text: str, *names: str) -> str | None:
    source = page(text)
    placed = source.imports[0]
    assert isinstance(placed.node, (ast.Import, ast.ImportFrom))
    edits = without(source, placed, [alias for alias in placed.node.names if alias.name in names])
    return None if edits is None else edited(text, edits)


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("import a\nx = 1\n", "a", "x = 1\n"),
        ("x = 1\nimport a", "a", "x = 1"),
        ("import a", "a", ""),
        ("import a, b, c  # why\n", "a", "import b, c  # why\n"),
        ("import a, b, c  # why\n", "b", "import a, c  # why\n"),
        ("import a, b as d, c\n", "bc", "import a\n"),
        ("from m import a, b, c\n", "ac", "from m import b\n"),
        ("from m import (a, b,\n    c)\n", "b", "from m import (a, c)\n"),
        ("from m import (a, b,\n    c)\n", "c", "from m import (a, b)\n"),
        ("from m import (\n    a,\n    b,  # two\n    c,\n)\n", "b", "from m import (\n    a,\n    c,\n)\n"),
        ("from m import (\n    a,\n    # about b\n    b\n)\n", "b", "from m import (\n    a,\n    # about b\n)\n"),
        ("from m import (\n    a,\n    # about b\n    b\n)\n", "a", "from m import (\n    # about b\n    b\n)\n"),
        ("from m import (a,  # one\n    b)\n", "a", None),
        ("from m import a, \\\n    b\n", "b", "from m import a\n"),
        ("import a; x = 1\n", "a", None),
        ("x = 1; import a\n", "a", None),
        ("if x:\n    import a  # why\n", "a", "if x:\n    pass  # why\n"),
        ("if x:\n    import a\n    y = 1\n", "a", "if x:\n    y = 1\n"),
        ("if x: import a\n", "a", None),
        ("if x: \\\n    import a\n", "a", None),
        ("from é import ü, ö, ß  # ñ\n", "ö", "from é import ü, ß  # ñ\n"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_names_are_taken_out(text: str, names: str, left: str | None, ending: str) -> None:
    found = taken_out(text.replace("\n", ending), *names)
    assert found == (None if left is None else left.replace("\n", ending))


NAMES = ["alpha", "beta", "gamma", "delta"]


@given(
    st.lists(
        st.sampled_from(["{}", "{} as x{}", "\n    {}", "\n    {} as x{}", "\n    {},  # why\n   "]),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
    st.sets(st.sampled_from(NAMES)),
)
def test_what_is_not_taken_out_stays(layouts: list[str], closed: bool, removed: set[str]) -> None:
    """Whatever the layout: the rest of the names stay, and so does every comment on another line."""
    parts = [layout.replace("{}", name) for layout, name in zip(layouts, NAMES, strict=False)]
    text = "from m import (" + "".join(part if "#" in part else part + ", " for part in parts)
    text = (text if closed else text.rstrip(", ")) + ")\nrest = 1  # rest\n"
    before = page(text).imports[0].node
    assert isinstance(before, ast.ImportFrom)
    found = taken_out(text, *removed)
    if found is None or not removed & {alias.name for alias in before.names}:
        return
    left = [(alias.name, alias.asname) for alias in before.names if alias.name not in removed]
    imports = page(found).imports
    assert [(alias.name, alias.asname) for each in imports for alias in ast_names(each.node)] == left
    assert found.endswith("rest = 1  # rest\n")


def ast_names(node: ast.stmt) -> list[ast.alias]:
    assert isinstance(node, ast.ImportFrom)
    return node.names


@pytest.mark.parametrize(
    ("text", "module", "after"),
    [
        ("from a.b import c\n", "x", "from x import c\n"),
        ("from .b import c\n", "..x.y", "from ..x.y import c\n"),
        ("from . import c\n", ".x", "from .x import c\n"),
        ("from.b import(c)\n", "x", "from x import(c)\n"),
        ("from a \\\n    import c\n", "x", None),
    ],
)
def test_a_module_is_replaced(text: str, module: str, after: str | None) -> None:
    source = page(text)
    node = source.imports[0].node
    assert isinstance(node, ast.ImportFrom)
    edit = with_module(source, node, module)
    assert (edited(text, [edit]) if edit is not None else None) == after


@pytest.mark.parametrize(
    ("importer", "package", "target", "spelled"),
    [
        ("app.main", False, "app.models_all", ".models_all"),
        ("app.api.routes", False, "app.models_all", "..models_all"),
        ("app.api", True, "app.models_all", "..models_all"),
        ("app.main", False, "app.db.base", ".db.base"),
        ("app.db.session", False, "app.db.base", ".base"),
        ("main", False, "models_all", None),
        ("app.main", False, "other.models_all", None),
    ],
)
def test_relative_names(importer: str, package: bool, target: str, spelled: str | None) -> None:
    assert relative(importer, package, target) == spelled


@pytest.mark.parametrize(
    ("text", "line", "after"),
    [
        ("import a\n", 1, "import a  # noqa: F401\n"),
        ("import a   # why\n", 1, "import a   # why  # noqa: F401\n"),
        ("import a  # noqa: E402\n", 1, "import a  # noqa: E402, F401\n"),
        ("import a  # noqa\n", 1, None),
        ("import a  # NOQA:F401\n", 1, None),
        ('x = "# noqa"; import a\n', 1, 'x = "# noqa"; import a  # noqa: F401\n'),
        ("from a import \\\n    b\n", 1, None),
        ('x = """\nimport a\n"""\n', 2, None),
    ],
)
def test_noqa(text: str, line: int, after: str | None) -> None:
    edit = with_noqa(page(text), line, "F401")
    assert (edited(text, [edit]) if edit is not None else None) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("x = 1\n", "x = 1  # cucurbit: ignore[r]\n"),
        ("x = 1  # cucurbit: ignore[a]\n", "x = 1  # cucurbit: ignore[a, r]\n"),
        ("x = 1  # cucurbit: ignore[r]\n", None),
        ("x = 1  # cucurbit: ignore[]\n", "x = 1  # cucurbit: ignore[r]\n"),
        ("x = '''\n'''\n", None),
    ],
)
def test_ignore(text: str, after: str | None) -> None:
    edit = with_ignore(page(text), 1, "r")
    assert (edited(text, [edit]) if edit is not None else None) == after


# ---------------------------------------------------------------------- merging


def fix(title: str, *edits: Edit) -> Fix:
    return Fix(title, safe=True, kind=FixKind.QUICKFIX, edits=edits)


def replace(start: int, end: int, text: str, path: str = "a") -> TextEdit:
    return TextEdit(path, Span(1, start, 1, end), text)


def test_edits_that_do_not_touch_are_merged() -> None:
    done = merge(
        {"a": "0123456789\r\n"},
        [fix("1", replace(8, 9, "x")), fix("2", replace(0, 2, "")), fix("3", replace(5, 5, "yy"))],
    )
    assert done.texts == {"a": "234yy567x9\r\n"}
    assert not done.left_out


def test_one_edit_of_two_fixes_is_made_once() -> None:
    assert apply({"a": "0123"}, [fix("1", replace(1, 1, "x")), fix("2", replace(1, 1, "x"), replace(3, 4, ""))]) == {
        "a": "0x12"
    }


def test_a_fix_that_conflicts_is_left_out_as_a_whole() -> None:
    first, second = fix("1", replace(1, 4, "x")), fix("2", replace(8, 9, "y"), replace(3, 5, "z"))
    done = merge({"a": "0123456789"}, [first, second])
    assert done.texts == {"a": "0x456789"}
    assert (done.applied, done.left_out) == ((first,), (second,))


def test_two_texts_at_one_place_conflict() -> None:
    done = merge({"a": "0123"}, [fix("1", replace(1, 1, "x")), fix("2", replace(1, 1, "y"))])
    assert done.texts == {"a": "0x123"}
    assert [each.title for each in done.left_out] == ["2"]


def test_files_are_made_and_deleted() -> None:
    made, again = fix("1", NewFile("b", "text")), fix("2", NewFile("b", "other"))
    exists, gone, absent = fix("3", NewFile("a", "")), fix("4", DeletedFile("a")), fix("5", DeletedFile("c"))
    edits_gone = fix("6", replace(0, 1, ""))
    done = merge({"a": "0"}, [made, again, exists, gone, absent, edits_gone])
    assert done.texts == {"b": "text", "a": None}
    assert done.left_out == (again, exists, absent, edits_gone)


@given(st.text(alphabet="ab\r\n", max_size=30), st.data())
def test_an_edit_changes_its_span_alone(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    source = parsed_source("a.py", "")
    assert source is not None
    span = type(source.source)(text).span(start, end)
    done = apply({"a": text}, [fix("1", TextEdit("a", span, "new"))])["a"]
    assert done is not None
    # A place between CR and LF is the end of the line before them.
    start -= text[start - 1 : start + 1] == "\r\n"
    end -= text[end - 1 : end + 1] == "\r\n"
    assert done == text[:start] + "new" + text[end:]
