"""Settings: every wrong value is told at its place, and takes nothing else along."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cucurbit.source.span import Span
from cucurbit.workspace.model import Problem
from cucurbit.workspace.settings.reader import read_settings
from cucurbit.workspace.settings.schema import DEFAULTS, AggregatorSettings, Settings, settings_schema
from cucurbit.workspace.tree.files import MemoryTree

RULES = ("duplicate-table", "models-before-migrations", "several-metadata")


def read(editor: dict[str, object] | None = None, **files: str | bytes) -> tuple[Settings, tuple[Problem, ...]]:
    named = {f"{name}.toml": data for name, data in files.items()}
    return read_settings(MemoryTree(named), RULES, editor)


def only(problems: tuple[Problem, ...]) -> tuple[str, Span, str]:
    (problem,) = problems
    return problem.location.path, problem.location.span, problem.message


def test_nothing_is_the_defaults() -> None:
    assert read() == (DEFAULTS, ())
    assert read(pyproject="[project]\nname = 'x'\n") == (DEFAULTS, ())


def test_three_sources_in_their_order() -> None:
    settings, problems = read(
        pyproject='[tool.cucurbit]\nroots = ["a"]\npython = "x"\nhover = false\naggregator.style = "all"\n'
        '[tool.cucurbit.severity]\nduplicate-table = "hint"\nseveral-metadata = "off"\n',
        cucurbit='roots = ["b"]\npython = "y"\n[aggregator]\nmodule = "app.models_all"\n'
        '[severity]\nduplicate-table = "error"\n',
        editor={"python": "z"},
    )
    assert problems == ()
    assert settings == Settings(
        roots=("b",),
        python="z",
        hover=False,
        aggregator=AggregatorSettings(style="all", module="app.models_all"),
        severity={"duplicate-table": "error", "several-metadata": "off"},
    )


def test_an_unknown_setting_is_told_at_its_key() -> None:
    settings, problems = read(pyproject='[tool.cucurbit]\nroots = ["src"]\n  exlude = ["x"]\n')
    assert settings.roots == ("src",)
    assert only(problems) == ("pyproject.toml", Span(3, 2, 3, 8), "unknown setting `exlude`, did you mean `exclude`?")


def test_an_unknown_setting_of_a_nested_table() -> None:
    _, problems = read(cucurbit="[aggregator]\nmodul = 1\n")
    assert only(problems) == (
        "cucurbit.toml",
        Span(2, 0, 2, 5),
        "unknown setting `aggregator.modul`, did you mean `module`?",
    )


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('hover = "yes"', Span(1, 0, 1, 5), "expected `bool`, got `str`"),
        ("roots = 3", Span(1, 0, 1, 5), "expected `array`, got `int`"),
        ("roots = ['a', 3]", Span(1, 0, 1, 5), "expected `str`, got `int`"),
        ('trace = "loud"', Span(1, 0, 1, 5), "invalid enum value 'loud'"),
        ('aggregator = "x"', Span(1, 0, 1, 10), "expected `object`"),
        ('aggregator = { style = "x" }', Span(1, 15, 1, 20), "invalid enum value 'x'"),
        ('sqlalchemy-version = "two"', Span(1, 0, 1, 18), "expected `str` matching"),
        ('severity.duplicate-table = "loud"', Span(1, 0, 1, 24), "invalid enum value 'loud'"),
        ('severity = "off"', Span(1, 0, 1, 8), "expected `object`, got `str`"),
        ('[per-file-ignores]\n"a" = 1', Span(2, 0, 2, 3), "expected `array`, got `int`"),
        ('exclude = ["!"]', Span(1, 0, 1, 7), "`!` is not a valid pattern"),
    ],
)
def test_a_wrong_value_is_told_at_its_key(text: str, place: Span, says: str) -> None:
    settings, problems = read(cucurbit=text)
    assert settings == DEFAULTS
    path, span, message = only(problems)
    assert (path, span) == ("cucurbit.toml", place)
    assert says in message


def test_a_wrong_value_takes_no_other_along() -> None:
    settings, problems = read(
        cucurbit='hover = 1\ntrace = "messages"\n[severity]\nduplicate-table = 3\nseveral-metadata = "off"\n'
    )
    assert len(problems) == 2
    assert settings == Settings(trace="messages", severity={"several-metadata": "off"})


def test_names_of_rules_are_checked() -> None:
    settings, problems = read(
        cucurbit='select = ["all", "duplicate-tables"]\nignore = ["several-metadata"]\n'
        '[per-file-ignores]\n"tests/**" = ["nonsense"]\n[severity]\nall = "off"\n'
    )
    assert [problem.message for problem in problems] == [
        "unknown rule `duplicate-tables`, did you mean `duplicate-table`?",
        "unknown rule `nonsense`",
        "unknown rule `all`",
    ]
    assert [problem.location.span.line for problem in problems] == [1, 4, 6]
    assert settings == Settings(select=("all",), ignore=("several-metadata",), per_file_ignores={"tests/**": ()})


def test_without_the_rules_any_name_is_taken() -> None:
    settings, problems = read_settings(MemoryTree({"cucurbit.toml": 'select = ["x"]'}))
    assert (settings.select, problems) == (("x",), ())


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("hover = \n", Span(1, 8, 1, 8), "invalid value"),
        ("a = 1\n[b\n", Span(2, 2, 2, 2), "expected ']'"),
        ('x = "', Span(1, 5, 1, 5), "unterminated string"),
        ("a = 1\na = 2\n", Span(2, 5, 2, 5), "cannot overwrite"),
        ("a = " + "[" * 100_000, Span(1, 0, 1, 0), "nested"),
    ],
)
def test_text_that_is_not_toml(text: str, place: Span, says: str) -> None:
    settings, problems = read(cucurbit=text)
    assert settings == DEFAULTS
    path, span, message = only(problems)
    assert path == "cucurbit.toml"
    assert (span.line, span.column) == (place.line, place.column)
    assert says in message.lower()


def test_a_broken_file_leaves_the_other() -> None:
    settings, problems = read(pyproject="[", cucurbit="hover = false")
    assert settings == Settings(hover=False)
    assert [problem.location.path for problem in problems] == ["pyproject.toml"]


def test_bytes_that_are_not_utf_8() -> None:
    settings, problems = read(cucurbit=b"# ok\n# \xff\nhover = false\n")
    assert settings == DEFAULTS
    assert only(problems) == ("cucurbit.toml", Span(2, 0, 2, 0), "this file is not valid UTF-8")


def test_a_byte_order_mark_and_crlf() -> None:
    settings, problems = read(cucurbit=b"\xef\xbb\xbfhover = false\r\nbad = 1\r\n")
    assert settings == Settings(hover=False)
    assert only(problems)[1] == Span(2, 0, 2, 3)


def test_a_problem_of_the_editor_has_no_file() -> None:
    settings, problems = read(editor={"hover": 3, "trace": "verbose", "roots": ["a"]})
    assert settings == Settings(trace="verbose", roots=("a",))
    assert only(problems)[0] == ""


def test_the_tool_table_is_no_table() -> None:
    settings, problems = read(pyproject="[tool]\ncucurbit = 3\n")
    assert settings == DEFAULTS
    assert only(problems)[:2] == ("pyproject.toml", Span(2, 0, 2, 8))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([field.encode_name for field in msgspec.structs.fields(Settings)]) | st.text(max_size=4)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_nothing_from_an_editor_raises(editor: dict[str, object]) -> None:
    settings, _ = read_settings(MemoryTree({}), RULES, editor)
    assert isinstance(settings, Settings)


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_nothing_in_a_file_raises(data: str | bytes) -> None:
    settings, _ = read_settings(MemoryTree({"cucurbit.toml": data}), RULES)
    assert isinstance(settings, Settings)


def test_every_setting_is_described() -> None:
    schema = settings_schema()
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    for struct in (Settings, AggregatorSettings):
        properties = definitions[struct.__name__]["properties"]
        assert set(properties) == {field.encode_name for field in msgspec.structs.fields(struct)}
        assert [name for name, each in properties.items() if not each.get("description")] == []
