"""``cucurbit explain``: from a traceback to its cause in this workspace."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cucurbit.explain.tracebacks import RaisedError, TracebackFrame, parse_tracebacks
from tests.cli.conftest import CLEAN, DB, TWICE, USER, Cucurbit, MakeWorkspace

DEFINED = (
    "sqlalchemy.exc.InvalidRequestError: Table 'users' is already defined for this MetaData instance.  Specify"
    " 'extend_existing=True' to redefine options and columns on an existing Table object."
)
TRACEBACK = f"""\
Traceback (most recent call last):
  File "/srv/site-packages/uvicorn/importer.py", line 19, in import_from_string
    module = importlib.import_module(module_str)
  File "/srv/project/app/main.py", line 4, in <module>
    import app.legacy
  File "/srv/project/app/legacy.py", line 6, in <module>
    class User(Base):
{DEFINED}
"""


def explained(cucurbit: Cucurbit, text: str) -> list[dict[str, Any]]:
    ran = cucurbit("explain", text, "--output-format", "json")
    assert (ran.code, ran.err) == (0, "")
    document = json.loads(ran.out)
    assert document["version"] == 1
    found: list[dict[str, Any]] = document["explanations"]
    return found


def places(explanation: Mapping[str, Any]) -> list[str]:
    return [f"{related['path']}:{related['line']}" for related in explanation["related"]]


# ----------------------------------------------------------------------- reading


def test_frames_and_chained_exceptions() -> None:
    text = """\
Traceback (most recent call last):
  File "/a/x.py", line 3, in f
    g()
KeyError: 'k'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "C:\\\\b\\\\y.py", line 4, in <module>
    f()
    ^^^
app.errors.Broken
"""
    assert parse_tracebacks(text) == (
        RaisedError("KeyError", "'k'", (TracebackFrame("/a/x.py", 3, "f", "g()"),)),
        RaisedError("app.errors.Broken", "", (TracebackFrame("C:\\\\b\\\\y.py", 4, "<module>", "f()"),)),
    )


@pytest.mark.parametrize(
    "prefix",
    ["", "web_1  | ", "2025-11-26T10:00:00.123Z ", "[2025-11-26 10:00:00 +0000] [7] [ERROR] ", "    ", "\x1b[31m"],
)
def test_something_before_each_line(prefix: str) -> None:
    text = "".join(f"{prefix}{line}\n" for line in ["Starting", *TRACEBACK.splitlines(), "Stopped."])
    (error,) = parse_tracebacks(text)
    assert error.name == "InvalidRequestError"
    assert error.message.startswith("Table 'users' is already defined")
    assert error.frames[-1] == TracebackFrame("/srv/project/app/legacy.py", 6, "<module>", "class User(Base):")


def test_a_prefix_on_the_first_line_only() -> None:
    (error,) = parse_tracebacks(f"2025-11-26 ERROR app: failed {TRACEBACK}")
    assert len(error.frames) == 3


def test_a_traceback_in_a_json_log() -> None:
    (error,) = parse_tracebacks(json.dumps({"level": "error", "exc_info": TRACEBACK}))
    assert error.frames[1] == TracebackFrame("/srv/project/app/main.py", 4, "<module>", "import app.legacy")


def test_an_exception_group() -> None:
    text = """\
  + Exception Group Traceback (most recent call last):
  |   File "/a/x.py", line 3, in <module>
  |     g()
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/a/x.py", line 9, in g
    |     raise ValueError("one")
    | ValueError: one
    +------------------------------------
"""
    assert [(error.name, error.message) for error in parse_tracebacks(text)] == [
        ("ExceptionGroup", "two (2 sub-exceptions)"),
        ("ValueError", "one"),
    ]


@pytest.mark.parametrize("text", ["", "nothing here", 'File "', "Traceback (most recent call last):\n", "\0\n\0"])
def test_no_traceback(text: str) -> None:
    assert parse_tracebacks(text) == ()


# --------------------------------------------------------------- tables defined


def test_two_definitions(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    (found,) = explained(cucurbit, TRACEBACK)
    assert (found["cause"], found["raised_here"]) == ("duplicate-table", True)
    assert places(found) == ["app/legacy.py:6", "app/models.py:6", "app/main.py:3", "app/main.py:4"]


def test_what_no_entry_point_raises_is_not_denied(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({**CLEAN, "app/old.py": "# class User(Base):\n#     __tablename__ = 'users'\n"})
    (found,) = explained(cucurbit, TRACEBACK)
    assert (found["cause"], found["raised_here"]) == ("one-definition", None)
    assert found["summary"].startswith(
        "No entry point found here raises it; yours starts at app/main.py:4. As far as it could be followed, 'users'"
        " has one definition, in one module, app.models, executed once by app.main:app."
    )
    assert places(found) == ["app/models.py:6", "app/main.py:3", "app/old.py:1", "app/main.py:4"]
    assert found["advice"][-1] == (
        "The traceback shows `import app.legacy` at app/main.py:4, but here that line is empty: it comes from another"
        " version of this code."
    )


def test_what_is_cut_short_is_not_denied(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    plugins = "import importlib, os\nimportlib.import_module(os.environ['PLUGIN'])\n"
    workspace({**CLEAN, "app/main.py": plugins + CLEAN["app/main.py"]})
    (found,) = explained(cucurbit, DEFINED)
    assert (found["cause"], found["raised_here"]) == ("one-definition", None)
    assert "app/main.py:2" in found["advice"][-1]


def test_two_definitions_that_no_entry_point_reaches(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({**TWICE, "app/main.py": CLEAN["app/main.py"]})
    (found,) = explained(cucurbit, DEFINED)
    assert (found["cause"], found["raised_here"]) == ("duplicate-table", None)


def test_no_definition(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(CLEAN)
    (found,) = explained(cucurbit, DEFINED.replace("'users'", "'user'"))
    assert (found["cause"], found["raised_here"]) == ("no-such-table", None)
    assert found["advice"] == ["Did you mean the table 'users'?"]


def test_two_module_names(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(
        {
            **CLEAN,
            "app/main.py": "import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\n"
            + CLEAN["app/main.py"]
            + "import models as again\n",
        }
    )
    (found,) = explained(cucurbit, DEFINED)
    assert (found["cause"], found["raised_here"]) == ("module-loaded-twice", True)
    assert "app.models" in found["summary"]
    assert "models" in found["summary"]


def test_a_hidden_failure(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    broken = USER + "\nraise ValueError('first')\n"
    again = "try:\n    import app.models\nexcept Exception:\n    pass\nimport app.models\nfrom fastapi import FastAPI\n"
    workspace({**CLEAN, "app/models.py": broken, "app/main.py": again + "app = FastAPI()\n"})
    (found,) = explained(cucurbit, DEFINED)
    assert (found["cause"], found["raised_here"]) == ("import-failure-hidden", True)
    assert "ValueError" in found["summary"]


def test_the_first_of_two_failures_comes_first(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    other = TRACEBACK.replace("'users'", "'accounts'")
    found = explained(cucurbit, f"{TRACEBACK}\nINFO: going on\n{other}\nunrelated\n{TRACEBACK}")
    assert [each["cause"] for each in found] == ["duplicate-table", "no-such-table"]


# ---------------------------------------------------------------------- others


def test_a_cycle(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(
        {
            **CLEAN,
            "app/main.py": "from fastapi import FastAPI\nfrom app.one import a\napp = FastAPI()\n",
            "app/one.py": "from app.two import b\na = 1\n",
            "app/two.py": "from app.one import a\nb = 1\n",
        }
    )
    text = (
        "ImportError: cannot import name 'a' from partially initialized module 'app.one' (most likely due to a"
        " circular import) (/srv/app/one.py)"
    )
    (found,) = explained(cucurbit, text)
    assert (found["cause"], found["raised_here"]) == ("circular-import", True)
    assert places(found) == ["app/main.py:2", "app/one.py:1", "app/two.py:1"]
    (found,) = explained(cucurbit, text.replace("app.one", "app.models"))
    assert (found["cause"], found["raised_here"]) == ("circular-import", None)


def test_python_names_the_file_from_which_a_name_cannot_be_imported(
    workspace: MakeWorkspace, cucurbit: Cucurbit
) -> None:
    workspace(
        {
            **CLEAN,
            "app/__init__.py": "",
            "app/main.py": CLEAN["app/main.py"] + "import runpy\nrunpy.run_module('app.jobs.daily')\n",
            "app/jobs/__init__.py": "from app import nobody\n",
            "app/jobs/daily.py": "",
        }
    )
    plain = "cannot import name 'nobody' from 'app' (/srv/app/__init__.py)"
    for message in (plain, f"Error while finding module specification for 'app.jobs.daily' (ImportError: {plain})"):
        (found,) = explained(cucurbit, f"ImportError: {message}")
        assert found["raised_here"] is True
    (found,) = explained(cucurbit, f"ImportError: {plain.replace('nobody', 'models')}")
    assert found["raised_here"] is not True


def test_a_reserved_attribute(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    message = (
        "sqlalchemy.exc.InvalidRequestError: Attribute name 'metadata' is reserved when using the Declarative API."
    )
    root = workspace(CLEAN)
    (found,) = explained(cucurbit, message)
    assert (found["cause"], found["raised_here"]) == ("reserved-attribute", None)
    (root / "app" / "models.py").write_text(USER + "    metadata: Mapped[str]\n")
    (found,) = explained(cucurbit, message)
    assert (found["cause"], found["raised_here"]) == ("reserved-attribute", True)
    assert places(found)[0] == "app/models.py:10"
    (root / "requirements.txt").write_text("sqlalchemy==2.1.0\n")
    (found,) = explained(cucurbit, message)
    assert found["raised_here"] is None


def test_two_classes_of_one_name(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    other = USER.replace('"users"', '"people"')
    workspace({**CLEAN, "app/people.py": other, "app/main.py": CLEAN["app/main.py"] + "import app.people\n"})
    message = (
        'InvalidRequestError: Multiple classes found for path "User" in the registry of this declarative base. Please'
        " use a fully module-qualified path."
    )
    (found,) = explained(cucurbit, message)
    assert (found["cause"], found["raised_here"]) == ("multiple-classes", True)
    assert sorted(places(found)) == ["app/models.py:6", "app/people.py:6"]


LOCATE = (
    "InvalidRequestError: When initializing mapper Mapper[User(users)], expression 'Address' failed to locate a name"
    " ('Address'). If this is a class name, consider adding this relationship() to the <class 'app.models.User'> class"
    " after both dependent classes have been defined."
)


def test_a_class_that_is_not_imported(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    address = USER.replace("User", "Address").replace("users", "addresses")
    root = workspace({**CLEAN, "app/address.py": address})
    (found,) = explained(cucurbit, LOCATE)
    assert (found["cause"], found["raised_here"]) == ("not-imported", True)
    assert "app.main:app does not import app.address" in found["summary"]
    (root / "app" / "main.py").write_text(CLEAN["app/main.py"] + "import app.address\n")
    assert explained(cucurbit, LOCATE)[0]["raised_here"] is None
    (root / "app" / "address.py").unlink()
    assert explained(cucurbit, LOCATE)[0]["cause"] == "unknown-class"


def test_a_foreign_key_to_another_metadata(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    orders = (
        "from sqlalchemy import Column, ForeignKey, Integer\nfrom app.other import Base\n\n\nclass Order(Base):\n"
        '    __tablename__ = "orders"\n    id = Column(Integer, primary_key=True)\n'
        '    user_id = Column(ForeignKey("users.id"))\n'
    )
    workspace(
        {
            **CLEAN,
            "app/other.py": DB,
            "app/orders.py": orders,
            "app/main.py": CLEAN["app/main.py"] + "import app.orders\n",
        }
    )
    message = (
        "sqlalchemy.exc.NoReferencedTableError: Foreign key associated with column 'orders.user_id' could not find"
        " table 'users' with which to generate a foreign key to target column 'id'"
    )
    (found,) = explained(cucurbit, message)
    assert (found["cause"], found["raised_here"]) == ("several-metadata", True)
    assert places(found) == ["app/models.py:6", "app/orders.py:5"]
    assert explained(cucurbit, message.replace("'users'", "'nothing'"))[0]["cause"] == "unknown-table"


@pytest.mark.parametrize(
    ("module", "cause", "raised_here"),
    [
        ("app.db.run_migrations", "missing-module", True),
        ("app.nothing", "missing-module", None),
        ("numpy", "missing-module", None),
        ("app.models", "not-on-sys-path", None),
    ],
)
def test_no_module(
    workspace: MakeWorkspace, cucurbit: Cucurbit, module: str, cause: str, raised_here: bool | None
) -> None:
    workspace(CLEAN)
    (found,) = explained(cucurbit, f"ModuleNotFoundError: No module named '{module}'")
    assert (found["cause"], found["raised_here"]) == (cause, raised_here)


def test_an_error_that_is_not_known(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(CLEAN)
    (found,) = explained(cucurbit, TRACEBACK.replace(DEFINED, "ValueError: something else"))
    assert (found["cause"], found["raised_here"]) == ("", None)


# ------------------------------------------------------------------------ input


def test_where_the_text_comes_from(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace(TWICE)
    (tmp_path / "error.log").write_bytes(b"\xff noise\n" + TRACEBACK.encode())
    from_file = cucurbit("explain", str(tmp_path / "error.log"))
    monkeypatch.setattr("sys.stdin", io.StringIO(TRACEBACK))
    from_stdin = cucurbit("explain")
    from_argument = cucurbit("explain", TRACEBACK)
    assert from_file.out == from_stdin.out == from_argument.out
    lines = from_file.out.splitlines()
    assert lines[0] == DEFINED
    assert lines[1].startswith("  [duplicate-table] Table 'users' is already defined")
    assert any("app/main.py:4" in line and "imports app.legacy" in line for line in lines)


@pytest.mark.parametrize("text", ["no-such-file.log", "nothing: here\nat all", "app"])
def test_nothing_to_explain(workspace: MakeWorkspace, cucurbit: Cucurbit, text: str) -> None:
    workspace(CLEAN)
    ran = cucurbit("explain", text)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err


class Terminal(io.StringIO):
    """Standard input where a person types."""

    def isatty(self) -> bool:
        return True


def test_who_types_is_told_how_to_end(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(TWICE)
    monkeypatch.setattr("sys.stdin", Terminal(TRACEBACK))
    ran = cucurbit("explain")
    assert ran.code == 0
    assert ran.err.startswith("Paste the traceback, then end it with ")
