"""The places of keys in TOML."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.workspace.formats.toml import KeyPath, parse_toml

TEXT = '''\
# [no.header]
top = 1
"quoted key" = "a = b # no"
a.b . "c d" = [
  1, # a comment = 2
  [2, 3], { x = 1, y.z = "}" },
]
multi = """
fake = 1
[fake]
"""
literal = \'\'\'
fake = 2\'\'\'

[tool."x y".z]  # header
key = { inner = [ { deep = 1 } ], other = 2 }
last = "\\"q\\" [x]"
[[points]]
x = 1
[[points]]
x = 2
'''


@pytest.mark.parametrize(
    ("path", "line", "column", "end"),
    [
        (("top",), 2, 0, 3),
        (("quoted key",), 3, 0, 12),
        (("a", "b", "c d"), 4, 0, 11),
        (("a",), 4, 0, 11),
        (("literal",), 12, 0, 7),
        (("tool", "x y", "z"), 15, 1, 13),
        (("tool", "x y", "z", "key"), 16, 0, 3),
        (("tool", "x y", "z", "key", "inner"), 16, 8, 13),
        (("tool", "x y", "z", "key", "other"), 16, 34, 39),
        (("tool", "x y", "z", "last"), 17, 0, 4),
        (("points", "x"), 19, 0, 1),
    ],
)
def test_places(path: KeyPath, line: int, column: int, end: int) -> None:
    span = parse_toml(TEXT).place(*path)
    assert (span.line, span.column, span.end_line, span.end_column) == (line, column, line, end)


def test_a_key_that_is_not_there_is_at_the_nearest_above() -> None:
    file = parse_toml(TEXT)
    assert file.place("tool", "x y", "z", "missing") == file.place("tool", "x y", "z")
    assert "fake" not in {key for path in file.places for key in path}


TABLES = st.recursive(
    st.integers(0, 9) | st.sampled_from(["x", "a = 1", "[b]", "#", "'", '"', "{"]),
    lambda inner: st.dictionaries(st.sampled_from(["k", "a b", "c.d", "é", '"', "#"]), inner, max_size=3),
    max_leaves=10,
)


def keys(table: Mapping[str, object], base: KeyPath = ()) -> set[KeyPath]:
    found = set()
    for key, value in table.items():
        found.add((*base, key))
        if isinstance(value, dict):
            found |= keys(value, (*base, key))
    return found


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {written(each)}" for key, each in value.items()) + "}"
    return str(value) if isinstance(value, int) else quoted(str(value))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["k", "x y", "z"]), TABLES, max_size=3))
def test_every_key_has_a_place_that_holds_it(table: dict[str, object]) -> None:
    text = "".join(f"{quoted(key)} = {written(value)}\n" for key, value in table.items())
    file = parse_toml(text)
    assert file.tables == table
    assert set(file.places) == keys(table)
    lines = text.split("\n")
    for path, span in file.places.items():
        assert lines[span.line - 1][span.column : span.end_column] == quoted(path[-1])
