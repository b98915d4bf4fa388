"""Whatever files hold: nothing is raised, and no error is uncertain."""

# ruff: noqa: E501 - small programs and files, each on a line

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bad_input.conftest import Cucurbit, MakeWorkspace, app, look

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "charge-party"
_KEPT = (".py", ".ini", ".toml", ".mako")
STATES: dict[str, dict[str, str]] = {
    state.name: {
        path.relative_to(state).as_posix(): path.read_text("utf-8")
        for path in sorted(state.rglob("*"))
        if path.is_file() and (path.suffix in _KEPT or path.name == "Procfile")
    }
    for state in sorted(EXAMPLES.iterdir())
    if state.is_dir()
}
TARGETS = [(state, path) for state, files in STATES.items() for path in files]
FUZZ = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def test_there_are_files() -> None:
    assert len(STATES) == 3
    assert {"main_simple.py", "env.py"} <= {path.rpartition("/")[2] for _, path in TARGETS}


@st.composite
def mutations(draw: st.DrawFn, text: str) -> str:
    """A text with some lines lost, doubled, swapped, moved or cut in the middle."""
    lines = text.splitlines(keepends=True) or [""]
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.integers(0, len(lines) - 1))
        other = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["lose", "double", "swap", "cut", "indent", "join", "move"]))
        if kind == "lose" and len(lines) > 1:
            del lines[min(where, other) : min(max(where, other), min(where, other) + 5) + 1]
            lines = lines or [""]
        elif kind == "double":
            lines[where:where] = lines[min(where, other) : max(where, other) + 1]
        elif kind == "swap":
            lines[where], lines[other] = lines[other], lines[where]
        elif kind == "cut":
            lines[where] = lines[where][: draw(st.integers(0, len(lines[where])))]
        elif kind == "indent":
            lines[where] = draw(st.sampled_from(["    ", " ", "\t"])) + lines[where]
        elif kind == "join":
            lines[where] = lines[where].rstrip("\n")
        else:
            lines.insert(other, lines.pop(where))
    return "".join(lines)


@given(st.data())
@FUZZ
def test_mutated_examples(data: st.DataObject) -> None:
    state, path = data.draw(st.sampled_from(TARGETS))
    files = dict(STATES[state])
    files[path] = data.draw(mutations(files[path]))
    if data.draw(st.booleans()):
        again = data.draw(st.sampled_from([each for each in files if each.endswith(".py")]))
        files[again] = data.draw(mutations(files[again]))
    look(files)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300),
        st.lists(
            st.sampled_from(
                ["class ", "def ", "A", "(", ")", ":", "\n", "    ", "import ", "from ", ".", "*", "=", "'", '"""', "\\",
                 "try", "except", "if ", "else", "for x in ", "while ", "return ", "yield ", "lambda ", "@", "[", "]", "{",
                 "}", ",", "1", "m", "Base", "__tablename__", "Table", "MetaData()", "async ", "await ", "with ", "as x",
                 "del ", "global ", "match ", "case ", "raise", "\r", "\f", "\0", "\ufeff", "\u2028", "\t", "#", "f'{"]
            ),
            max_size=60,
        ).map("".join),
    )
)  # fmt: skip
@FUZZ
def test_any_file(held: str | bytes) -> None:
    data = held if isinstance(held, bytes) else held.encode("utf-8", "surrogatepass")
    look(
        {**app(data), "alembic.ini": data, "pyproject.toml": data, "Procfile": data, "Dockerfile": data, "env.py": data}
    )


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), min_size=1, max_size=4))
@FUZZ
def test_any_name(names: Sequence[str]) -> None:
    path = "/".join(name.replace("/", "_") for name in names)
    look({**app("import " + ".".join(names).replace("\n", " ") + "\n"), f"top/{path}.py": "from .. import x\n"})


@given(st.data())
@settings(FUZZ, max_examples=5)
def test_the_command(workspace: MakeWorkspace, cucurbit: Cucurbit, data: st.DataObject) -> None:
    state, path = data.draw(st.sampled_from(TARGETS))
    root = workspace(STATES[state])
    text = data.draw(st.one_of(mutations(STATES[state][path]).map(str.encode), st.binary(max_size=100)))
    (root / path).write_bytes(text)
    for command in (["check"], ["check", "--output-format", "json"], ["timeline"], ["models"]):
        ran = cucurbit(*command)
        assert ran.code in {0, 1, 2}, ran.err
        assert "Traceback" not in ran.out + ran.err
        assert "internal error" not in ran.err
