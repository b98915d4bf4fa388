"""Whatever a file may hold, it is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.source import facts
from cucurbit.source.fingerprint import dump, load
from cucurbit.source.reader import read
from tests.unit.source.helpers import check_places, nodes, standard_files

STANDARD = standard_files(40, largest=12_000)


@settings(max_examples=300)
@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    check_places(text)


WORDS = "class def if else elif try except finally import from as with for in lambda match case await yield return a b"
SIGNS = "( ) [ ] { } : , . = == @ # \\ \" ' \"\"\" ''' f' é 😀 1 0x ; * ** ->"
LAYOUT = ["\n", "\n    ", "\n  ", "\r", "\r\n", "\t", "\x0c", "\0", "\ud800", " "]
TOKENS = st.lists(st.sampled_from(WORDS.split() + SIGNS.split() + LAYOUT), max_size=40)


@settings(max_examples=400)
@given(TOKENS)
def test_any_tokens_are_read(tokens: list[str]) -> None:
    module = check_places(" ".join(tokens))
    assert load(dump(module)) == module


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(STANDARD), st.data())
def test_truncations_of_real_files_are_read(text: str, data: st.DataObject) -> None:
    check_places(text[: data.draw(st.integers(0, len(text)))])


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "(" * 150 + ")" * 150,
        "a = " + "(" * 5000 + ")" * 5000,
        "a = " + "-" * 20_000 + "1",
        "a = " + "x." * 3000 + "y",
        "a = " + "f(" * 90 + ")" * 90,
        "a = " + "[" * 5000,
        "if a: b\n" + "elif a: b\n" * 3000,
        "".join(" " * depth + "if a:\n" for depth in range(150)) + " " * 150 + "b",
        "a = 1" + "0" * 5000,
        "a = " + "lambda: " * 500 + "0",
        "a = " + " + ".join(["b"] * 2000),
        "a = " + " + ".join(["b"] * 300),
        "a = " + ".b()".join(["x"] + [""] * 120),
    ],
)
def test_deep_nesting_is_bounded(text: str) -> None:
    module = read(f"before = 1\n{text}\nafter = 1\n")
    assert load(dump(module)) == module
    names = [node.id for node in nodes(module.body) if isinstance(node, facts.Name)]
    assert names[0] == "before"
    assert "after" in names or not text.startswith("a = ")


def test_a_yield_below_the_bound_still_makes_a_generator() -> None:
    (step,) = read("def f():\n    x = " + "g(" * 120 + "(yield)" + ")" * 120 + "\n").body
    assert isinstance(step, facts.FunctionDef)
    assert step.is_generator
