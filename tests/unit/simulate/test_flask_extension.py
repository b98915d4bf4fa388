"""What Flask-Migrate's env.py gives to Alembic is known."""

from __future__ import annotations

from cucurbit.opening import folder_workspace
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import EntryKind
from cucurbit.workspace.tree.files import MemoryTree

FILES = {
    "app.py": (
        "from flask import Flask\nfrom flask_migrate import Migrate\nfrom flask_sqlalchemy import SQLAlchemy\n"
        "db = SQLAlchemy()\n\n\n"
        "class User(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n\n\n"
        "def create_app():\n    app = Flask(__name__)\n    Migrate(app, db, MORE)\n    return app\n"
    ),
    "migrations/alembic.ini": "[alembic]\n",
    "migrations/script.py.mako": "",
    "migrations/versions/first.py": "",
    "migrations/env.py": (
        "from alembic import context\nfrom flask import current_app\n"
        "migrate = current_app.extensions['migrate']\n"
        "context.configure(target_metadata=migrate.db.metadata, **migrate.configure_args)\n"
        "context.run_migrations()\n"
    ),
}


TEMPLATE = """from alembic import context
from flask import current_app

target_db = current_app.extensions["migrate"].db


def get_engine():
    try:
        return current_app.extensions["migrate"].db.get_engine()
    except (TypeError, AttributeError):
        return current_app.extensions["migrate"].db.engine


def get_metadata():
    if hasattr(target_db, "metadatas"):
        return target_db.metadatas[None]
    return target_db.metadata


conf_args = current_app.extensions["migrate"].configure_args
with get_engine().connect() as connection:
    context.configure(connection=connection, target_metadata=get_metadata(), **conf_args)
    context.run_migrations()
"""


def target(more: str, env: str = FILES["migrations/env.py"]) -> tuple[tuple[str, ...] | None, bool]:
    application = FILES["app.py"].replace("MORE", more)
    workspace = folder_workspace(MemoryTree({**FILES, "app.py": application, "migrations/env.py": env}))
    entry = next(each for each in workspace.entry_points if each.kind is EntryKind.ALEMBIC)
    (given,) = simulate(workspace, entry).targets
    return (None if given.metadata is None else tuple(each.label for each in given.metadata)), given.filtered


def test_the_metadata_of_the_application_is_the_target() -> None:
    assert target("compare_type=True") == (("db.metadata",), False)


def test_a_filter_given_to_migrate_filters() -> None:
    assert target("include_object=print") == (("db.metadata",), True)


def test_keywords_that_are_not_known_may_filter() -> None:
    assert target("**print()") == (("db.metadata",), True)


def test_the_env_py_of_the_template_takes_the_metadata_without_a_bind_key() -> None:
    assert target("", TEMPLATE) == (("db.metadata",), False)


def test_the_metadata_of_a_bind_key_is_another() -> None:
    env = TEMPLATE.replace("metadatas[None]", 'metadatas["None"]')
    assert target("", env) == (None, False)


def test_what_stands_in_the_application_has_the_metadata_too() -> None:
    for name in ("migrate", "sqlalchemy"):
        env = TEMPLATE.replace("get_metadata(),", f'current_app.extensions["{name}"].metadata,')
        assert target("", env) == (("db.metadata",), False)
