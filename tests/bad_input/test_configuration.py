"""Folders with nothing in them, and configuration that is wrong."""

# ruff: noqa: E501 - small programs and files, each on a line

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cucurbit.analysis.finding import Severity
from tests.bad_input.conftest import MODEL, Analysed, Cucurbit, MakeWorkspace, app, look, twice

ENV = "from alembic import context\nfrom m import Base\ntarget_metadata = Base.metadata\ncontext.configure()\n"


def at(seen: Analysed) -> list[tuple[str, int]]:
    """Where the configuration is said to be wrong."""
    return [(f.location.path, f.location.span.line) for f in seen.findings if f.rule == "configuration"]


@pytest.mark.parametrize("command", [["check"], ["timeline"], ["models"]])
@pytest.mark.parametrize("files", [{}, {"notes.txt": "x", "a/b/c.md": ""}, {"empty.py": ""}])
def test_nothing_of_interest(
    workspace: MakeWorkspace, cucurbit: Cucurbit, command: list[str], files: Mapping[str, str]
) -> None:
    workspace({"cucurbit.toml": "", **files})
    ran = cucurbit(*command)
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) == 1


def test_no_such_root(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({"a.txt": ""})
    assert cucurbit("check", "nowhere").code == 2
    assert cucurbit("check", "a\0b").code == 2
    assert cucurbit("check", "a.txt/x").code == 2
    assert cucurbit("check", "").code == 2
    assert cucurbit("check", "a.txt").code == 0
    assert cucurbit("timeline", "nowhere").code == 2
    assert cucurbit("timeline", "alembic").code == 2
    assert cucurbit("timeline", "\ud800").code == 2


SETTINGS: Mapping[str, tuple[str, int]] = {
    "a type": ("[tool.cucurbit]\nselect = 5\n", 2),
    "an item": ("[tool.cucurbit]\nignore = ['a', 5]\n", 2),
    "an unknown setting": ("[tool.cucurbit]\nbogus = 1\n", 2),
    "an unknown rule": ("[tool.cucurbit]\nignore = ['nope']\n", 2),
    "a severity": ("[tool.cucurbit.severity]\nduplicate-table = 'bad'\n", 2),
    "a table": ("[tool]\ncucurbit = 5\n", 2),
    "a list of tables": ("[[tool.cucurbit]]\nselect = []\n", 1),
    "a pattern": ("[tool.cucurbit]\nexclude = ['[', '!']\n", 2),
    "a root": ("[tool.cucurbit]\nroots = 'C:\\a'\n", 2),
    "an entry point": ("[tool.cucurbit]\nextra-entry-points = ['nowhere', '']\n", 2),
    "the aggregator": ("[tool.cucurbit.aggregator]\nmodule = {}\n", 2),
    "an escaped name": ('[tool.cucurbit]\n"\\u0000\\U0001f600" = 1\n', 2),
    "a date": ("[tool.cucurbit]\npython = 2020-01-01\n", 2),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name: str) -> None:
    """Said at its place; the rest counts, and so do the defaults."""
    text, line = SETTINGS[name]
    seen = look({**twice(MODEL), "pyproject.toml": text})
    assert set(at(seen)) == {("pyproject.toml", line)}
    assert "duplicate-table" in seen.rules
    assert {f.severity for f in seen.findings if f.rule == "configuration"} <= {Severity.WARNING}


def test_the_rest_of_the_settings_counts() -> None:
    text = (
        "[tool.cucurbit]\nbogus = 1\nignore = ['duplicate-table', 'nope']\n[tool.cucurbit.severity]\nnope = 'error'\n"
    )
    seen = look({**twice(MODEL), "pyproject.toml": text})
    assert seen.rules == ["configuration"] * 3


def test_windows_paths_in_settings() -> None:
    text = "exclude = ['..\\\\..\\\\*', 'C:/x', '/']\nroots = ['C:\\\\x', '..', '/etc', 'src\\\\app', '']\n"
    assert "duplicate-table" in look({**twice(MODEL), "cucurbit.toml": text}).rules


def test_settings_in_two_files() -> None:
    """``cucurbit.toml`` stands over ``pyproject.toml``, item by item."""
    seen = look(
        {
            **twice(MODEL),
            "pyproject.toml": "[tool.cucurbit]\nignore = ['duplicate-table']\n[tool.cucurbit.severity]\ncircular-import = 1\n",
            "cucurbit.toml": "ignore = []\nbogus = 1\n",
        }
    )
    assert sorted(at(seen)) == [("cucurbit.toml", 2), ("pyproject.toml", 4)]
    assert "duplicate-table" in seen.rules


@pytest.mark.parametrize(
    "data",
    [b"[tool.cucurbit\n", b"\xff\xfe", b"\0", b"a = 1\na = 2\n", b"x = " + b"[" * 5000, b"x = '''"],
    ids=["a header", "bytes", "NUL", "a key twice", "deep", "a string"],
)
@pytest.mark.parametrize("file", ["pyproject.toml", "cucurbit.toml"])
def test_no_toml(workspace: MakeWorkspace, cucurbit: Cucurbit, file: str, data: bytes) -> None:
    """The library says it at its place and goes on; the command refuses, as documented."""
    seen = look({**twice(MODEL), file: data})
    assert [path for path, _ in at(seen)] == [file]
    assert "duplicate-table" in seen.rules
    root = workspace({"a.txt": ""})
    (root / file).write_bytes(data)
    ran = cucurbit("check")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"cucurbit: error: {file}:1:") or ran.err.startswith(f"cucurbit: error: {file}:2:")


INI: Mapping[str, tuple[str | bytes, int]] = {
    "no section": ("script_location = migrations\n", 1),
    "interpolation": ("[alembic]\nscript_location = %(nope)s/migrations\n", 2),
    "a section twice": ("[alembic]\nscript_location = migrations\n[alembic]\nscript_location = a\n", 3),
    "an option twice": ("[alembic]\nscript_location = migrations\nscript_location = a\n", 3),
    "a missing folder": ("[alembic]\nscript_location = nowhere\n", 2),
    "a folder outside": ("[alembic]\nscript_location = ../../..\n", 2),
    "a Windows path": ("[alembic]\nscript_location = C:\\migrations\n", 2),
    "no such package": ("[alembic]\nscript_location = nowhere:migrations\n", 2),
}


@pytest.mark.parametrize("name", INI)
def test_alembic_ini(name: str) -> None:
    text, line = INI[name]
    seen = look({**app(MODEL), "migrations/env.py": ENV, "alembic.ini": text})
    assert at(seen) == [("alembic.ini", line)]


@pytest.mark.parametrize(
    "text",
    [
        "[alembic]\nscript_location = migrations\nversion_locations = %(here)s/../x C:\\y /etc :::: \\0\n",
        "[alembic]\nscript_location = migrations\nprepend_sys_path = \\0:/:C:\\x:%(here)s\nversion_path_separator = no\n",
        "[alembic]\nscript_location = migrations\n" + "x" * 100_000 + " = %\n",
        b"[alembic]\nscript_location = migrations\n# \xff\n",
        "\ufeff[alembic]\r\nscript_location = migrations\r\n",
    ],
    ids=["version_locations", "prepend_sys_path", "a long line", "bytes", "a mark"],
)
def test_alembic_ini_that_serves(text: str | bytes) -> None:
    seen = look({**app(MODEL), "migrations/env.py": ENV, "alembic.ini": text})
    assert "users" in seen.tables


def test_no_alembic_ini() -> None:
    assert look({**app(MODEL), "migrations/env.py": ENV}).findings == ()


def test_two_of_them() -> None:
    files = {f"{name}/alembic.ini": "[alembic]\nscript_location = %(here)s\n" for name in "ab"}
    files |= {f"{name}/env.py": ENV for name in "ab"}
    seen = look({**app(MODEL), **files})
    assert sorted(t.entry.path for t in seen.context.alembic_timelines()) == ["a/env.py", "b/env.py"]


@pytest.mark.parametrize(
    "env",
    ["from m import (\n", "import nowhere.at_all\n", "1 / 0\n", "raise SystemExit\n", b"\0\xff", "", b"#" * 5_000_000],
)
def test_broken_env(workspace: MakeWorkspace, cucurbit: Cucurbit, env: str | bytes) -> None:
    """No table is said to be missing from migrations that cannot be followed."""
    files = {**app(MODEL), "env/env.py": env, "alembic.ini": "[alembic]\nscript_location = env\n"}
    seen = look(files)
    assert not any(finding.certain for finding in seen.findings if finding.rule == "model-not-in-migrations" and env)
    root = workspace({name: text for name, text in files.items() if isinstance(text, str)})
    (root / "env").mkdir(exist_ok=True)
    (root / "env" / "env.py").write_bytes(env if isinstance(env, bytes) else env.encode())
    assert cucurbit("timeline", "alembic").code == 0
    assert cucurbit("check").code in {0, 1}
