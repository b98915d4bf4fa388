"""Versions: given where they are determined, and only there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from cucurbit.workspace.modules.versions import LockedVersions, Version, determined, normalise_name, parse_version
from cucurbit.workspace.tree.files import MemoryTree


@pytest.mark.parametrize(
    ("specifiers", "expected"),
    [
        ("==2.0.23", (2, 0, 23)),
        ("===2.0.23", (2, 0, 23)),
        ("==2.0.*", (2, 0)),
        ("~=2.0.1", (2, 0)),
        ("~=2.0", None),
        (">=2.0,<2.1", (2, 0)),
        ("<2.1, >=2.0.4", (2, 0)),
        (">=2.0.1,<2.1.0", (2, 0)),
        (">=2.0,<3", None),
        (">=2.0 ,!=2.0.3,<2.1", (2, 0)),
        (">=2.0", None),
        ("<2.1", None),
        ("", None),
        ("~2.0.3", (2, 0)),
        ("^2.0.3", None),
        ("2.0.3", (2, 0, 3)),
        (">=1.4,<2.1", None),
    ],
)
def test_determined(specifiers: str, expected: Version | None) -> None:
    assert determined(specifiers) == expected


NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


@given(st.lists(st.tuples(st.sampled_from(["==", ">=", "<", "~=", "!="]), NUMBERS), min_size=1, max_size=3))
def test_what_is_determined_is_all_that_is_allowed(parts: list[tuple[str, str]]) -> None:
    parts = [(operator, number) for operator, number in parts if operator != "~=" or "." in number]
    text = ",".join(operator + number for operator, number in parts)
    found = determined(text)
    if found is None or any(operator == "==" for operator, _ in parts):
        return
    allowed = SpecifierSet(text)
    for version in (f"{a}.{b}.{c}" for a in range(5) for b in range(5) for c in range(5)):
        if version in allowed:
            assert parse_version(version)[: len(found)] == found  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2.1.0b1", (2, 1, 0)), ("v1.2", (1, 2)), ("1!2.0", (2, 0)), ("x", None), ("2.0.23+local", (2, 0, 23))],
)
def test_parse_version(text: str, expected: Version | None) -> None:
    assert parse_version(text) == expected


def test_names_are_normalised() -> None:
    assert normalise_name("Flask_SQLAlchemy.X") == "flask-sqlalchemy-x"


FILES: dict[str, dict[str, str]] = {
    "uv": {"uv.lock": 'version = 1\n[[package]]\nname = "sqlalchemy"\nversion = "2.0.3"\n'},
    "poetry": {"poetry.lock": '[[package]]\nname = "SQLAlchemy"\nversion = "2.0.3"\ndescription = ""\n'},
    "pipfile lock": {"Pipfile.lock": '{"default": {"sqlalchemy": {"version": "==2.0.3"}}}'},
    "requirements": {
        "requirements.txt": "# SQLAlchemy==1.0\nfastapi==1\nSQLAlchemy[asyncio]==2.0.3 ; python_version > '3'\n"
    },
    "include": {
        "requirements.txt": "-r requirements/base.in\n",
        "requirements/base.in": "-c c.txt\n",
        "requirements/c.txt": "sqlalchemy==2.0.3 \\\n    --hash=sha256:x\n",
    },
    "circular": {"requirements.txt": "-r requirements.txt\nsqlalchemy==2.0.3"},
    "pyproject": {"pyproject.toml": '[project]\ndependencies = ["sqlalchemy [asyncio] == 2.0.3"]\n'},
    "group": {"pyproject.toml": '[dependency-groups]\ndb = ["sqlalchemy==2.0.3", {include-group = "x"}]\n'},
    "poetry table": {
        "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\n'
        'SQLAlchemy = {version = "2.0.3", extras = ["a"]}\n'
    },
    "pipfile": {"Pipfile": '[packages]\nsqlalchemy = "==2.0.3"\n'},
}


@pytest.mark.parametrize("kind", list(FILES))
def test_where_versions_are_found(kind: str) -> None:
    assert LockedVersions(MemoryTree(FILES[kind])).of("SQLAlchemy", "app/models.py") == (2, 0, 3)


def test_the_nearest_project_decides() -> None:
    tree = MemoryTree(
        {
            "requirements.txt": "sqlalchemy==1.4.1",
            "b/requirements.txt": "sqlalchemy==2.0.3\n",
            "c/requirements.txt": "flask",
        }
    )
    assert [LockedVersions(tree).of("sqlalchemy", f"{each}/app/x.py") for each in "abc"] == [
        (1, 4, 1),
        (2, 0, 3),
        (1, 4, 1),
    ]


def test_broken_files_say_nothing() -> None:
    tree = MemoryTree({"Pipfile.lock": "{", "pyproject.toml": "[", "requirements.txt": b"\xff\0", "uv.lock": ""})
    assert LockedVersions(tree).of("sqlalchemy", "x.py") is None
    assert LockedVersions(MemoryTree({"Pipfile.lock": "[1]"})).of("sqlalchemy", "") is None


def test_requirements_in_utf16_with_a_mark_are_read() -> None:
    """``pip freeze > requirements.txt`` in Windows PowerShell writes them so, and pip reads them."""
    tree = MemoryTree({"requirements.txt": "alembic==1.14.1\r\nSQLAlchemy==2.0.38\r\n".encode("utf-16")})
    assert LockedVersions(tree).of("sqlalchemy", "app/models.py") == (2, 0, 38)
