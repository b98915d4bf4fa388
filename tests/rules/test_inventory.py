"""The inventory: every definition of a table, who registers it when, and what is never executed."""

from __future__ import annotations

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import NAMES
from cucurbit.rules.shared.inventory import Dead, Registered, dead_definitions, inventory
from cucurbit.workspace.tree.files import MemoryTree

MODEL = """
from sqlalchemy import Column, Integer
from app.db import Base
class {name}(Base):
    __tablename__ = "{table}"
    id = Column(Integer, primary_key=True)
"""

FILES: dict[str, str] = {
    "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
    "alembic/env.py": """
from alembic import context
import app.user
from app.db import Base
context.configure(target_metadata=Base.metadata)
context.run_migrations()
""",
    "app/__init__.py": "",
    "app/db.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n",
    "app/user.py": MODEL.format(name="User", table="users"),
    "app/audit.py": MODEL.format(name="Audit", table="audits"),
    "app/copy.py": MODEL.format(name="User", table="users"),
    "app/spare.py": MODEL.format(name="Spare", table="spares"),
    "app/main.py": """
import os
from alembic import command
from alembic.config import Config
from fastapi import FastAPI
import app.user
if os.environ["AUDIT"]:
    import app.audit
command.upgrade(Config("alembic.ini"), "head")
import app.copy
app = FastAPI()
""",
}


def context_of(files: dict[str, str]) -> Context:
    return analyse(folder_workspace(MemoryTree({**files}), NAMES))


def test_each_table_is_told_by_environment_and_by_entry_point() -> None:
    records = {record.location.path: record for record in inventory(context_of(FILES))}
    user, audit = records["app/user.py"], records["app/audit.py"]

    assert (user.key, user.class_name, user.metadata) == ("users", "User", "app.db.Base.metadata")
    assert user.location.span.line == 4
    assert [(each.env_path, each.registered, each.held) for each in user.environments] == [
        ("alembic/env.py", Registered.YES, True)
    ]
    by_main = {each.entry.target: each for each in user.registrations}["app.main:app"]
    assert (by_main.registered, by_main.order, by_main.before_migrations) == (Registered.YES, 1, True)
    assert [step.target for step in by_main.link or ()][-1:] == ["app.user"]

    assert [each.registered for each in audit.environments] == [Registered.NO]
    assert [(each.registered, each.order) for each in audit.registrations] == [(Registered.MAYBE, 2)]


def test_a_rejected_definition_has_no_order() -> None:
    record = next(each for each in inventory(context_of(FILES)) if each.location.path == "app/copy.py")
    assert [(each.registered, each.order, each.before_migrations) for each in record.registrations] == [
        (Registered.REJECTED, 0, False)
    ]
    assert not record.is_live


def test_a_table_that_no_entry_point_executes_is_listed_too() -> None:
    record = next(each for each in inventory(context_of(FILES)) if each.location.path == "app/spare.py")
    assert record.registrations == ()
    assert not record.is_live


def test_definitions_that_never_run_say_why() -> None:
    files = {
        **FILES,
        "app/user.py": FILES["app/user.py"] + '\n# class Old(Base):\n#     __tablename__ = "olds"\n',
        "app/models.py": MODEL.format(name="Hidden", table="hidden"),
        "app/models/__init__.py": "",
        "app/db/routing.py": MODEL.format(name="Lost", table="lost"),
    }
    found = {each.table: each for each in dead_definitions(context_of(files))}
    assert {table: (each.reason, each.class_name, each.shadow) for table, each in found.items()} == {
        "olds": (Dead.COMMENT, "Old", ""),
        "hidden": (Dead.SHADOWED, "Hidden", "app/models/__init__.py"),
        "lost": (Dead.SHADOWED, "Lost", "app/db.py"),
    }
    assert found["hidden"].location.span.line == 4


def test_a_definition_that_fails_is_told_as_such_and_what_nobody_imports_as_unreachable() -> None:
    reserved = MODEL + "    metadata = Column(Integer)\n"
    files = {
        **FILES,
        "requirements.txt": "sqlalchemy==2.0.36\n",
        "app/user.py": FILES["app/user.py"] + reserved.format(name="Payout", table="payouts"),
        "app/spare.py": reserved.format(name="Spare", table="spares"),
    }
    found = {each.table: each.reason for each in dead_definitions(context_of(files))}
    assert found == {"payouts": Dead.FAILED, "spares": Dead.UNREACHABLE}
