"""Small files of every format that is read, which are mutated."""

from __future__ import annotations

from collections.abc import Mapping

MODELS = """\
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"ix": "ix_%(column_0_label)s"})


class User(Base):
    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("name", name="u"), Index("i", "name"), {"schema": None})
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(30))
    posts: Mapped[list["Post"]] = relationship(back_populates="author", primaryjoin="User.id == Post.author_id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")


tags = Table("tags", Base.metadata, *[Column(f"c{n}", Integer) for n in range(3)])
"""

ENV = """\
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run():
    with context.begin_transaction():
        context.run_migrations()


run()
"""

REVISION = """\
\"\"\"first `x` | y\"\"\"
from alembic import op
import sqlalchemy as sa

revision = "{0}"
down_revision = {1}
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("t{0}", sa.Column("id", sa.Integer(), primary_key=True))
    with op.batch_alter_table("t{0}") as batch:
        batch.add_column(sa.Column("x", sa.String(3), nullable=True))
    op.execute("ALTER TABLE t{0} ADD COLUMN y INT")


def downgrade():
    op.drop_table("t{0}")
"""

FILES: Mapping[str, str] = {
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "app/again.py": "from app.models import Base, Column, Integer\n\n\nclass Again(Base):\n"
    "    __tablename__ = 'users'\n    id = Column(Integer, primary_key=True)\n",
    "app/main.py": "import os\nfrom fastapi import FastAPI\nfrom app import models  # cucurbit: ignore\n"
    "if os.environ.get('X'):\n    import app.again\ntry:\n    import nothing\nexcept ImportError as e:\n    pass\n"
    "app = FastAPI()\n\n\n@app.on_event('startup')\ndef up():\n    models.Base.metadata.create_all(None)\n",
    "alembic.ini": "[DEFAULT]\nhere2 = %(here)s\n[alembic]\nscript_location = %(here)s/migrations\n"
    "prepend_sys_path = .\nversion_locations = migrations/versions\n[post_write_hooks]\nhooks = black\n",
    "migrations/env.py": ENV,
    "migrations/script.py.mako": '"""${message}"""\nfrom alembic import op\nrevision = ${repr(up_revision)}\n'
    "% if x:\n${upgrades}\n% endif\n",
    "migrations/versions/a.py": REVISION.format("a", None),
    "migrations/versions/b.py": REVISION.format("b", "'a'"),
    "migrations/versions/c.py": REVISION.format("c", "('a', 'b')"),
    "pyproject.toml": "[project]\nname = 'x'\ndependencies = ['sqlalchemy>=2.0', \"alembic; python_version > '3'\"]\n"
    "[project.scripts]\nserve = 'app.main:app'\n[tool.cucurbit]\nexclude = ['a/**']\nentry-points = ['app.main']\n"
    "[tool.pytest.ini_options]\npythonpath = ['.']\n[tool.alembic]\nscript_location = 'migrations'\n",
    "cucurbit.toml": "select = ['all']\n[per-file-ignores]\n'app/*' = ['analysis-incomplete']\n",
    "setup.cfg": "[metadata]\nname = x\n[options]\npackage_dir =\n    = src\ninstall_requires = sqlalchemy\n",
    "setup.py": "from setuptools import setup\nsetup(name='x', package_dir={'': 'src'}, install_requires=['a'])\n",
    "tox.ini": "[pytest]\npythonpath = . src\ntestpaths = tests\n",
    "pytest.ini": "[pytest]\npython_files = test_*.py\naddopts = -p app.again --import-mode=importlib\n",
    "tests/conftest.py": "import app.models\n",
    "tests/test_x.py": "from app.main import app\n\n\ndef test():\n    pass\n",
    "requirements.txt": "-r more.txt\nsqlalchemy[asyncio]==2.0.40 ; python_version > '3' \\\n  --hash=sha256:0\n",
    "more.txt": "-c requirements.txt\nalembic~=1.13\n",
    "poetry.lock": '[[package]]\nname = "sqlalchemy"\nversion = "2.0.40"\n',
    "Pipfile.lock": '{"default": {"sqlalchemy": {"version": "==2.0.40"}}}\n',
    "Procfile": "web: cd app && gunicorn -w 4 app.main:app\nrelease: alembic upgrade head || true\n"
    "worker: celery -A app.main worker\ntask: taskiq worker app.main:app -fsd -tp '**/t*.py'\n"
    "g: granian --interface asgi app.main:app\n",
    "Makefile": "A := app\nB = $(A).main\nrun: dep\n\tcd $(A) && \\\n\tpython -m $(B)\n\t@uvicorn app.main:app\n",
    "run.sh": 'set -e\nD="$(cd "$(dirname "$0")" >/dev/null 2>&1 && pwd)"\ncat <<END\nx\nEND\n'
    "exec sh -c 'python ${X:-app/main.py}'\n",
    "Dockerfile": "FROM python AS base\nARG A=\"x y\"\nENV B=$A C='d'\nWORKDIR /srv\nCOPY . .\nFROM base\n"
    'ENTRYPOINT ["python", "-m"]\nCMD ["app.main"]\n',
    "compose.yaml": "x: &x\n  build: {context: ., dockerfile: Dockerfile}\nservices:\n  web:\n    <<: *x\n"
    "    command: >-\n      uvicorn\n      app.main:app\n    depends_on: [db]\n    environment: [A=1]\n"
    "  db: {image: postgres, env_file: .env}\n---\n{}\n",
    "supervisord.conf": "[program:x]\ncommand=python -m app.main\ndirectory=%(here)s\nenvironment=A=\"b\",C='d'\n",
    ".env": "export FLASK_APP='app.main' # x\nB=\"${FLASK_APP}\"\n",
    ".gitignore": "# x\n!keep\n/build/\n**/__pycache__\n*.py[co]\n[a-c]?\\ \n",
    "package.json": '{"scripts": {"start": "python -m app.main"}}\n',
    "note.ipynb": '{"cells": [{"cell_type": "code", "source": ["import app.models\\n"]}]}\n',
    "README.md": "# x\n\n<!-- cucurbit:schema -->\n<!-- /cucurbit:schema -->\n",
}

TRACEBACK = """\
Traceback (most recent call last):
  File "/srv/app/main.py", line 3, in <module>
    from app import models
  File "/srv/app/models.py", line 9, in <module>
    class User(Base):
sqlalchemy.exc.InvalidRequestError: Table 'users' is already defined for this MetaData instance.
"""

PIECES = (
    "\0",
    "\x1b[31m",
    "\r",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\U0010ffff",
    "<img src=x onerror=alert(1)>",
    "]]>",
    "</script>",
    "::error::x",
    "`",
    "```\n",
    "|",
    "--",
    "-->",
    "%",
    "%(a)s",
    "%(here)s",
    "${",
    "$(",
    "{{",
    "}}",
    "*",
    "**/",
    "&a ",
    "*a",
    "<<: ",
    "!!python/object:os.system",
    "'",
    '"',
    '"""',
    "\\",
    "\\\n",
    "#",
    "[" * 50,
    "(" * 150,
    "{" * 60,
    "]",
    ")",
    "}",
    "9" * 5_000,
    "-1",
    "1e999",
    "nan",
    "a." * 200,
    "a" * 3_000,
    " " * 5_000,
    "\t",
    "\n" * 50,
    "import ",
    "from . import *\n",
    "lambda: ",
    "f'{x!r:>{y}}'",
    "~",
    "../..",
    "/",
    "//",
    "file:///",
    "C:\\",
    "=",
    ":",
    ";",
    ",",
    "@",
    "0x",
    "...",
    "async ",
    "yield ",
    "del Base\n",
    "Base = None\n",
    "while True: pass\n",
    "raise SystemExit\n",
    "def f(): return f()\nf()\n",
)
"""What is put into a text."""
