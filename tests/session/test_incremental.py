"""Whatever is edited in whatever order, what is known is what a start from scratch would know."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.analysis.engine import analyse, findings
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import RULES
from cucurbit.session.analysis import Analysis, analyse_snapshot
from cucurbit.session.cancellation import Cancelled, CancelToken
from cucurbit.session.memory import Memory
from cucurbit.session.snapshot_findings import Buffer
from cucurbit.workspace.index import FolderWorkspace
from tests.timelines import told

BASE = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"


def model(name: str, table: str) -> str:
    return (
        "from sqlalchemy.orm import Mapped, mapped_column\n\nfrom app.db import Base\n\n\n"
        f"class {name}(Base):\n    __tablename__ = {table!r}\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )


ENV = """\
from alembic import context

import app.users
from app.db import Base

context.configure(target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
"""

MAIN = """\
from alembic import command
from alembic.config import Config
from fastapi import FastAPI

from app import users

command.upgrade(Config("alembic.ini"), "head")
app = FastAPI()
"""

HELPERS = """\
from sqlalchemy import Column, Integer, Table

from app.db import Base


def never(value: int) -> int:
    return value


def make(name: str) -> None:
    Table(name, Base.metadata, Column("id", Integer, primary_key=True))


make("made")
"""

AGGREGATOR = """\
from app import db  # noqa: F401
from app.users import User  # noqa: F401
from app.orders import Order

__all__ = ["User", "Order"]
"""

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "alembic.ini": (
        "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
        "# moved\n[alembic]\nscript_location = migrations\n",
    ),
    "alembic/env.py": (
        ENV,
        ENV.replace("import app.users\n", "import app.users\nimport app.orders\n"),
        ENV.replace("import app.users\n", "import app.everything\nimport app.helpers\n"),
        "# moved\n" + ENV,
    ),
    "app/__init__.py": ("", "from app import orders\n"),
    "app/db.py": (
        BASE,
        "# moved\n\n" + BASE,
        "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n",
    ),
    "app/users.py": (
        model("User", "users"),
        "# moved\n" + model("User", "users"),
        model("User", "people"),
        model("User", "users") + "    name: Mapped[str] = mapped_column()\n",
    ),
    "app/orders.py": (model("Order", "orders"), model("Order", "users"), "raise RuntimeError\n"),
    "app/helpers.py": (
        HELPERS,
        HELPERS.replace("return value", "# more\n    other = value\n    return other"),
        HELPERS.replace("return value", "global make\n    return value"),
        HELPERS.replace("    Table(name,", "    name = name + 's'\n    Table(name,"),
        HELPERS.replace('make("made")', 'make("users")  # cucurbit: ignore[duplicate-table]'),
        HELPERS.replace('make("made")', 'make("users")'),
        HELPERS.replace("return value", "return (value"),
    ),
    "app/everything.py": (
        AGGREGATOR,
        "# moved\n\n" + AGGREGATOR,
        AGGREGATOR.replace('__all__ = ["User", "Order"]', "def used():\n    return User, Order, db"),
        AGGREGATOR.replace("# noqa: F401", "# cucurbit: ignore"),
    ),
    "app/orders/__init__.py": (model("Packed", "packed"),),
    "app/main.py": (
        MAIN,
        MAIN.replace("users\n", "users, orders\n", 1),
        "try:\n    import app.missing\nexcept ImportError:\n    pass\n" + MAIN,
    ),
    "app/missing.py": (model("Late", "late"),),
    "fastapi.py": ("class FastAPI:\n    pass\n",),
    "Procfile": ("web: uvicorn app.main:app\n", "web: python -m app.orders\n"),
    "pyproject.toml": (
        "",
        '[tool.cucurbit]\nignore = ["model-not-in-migrations"]\n',
        '[tool.cucurbit]\nexclude = ["app/orders.py"]\n',
    ),
}

START = (
    "alembic.ini",
    "alembic/env.py",
    "app/__init__.py",
    "app/db.py",
    "app/users.py",
    "app/orders.py",
    "app/helpers.py",
    "app/everything.py",
    "app/main.py",
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, str, str | None]:
    """Where (disk or buffer), which file, and its new text; None removes it."""
    where = draw(st.sampled_from(("disk", "buffer")))
    path = draw(st.sampled_from(sorted(VARIANTS)))
    return where, path, draw(st.sampled_from((*VARIANTS[path], None)))


class Live:
    """A workspace that goes on, in the way a session works on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.buffers: dict[str, Buffer] = {}
        self.workspace: FolderWorkspace = open_workspace(root)
        self.memory = Memory()
        self.good: dict[str, str] = {}
        self.opened: dict[str, str] = {}
        """What stood on disk when an editor opened the file, if that had no syntax error."""
        self.number = 0

    def edit(self, where: str, path: str, text: str | None) -> None:
        changed = [path]
        if where == "buffer":
            if text is None:
                self.buffers.pop(path, None)
                self.opened.pop(path, None)
            else:
                self._open(path)
                self.buffers[path] = Buffer(text, self.number)
        else:
            changed = write(self.root, path, text)
        self.number += 1
        self.workspace = self.workspace.with_changes(changed, self.texts)

    def _open(self, path: str) -> None:
        known = self.workspace.facts(path)
        if path not in self.buffers and known is not None and known.problem is None:
            self.opened[path] = self.workspace.text(path) or ""

    @property
    def texts(self) -> dict[str, str]:
        return {path: buffer.text for path, buffer in self.buffers.items()}

    def check(self) -> int:
        """Compare with a start from scratch. Returns how many entry points were simulated."""
        return self.analysed().simulated

    def analysed(self) -> Analysis:
        """The analysis, compared with a start from scratch."""
        analysis = analyse_snapshot(
            self.number, self.workspace, self.buffers, self.good, self.memory, CancelToken(), lambda *_: None
        )
        # Of a buffer that is broken as it stands, both know the last text without a syntax error.
        good = {path: self.good.get(path, self.opened.get(path, text)) for path, text in self.texts.items()}
        begun = open_workspace(self.root, buffers=good)
        scratch = analyse(begun.with_changes([path for path in good if good[path] != self.texts[path]], self.texts))
        assert told(*analysis.context.timelines) == told(*scratch.timelines)
        assert told(*analysis.context.isolated) == told(*scratch.isolated)
        assert analysis.findings == findings(scratch, RULES)
        return analysis


def write(root: Path, path: str, text: str | None) -> list[str]:
    """Write or delete a file; the paths that an editor would be told of."""
    file = root / path
    if text is None:
        file.unlink(missing_ok=True)
        return [path]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return [path, str(Path(path).parent).replace("\\", "/").removeprefix(".")] if "/" in path else [path]


@settings(max_examples=40, deadline=None)
@given(st.lists(edits(), max_size=8))
def test_edits_lead_to_what_a_start_from_scratch_knows(changes: list[tuple[str, str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for path in START:
            write(root, path, VARIANTS[path][0])
        live = Live(root)
        live.check()
        for change in changes:
            live.edit(*change)
            live.check()


def test_nothing_is_simulated_where_only_lines_move(tmp_path: Path) -> None:
    for path in START:
        write(tmp_path, path, VARIANTS[path][0])
    live = Live(tmp_path.resolve())
    assert live.check() > 1
    live.edit("buffer", "app/users.py", "\n# a comment\n\n" + VARIANTS["app/users.py"][0])
    assert live.check() == 0
    live.edit("buffer", "app/users.py", model("User", "users").replace("class User", "class Person"))
    assert live.check() > 0


def started(root: Path) -> Live:
    for path in START:
        write(root, path, VARIANTS[path][0])
    write(root, "alembic/env.py", VARIANTS["alembic/env.py"][2])
    live = Live(root.resolve())
    live.check()
    live.edit("buffer", "app/helpers.py", HELPERS)
    live.check()
    return live


@pytest.mark.parametrize(
    "text",
    [
        HELPERS,
        HELPERS + "# a comment\n",
        HELPERS.replace("return value", "return value + 1"),
        HELPERS.replace("return value", "other = value; return other"),
        HELPERS.replace("def never(value: int) -> int:", "def never(value: int) -> int:  # noqa"),
    ],
)
def test_an_edit_that_nothing_executes_has_no_simulation_and_no_rule_run(tmp_path: Path, text: str) -> None:
    live = started(tmp_path)
    live.edit("buffer", "app/helpers.py", text)
    analysis = live.analysed()
    assert analysis.simulated == 0
    # What rules ask of the text alone (which modules it walks, which URLs it has), and how much was seen, is asked
    # again and answered as before: so no rule runs.
    assert analysis.worked_out <= 3


def test_lines_that_move_are_evidence_for_the_rules_that_show_them(tmp_path: Path) -> None:
    live = started(tmp_path)
    live.edit("buffer", "app/helpers.py", "\n" + HELPERS)
    analysis = live.analysed()
    assert analysis.simulated == 0
    assert 1 < analysis.worked_out < len(RULES.rules)


def test_an_edit_in_a_function_that_is_called_is_simulated(tmp_path: Path) -> None:
    live = started(tmp_path)
    live.edit("buffer", "app/helpers.py", HELPERS.replace("    Table(name,", "    name = name + 's'\n    Table(name,"))
    assert live.check() > 0


def test_the_changes_of_snapshots_that_were_never_analysed_count(tmp_path: Path) -> None:
    live = started(tmp_path)
    live.edit("buffer", "app/helpers.py", VARIANTS["app/helpers.py"][5])
    live.edit("buffer", "app/everything.py", AGGREGATOR + "# more\n")
    assert live.check() > 0


def test_only_the_entry_points_that_ask_for_a_file_are_simulated_again(tmp_path: Path) -> None:
    for path in START:
        write(tmp_path, path, VARIANTS[path][0])
    live = Live(tmp_path.resolve())
    live.check()
    live.edit("disk", "app/orders.py", model("Order", "other"))
    assert live.check() == 1


def test_a_module_that_was_missed_counts_when_it_comes(tmp_path: Path) -> None:
    for path in START:
        write(tmp_path, path, VARIANTS[path][0])
    write(tmp_path, "app/main.py", VARIANTS["app/main.py"][2])
    live = Live(tmp_path.resolve())
    live.check()
    live.edit("disk", "app/missing.py", VARIANTS["app/missing.py"][0])
    assert live.check() > 0
    tables = {table.key for timeline in analyse(live.workspace).timelines for table in timeline.tables}
    assert "late" in tables


def test_a_file_behind_a_failure_is_looked_at_once_it_may_declare_tables(tmp_path: Path) -> None:
    write(tmp_path, "main.py", "from fastapi import FastAPI\n\napp = FastAPI()\nraise ValueError\nimport tool\n")
    tool = "import sqlalchemy\nfrom os import path\n"
    write(tmp_path, "tool.py", tool)
    live = Live(tmp_path.resolve())
    assert live.analysed().context.hidden == {"tool.py": False}
    live.edit("buffer", "tool.py", f"{tool}# class Tool(Base): pass\n")
    assert [timeline.entry.path for timeline in live.analysed().context.isolated] == ["tool.py"]
    live.edit("buffer", "tool.py", f"{tool}# class Tool: pass\n")
    assert not live.analysed().context.isolated


def patched(live: Live) -> tuple[int, int]:
    """How many timelines the analysis patched and simulated; it is compared with a start from scratch."""
    simulated = live.check()
    return live.memory.patched, simulated


def test_a_table_that_nobody_else_reads_is_patched(tmp_path: Path) -> None:
    live = started(tmp_path)
    for name in ("people", "persons", "users"):
        live.edit("buffer", "app/users.py", model("User", name))
        timelines, simulated = patched(live)
        assert timelines > 0
        assert simulated == 0


@pytest.mark.parametrize(
    "text",
    [
        model("User", "users") + "    name: Mapped[str] = mapped_column()\n",
        model("User", "users").replace("primary_key=True", "primary_key=True, index=True"),
        model("User", "users").replace("id: Mapped", "key: Mapped"),
    ],
)
def test_a_column_that_nobody_else_reads_is_patched(tmp_path: Path, text: str) -> None:
    live = started(tmp_path)
    live.edit("buffer", "app/users.py", text)
    timelines, simulated = patched(live)
    assert timelines > 0
    assert simulated == 0


def test_a_column_is_patched_before_a_class_that_others_read(tmp_path: Path) -> None:
    live = started(tmp_path)
    read = model("Read", "read")
    live.edit("buffer", "app/users.py", model("User", "users") + read)
    live.edit("buffer", "app/reader.py", "from app.users import Read\nprint(Read)\n")
    live.edit("buffer", "app/main.py", f"import app.reader\n{MAIN}")
    live.check()
    column = "    name: Mapped[str] = mapped_column()\n"
    live.edit("buffer", "app/users.py", model("User", "users") + column + read)
    timelines, simulated = patched(live)
    assert timelines > 0
    assert simulated == 0


def test_two_files_are_patched_in_turns(tmp_path: Path) -> None:
    live = started(tmp_path)
    for name in ("one", "two"):
        for path, class_name in (("app/users.py", "User"), ("app/orders.py", "Order")):
            live.edit("buffer", path, model(class_name, f"{path[4:-3]}_{name}"))
            timelines, simulated = patched(live)
            assert timelines > 0
            assert simulated == 0


READERS = [
    "from app.db import Base\nif 'users' in Base.metadata.tables:\n    import app.orders\n",
    "from app.db import Base\nfor table in Base.metadata.tables:\n    print(table)\n",
    "from app.users import User\nif User.__tablename__ == 'users':\n    import app.orders\n",
    "from app.users import User\nif User.__table__.name == 'users':\n    import app.orders\n",
    "import app.users\nfor name in vars(app.users.User):\n    print(name)\n",
    "from app.users import User\n\n\nclass Admin(User):\n    other: int = 1\n",
    "from sqlalchemy import Table, Column\nfrom app.db import Base\nTable('people', Base.metadata, Column('id'))\n",
    "from sqlalchemy import Table, Column\nfrom app.db import Base\nTable('users', Base.metadata, Column('id'))\n",
    "from app.users import User\nUser.__tablename__ = 'other'\n",
    "from app.users import *\n",
    "from app import users\nopen(users.__file__)\nusers.more = 1\n",
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("first", [True, False])
def test_what_other_code_reads_of_an_edited_module_is_as_from_scratch(tmp_path: Path, reader: str, first: bool) -> None:
    live = started(tmp_path)
    live.edit("buffer", "app/reader.py", reader)
    before, after = ("import app.reader\n", "") if first else ("", "import app.reader\n")
    live.edit("buffer", "app/main.py", f"import app.db\n{before}import app.users\n{after}{MAIN}")
    live.check()
    for name in ("people", "users", "persons"):
        live.edit("buffer", "app/users.py", model("User", name))
        live.check()
    live.edit("buffer", "app/users.py", model("User", "persons") + "    more: Mapped[int] = mapped_column()\n")
    live.check()


def test_a_new_file_whose_first_analysis_is_stopped(tmp_path: Path) -> None:
    """An editor creates an empty file, then gives it a text, and another file is edited."""
    live = started(tmp_path)
    live.edit("buffer", "app/users.py", model("User", "people"))
    live.check()
    live.edit("disk", "app/late.py", "")
    stopped = CancelToken()

    def stop(*_: object) -> None:
        stopped.cancel()

    with contextlib.suppress(Cancelled):
        analyse_snapshot(live.number, live.workspace, live.buffers, live.good, live.memory, stopped, stop)
    live.edit("disk", "app/late.py", model("Late", "late"))
    with contextlib.suppress(Cancelled):
        analyse_snapshot(live.number, live.workspace, live.buffers, live.good, live.memory, stopped, stop)
    live.edit("buffer", "app/users.py", model("User", "persons"))
    live.check()
    live.edit("buffer", "app/users.py", model("User", "people"))
    live.check()
