"""Programs that are run for real and fail: what Python and Alembic print is explained by the files that were run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.explain.conftest import Explained, Ran, Written, places, told
from tests.explain.programs import ENV, GARDEN, INI, MODELS, revision

ALEMBIC = ("-c", "import sys; sys.path.pop(0); from alembic.config import main; main()")
"""What the console script `alembic` does: it has no folder of the project on sys.path."""
UPGRADE = (*ALEMBIC, "upgrade", "head")


@dataclass(frozen=True)
class Failing:
    """A program that fails. ``says`` are parts of the answer, ``at`` places that it names."""

    files: Mapping[str, str]
    command: tuple[str, ...]
    cause: str
    raised_here: bool | None
    says: tuple[str, ...]
    at: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()


BED = "migrations/versions/a1_beds.py"
ASYNC_ENV = ENV.replace("from alembic", "import asyncio\n\nfrom alembic").replace(
    "\nmigrate()\n", "\nasync def run():\n    migrate()\n\n\nasyncio.run(run())\n"
)
INDEXED = {
    **GARDEN,
    "garden/main.py": "from garden.models import Base\nimport sqlalchemy as sa\n\n"
    "Base.metadata.create_all(sa.create_engine('sqlite://'))\n",
    "migrations/versions/a1_beds.py": GARDEN["migrations/versions/a1_beds.py"].replace(
        "primary_key=True))",
        'primary_key=True), sa.Column("colour", sa.Text()))\n    op.create_index("ix_beds_colour", "beds", ["colour"])',
    ),
    "migrations/versions/b2_soil.py": revision(
        "b2", "a1", 'with op.batch_alter_table("beds") as batch:', '    batch.drop_column("colour")'
    ),
}
"""An indexed column, which a batch drops; and a program that makes the tables by itself."""
PLOT = (
    MODELS
    + '\n\nclass Plot(Base):\n    __tablename__ = "plots"\n\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
)
TWO = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Bed(Base):
    __tablename__ = "beds"

    id: Mapped[int] = mapped_column(primary_key=True)
    plants: Mapped[list["Plant"]] = relationship(PLANTS)


class Plant(Base):
    __tablename__ = "plants"

    id: Mapped[int] = mapped_column(primary_key=True)
    bed_id: Mapped[int] = mapped_column(FOREIGN)
    other_id: Mapped[int] = mapped_column(OTHER)
    bed: Mapped["Bed"] = relationship(BED)
"""
CONFIGURE = "from sqlalchemy.orm import configure_mappers\n\nimport garden.models\n\nconfigure_mappers()\n"

PLAIN_JOIN = """\
class Bed(Base):
    __tablename__ = "beds"

    id: Mapped[int] = mapped_column(primary_key=True)
    plants = relationship("Plant", primaryjoin="Bed.id == Plant.order")


class Plant(Base):
    __tablename__ = "plants"

    id: Mapped[int] = mapped_column(primary_key=True)
    order: Mapped[int] = mapped_column()
"""
FAR_JOIN = """\
class Bed(Base):
    __tablename__ = "beds"

    id: Mapped[int] = mapped_column(primary_key=True)
    tool_id: Mapped[int] = mapped_column()
    tool = relationship("Tool", primaryjoin="Bed.tool_id == Tool.id", foreign_keys=tool_id)
"""
FAR_SECONDARY = """\
class Bed(Base):
    __tablename__ = "beds"

    id: Mapped[int] = mapped_column(primary_key=True)
    others: Mapped[list["Bed"]] = relationship(secondary="links")
"""


def two(plants: str = "", foreign: str = "", other: str = "", bed: str = "") -> Mapping[str, str]:
    models = TWO.replace("PLANTS", plants).replace("FOREIGN", foreign).replace("OTHER", other).replace("BED", bed)
    return {"cucurbit.toml": "", "garden/__init__.py": "", "garden/models.py": models, "run.py": CONFIGURE}


CASES = {
    "two heads": Failing(
        {
            **GARDEN,
            "migrations/versions/b2_soil.py": revision("b2", "a1"),
            "migrations/versions/c3_sun.py": revision("c3", "a1"),
        },
        UPGRADE,
        "multiple-heads",
        True,
        ("2 heads, b2 (migrations/versions/b2_soil.py) and c3 (migrations/versions/c3_sun.py), which both follow a1",),
        ("migrations/versions/b2_soil.py:5", "migrations/versions/c3_sun.py:5"),
    ),
    "one identifier twice": Failing(
        {
            **GARDEN,
            "migrations/versions/b2_soil.py": revision("b2", "a1"),
            "migrations/versions/b2_sun.py": revision("b2", "a1"),
        },
        UPGRADE,
        "duplicate-revision",
        True,
        ("have the same identifier, b2",),
        ("migrations/versions/b2_soil.py:4", "migrations/versions/b2_sun.py:4"),
    ),
    "a parent that is a file's name": Failing(
        {**GARDEN, "migrations/versions/b2_soil.py": revision("b2", "a1_beds")},
        UPGRADE,
        "missing-revision",
        True,
        ("the revision 'a1_beds'", "a1_beds.py has the identifier a1", 'down_revision = "a1"'),
        ("migrations/versions/b2_soil.py:5", f"{BED}:4"),
    ),
    "a parent that is gone": Failing(
        {**GARDEN, "migrations/versions/b2_soil.py": revision("b2", "ffee99")},
        UPGRADE,
        "missing-revision",
        True,
        ("follows the revision 'ffee99', and no file has that identifier",),
        ("migrations/versions/b2_soil.py:5",),
    ),
    "a circle of revisions": Failing(
        {
            **GARDEN,
            "migrations/versions/b2_soil.py": revision("b2", "c3"),
            "migrations/versions/c3_sun.py": revision("c3", "b2"),
        },
        UPGRADE,
        "revision-cycle",
        True,
        ("follow each other in a circle",),
        ("migrations/versions/b2_soil.py:5", "migrations/versions/c3_sun.py:5"),
    ),
    "a revision of another branch": Failing(
        GARDEN,
        UPGRADE,
        "revision-not-found",
        None,
        ("No revision file here has the identifier 99aa", "The head here is a1"),
        (),
        before=(
            (
                "-c",
                (
                    "import sqlite3; c = sqlite3.connect('garden.db');"
                    " c.execute('create table alembic_version (version_num varchar)');"
                    " c.execute(\"insert into alembic_version values ('99aa')\"); c.commit()"
                ),
            ),
        ),
    ),
    "a database that is behind": Failing(
        GARDEN,
        (*ALEMBIC, "revision", "--autogenerate", "-m", "next"),
        "database-behind",
        None,
        ("has to stand at the head first", "alembic upgrade head"),
        (f"{BED}:4",),
    ),
    "no MetaData": Failing(
        {**GARDEN, "migrations/env.py": ENV.replace("= Base.metadata", "= None")},
        (*ALEMBIC, "revision", "--autogenerate", "-m", "next"),
        "no-target-metadata",
        True,
        ("migrations/env.py:6 sets it to None",),
        ("migrations/env.py:6",),
        before=(UPGRADE,),
    ),
    "env.py of Flask, run by alembic": Failing(
        {
            **GARDEN,
            "migrations/env.py": "from flask import current_app\n\nURL = current_app.config['DATABASE_URI']\n",
        },
        UPGRADE,
        "no-application-context",
        True,
        ("migrations/env.py needs the application of Flask", "flask db upgrade"),
        ("migrations/env.py:3",),
    ),
    "a file that is no revision": Failing(
        {**GARDEN, "migrations/versions/helpers.py": "def index():\n    pass\n"},
        UPGRADE,
        "no-revision-id",
        True,
        ("migrations/versions/helpers.py is in a folder of revisions",),
        ("migrations/versions/helpers.py:1",),
    ),
    "another folder": Failing(
        {**GARDEN, "deploy/readme.txt": ""},
        (
            "-c",
            "import os; os.chdir('deploy'); from alembic.config import main; main(argv=['-c', 'x.ini', 'current'])",
        ),
        "no-configuration",
        None,
        ("Start it in the root of the workspace",),
        ("alembic.ini:2",),
    ),
    "no prepend_sys_path": Failing(
        {**GARDEN, "alembic.ini": INI.replace("prepend_sys_path = .\n", "")},
        UPGRADE,
        "not-on-sys-path",
        True,
        ("migrations/env.py imports garden", "`prepend_sys_path = .` into alembic.ini"),
        ("alembic.ini:2", "migrations/env.py:4"),
    ),
    "a percent sign": Failing(
        {
            **GARDEN,
            "migrations/env.py": ENV.replace(
                "\n\ndef migrate",
                '\n\ncontext.config.set_main_option("sqlalchemy.url", "sqlite:///p%40q.db")\n\n\ndef migrate',
            ),
        },
        UPGRADE,
        "percent-in-url",
        True,
        ("migrations/env.py:9 gives configparser a value with a `%`", 'replace("%", "%%")'),
        ("migrations/env.py:9",),
    ),
    "a percent sign in the file": Failing(
        {**GARDEN, "alembic.ini": INI.replace("garden.db", "gar%den.db")},
        UPGRADE,
        "percent-in-url",
        True,
        ("a single `%`, at alembic.ini:4", "Write it as `%%`"),
        ("alembic.ini:4",),
    ),
    "no logging in the file": Failing(
        {
            **GARDEN,
            "migrations/env.py": "from logging.config import fileConfig\n\nfrom alembic import context\n\n"
            "fileConfig(context.config.config_file_name)\n",
        },
        UPGRADE,
        "no-logging-configuration",
        True,
        ("alembic.ini configures no logging",),
        ("migrations/env.py:5",),
    ),
    "a dialect that is misspelt": Failing(
        {**GARDEN, "alembic.ini": INI.replace("sqlite:///garden.db", "postgres://db/garden")},
        UPGRADE,
        "unknown-dialect",
        True,
        ("begins with `postgres`", "`postgresql://...`"),
        ("alembic.ini:4",),
    ),
    "an environment variable": Failing(
        {
            **GARDEN,
            "garden/config.py": 'import os\n\nURL = os.environ["GARDEN_URL"]\n',
            "migrations/env.py": ENV.replace("from garden.models", "from garden import config\nfrom garden.models"),
        },
        UPGRADE,
        "missing-setting",
        None,
        ("The environment variable GARDEN_URL (read at garden/config.py:3) was not set",),
        ("migrations/env.py:4", "garden/config.py:3"),
    ),
    "a URL that is None": Failing(
        {
            **GARDEN,
            "migrations/env.py": ENV.replace(
                'context.config.get_main_option("sqlalchemy.url")', '__import__("os").environ.get("NOT_SET_HERE")'
            ),
        },
        UPGRADE,
        "no-database-url",
        None,
        ("The database's URL at migrations/env.py:10 is None",),
        ("migrations/env.py:10",),
    ),
    "a name that no revision imports": Failing(
        {
            **GARDEN,
            "migrations/versions/b2_soil.py": revision(
                "b2", "a1", 'op.add_column("beds", sa.Column("soil", sqlmodel.sql.sqltypes.AutoString()))'
            ),
        },
        UPGRADE,
        "revision-lacks-import",
        True,
        ("migrations/versions/b2_soil.py:9 uses `sqlmodel`", "migrations/script.py.mako"),
        ("migrations/versions/b2_soil.py:9",),
    ),
    "one MetaData twice": Failing(
        {
            **GARDEN,
            "garden/more.py": "from garden.models import Base\n\n\nclass Other(Base):\n    __abstract__ = True\n",
            "migrations/env.py": ENV.replace(
                "from garden.models", "from garden.more import Other\nfrom garden.models"
            ).replace("= Base.metadata", "= [Base.metadata, Other.metadata]"),
        },
        (*ALEMBIC, "revision", "--autogenerate", "-m", "next"),
        "duplicate-target-metadata",
        True,
        ("holds one MetaData twice",),
        ("migrations/env.py:7",),
        before=(UPGRADE,),
    ),
    "a constraint without a name": Failing(
        {
            **GARDEN,
            "migrations/versions/b2_soil.py": revision(
                "b2",
                "a1",
                'with op.batch_alter_table("beds") as batch:',
                '    batch.add_column(sa.Column("next_id", sa.Integer()))',
                '    batch.create_foreign_key(None, "beds", ["next_id"], ["id"])',
            ),
        },
        UPGRADE,
        "unnamed-constraint",
        True,
        ("naming convention",),
        ("migrations/versions/b2_soil.py:11",),
    ),
    "NOT NULL without a default": Failing(
        {
            **GARDEN,
            "migrations/versions/b2_soil.py": revision(
                "b2", "a1", 'op.add_column("beds", sa.Column("wet", sa.Boolean(), nullable=False))'
            ),
        },
        UPGRADE,
        "not-null-without-default",
        None,
        ("adds the column 'wet' to 'beds', which is NOT NULL", "server_default"),
        ("migrations/versions/b2_soil.py:9",),
    ),
    "create_all before the migrations": Failing(
        {
            **GARDEN,
            "garden/main.py": "from sqlalchemy import create_engine\n\nfrom garden.models import Base\n\n"
            'Base.metadata.create_all(create_engine("sqlite:///garden.db"))\n',
            "Procfile": "web: python -m garden.main\n",
        },
        UPGRADE,
        "create-all-with-migrations",
        None,
        ("'beds' is in the database already", "`create_all`", "alembic stamp head"),
        ("garden/main.py:5", f"{BED}:9"),
        before=(("-m", "garden.main"),),
    ),
    "a table that two revisions create": Failing(
        {
            **GARDEN,
            "migrations/versions/b2_soil.py": revision(
                "b2", "a1", 'op.create_table("beds", sa.Column("id", sa.Integer(), primary_key=True))'
            ),
        },
        UPGRADE,
        "created-twice",
        None,
        ("2 revisions create the table 'beds'",),
        (f"{BED}:9", "migrations/versions/b2_soil.py:9"),
    ),
    "a column that no revision adds": Failing(
        {
            **GARDEN,
            "garden/models.py": MODELS + "    area: Mapped[int]\n",
            "ask.py": "from sqlalchemy import create_engine, select\n\nfrom garden.models import Bed\n\n\ndef ask():\n"
            '    with create_engine("sqlite:///garden.db").connect() as connection:\n'
            "        return connection.execute(select(Bed)).all()\n\n\nask()\n",
        },
        ("ask.py",),
        "column-without-revision",
        None,
        ("The model Bed has the column beds.area (garden/models.py:12)", "alembic revision --autogenerate"),
        ("garden/models.py:12", "ask.py:11", "ask.py:8"),
        before=(UPGRADE,),
    ),
    "a column of the next revision": Failing(
        {
            **GARDEN,
            "garden/models.py": MODELS + "    area: Mapped[int]\n",
            "migrations/versions/b2_area.py": revision(
                "b2", "a1", 'op.add_column("beds", sa.Column("area", sa.Integer()))'
            ),
            "ask.py": "from sqlalchemy import create_engine, select\n\nfrom garden.models import Bed\n\n"
            'create_engine("sqlite:///garden.db").connect().execute(select(Bed))\n',
        },
        ("ask.py",),
        "not-migrated",
        None,
        ("The revision b2 (migrations/versions/b2_area.py) adds it",),
        ("migrations/versions/b2_area.py:9", "garden/models.py:12"),
        before=((*ALEMBIC, "upgrade", "a1"),),
    ),
    "a table without a revision": Failing(
        {
            **GARDEN,
            "garden/models.py": PLOT,
            "ask.py": "from sqlalchemy import create_engine, select\n\nfrom garden.models import Plot\n\n"
            'create_engine("sqlite:///garden.db").connect().execute(select(Plot))\n',
        },
        ("ask.py",),
        "table-without-revision",
        None,
        ("The database has no table 'plots'", "no revision that was found here creates it"),
        ("garden/models.py:14", "ask.py:5"),
        before=(UPGRADE,),
    ),
    "no migration was run": Failing(
        {
            **GARDEN,
            "ask.py": "from sqlalchemy import create_engine, select\n\nfrom garden.models import Bed\n\n"
            'create_engine("sqlite:///garden.db").connect().execute(select(Bed))\n',
        },
        ("ask.py",),
        "not-migrated",
        None,
        ("The revision a1 (migrations/versions/a1_beds.py) creates it", "alembic upgrade head"),
        (f"{BED}:9", "ask.py:5"),
    ),
    "a command that is awaited": Failing(
        {
            **GARDEN,
            "setup.py": "import asyncio\n\nfrom alembic import command\nfrom alembic.config import Config\n\n\n"
            "async def main():\n"
            '    await command.stamp(Config("alembic.ini"), "head")\n\n\nasyncio.run(main())\n',
        },
        ("setup.py",),
        "awaited-no-coroutine",
        True,
        ("`command.stamp` is no coroutine", "Take the `await` away"),
        ("setup.py:8",),
    ),
    "a function that is awaited": Failing(
        {
            "cucurbit.toml": "",
            "prepare.py": "import asyncio\n\n\ndef prepare():\n    pass\n\n\nasync def main():\n"
            "    await prepare()\n\n\n"
            "asyncio.run(main())\n",
        },
        ("prepare.py",),
        "awaited-no-coroutine",
        True,
        ("`prepare` is a plain function",),
        ("prepare.py:4", "prepare.py:9"),
    ),
    "a loop inside a loop": Failing(
        {
            **GARDEN,
            "migrations/env.py": ASYNC_ENV,
            "serve.py": "import asyncio\n\nfrom alembic import command\nfrom alembic.config import Config\n\n\n"
            "async def main():\n"
            '    command.upgrade(Config("alembic.ini"), "head")\n\n\nasyncio.run(main())\n',
        },
        ("serve.py",),
        "running-event-loop",
        True,
        ("main() called it at serve.py:8", "asyncio.to_thread"),
        ("serve.py:8",),
    ),
    "a back_populates that names nothing": Failing(
        two('back_populates="bed"', 'ForeignKey("beds.id")', "", 'back_populates="crops"'),
        ("run.py",),
        "unknown-attribute",
        True,
        ("Bed has no attribute 'crops', and Plant.bed names it as back_populates", "Did you mean 'plants'?"),
        ("garden/models.py:22", "garden/models.py:9", "garden/models.py:13"),
    ),
    "two foreign keys": Failing(
        two("", 'ForeignKey("beds.id")', 'ForeignKey("beds.id")'),
        ("run.py",),
        "ambiguous-foreign-keys",
        None,
        ("several foreign keys lead",),
        ("garden/models.py:13",),
    ),
    "no foreign key": Failing(
        two(),
        ("run.py",),
        "no-foreign-key",
        True,
        ("Bed.plants cannot be joined", "'bed_id' has no ForeignKey"),
        ("garden/models.py:13", "garden/models.py:20"),
    ),
    "a foreign key to a class": Failing(
        {
            "cucurbit.toml": "",
            "models.py": MODELS.replace("from sqlalchemy.orm", "from sqlalchemy import ForeignKey\nfrom sqlalchemy.orm")
            + '\n\nclass Plant(Base):\n    __tablename__ = "plants"\n\n'
            "    id: Mapped[int] = mapped_column(primary_key=True)\n"
            '    bed_id: Mapped[int] = mapped_column(ForeignKey("Bed.id"))\n\n\nBase.metadata.sorted_tables\n',
            "run.py": "from models import Base\n\n"
            "Base.metadata.tables['plants'].c.bed_id.foreign_keys.copy().pop().column\n",
        },
        ("run.py",),
        "unknown-table",
        True,
        ("Bed is a class: its table is called 'beds'",),
        ("models.py:19", "models.py:9"),
    ),
    "a class that the script does not import": Failing(
        {
            "cucurbit.toml": "",
            "garden/__init__.py": "",
            "garden/models.py": MODELS.replace("mapped_column\n", "mapped_column, relationship\n", 1)
            + '    plants = relationship("Plant")\n',
            "garden/plants.py": "from sqlalchemy import ForeignKey\n"
            "from sqlalchemy.orm import Mapped, mapped_column\n\n"
            "from garden.models import Base\n\n\nclass Plant(Base):\n"
            '    __tablename__ = "plants"\n\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
            '    bed_id: Mapped[int] = mapped_column(ForeignKey("beds.id"))\n',
            "seed.py": CONFIGURE,
        },
        ("seed.py",),
        "not-imported",
        True,
        ("seed.py does not import garden.plants, which defines class Plant",),
        ("garden/plants.py:7", "garden/models.py:12"),
    ),
    "a traceback that a handler prints": Failing(
        {
            "Procfile": "web: python main.py\n",
            "main.py": "import shop\n",
            "shop/__init__.py": "import traceback\n\ntry:\n    import shop.beds\nexcept Exception:\n"
            "    traceback.print_exc()\n",
            "shop/beds.py": "from shop.soil import Soil\n",
            "shop/soil.py": "from shop.beds import Bed\n",
        },
        ("main.py",),
        "circular-import",
        True,
        ("python main.py raises it at shop/soil.py:1",),
        ("main.py:1", "shop/__init__.py:4", "shop/beds.py:1", "shop/soil.py:1"),
    ),
    "a cascade that SQLAlchemy refuses": Failing(
        two(
            foreign='ForeignKey("beds.id")',
            bed='back_populates="plants", cascade="all, delete-orphan"',
            plants='back_populates="bed"',
        ),
        ("run.py",),
        "relationship-cascade",
        True,
        ("Plant.bed is many-to-one, where `delete-orphan` is refused", "single_parent=True"),
        ("garden/models.py:22", "run.py:5"),
    ),
    "a join without a foreign key, whose columns are quoted": Failing(
        {
            **two(),
            "garden/models.py": TWO.split("class Bed", maxsplit=1)[0] + PLAIN_JOIN,
        },
        ("run.py",),
        "relationship-join",
        True,
        ("neither column of its `primaryjoin` is a foreign key",),
        ("garden/models.py:13", "run.py:5"),
    ),
    "a batch that drops a column and leaves its index": Failing(
        INDEXED,
        UPGRADE,
        "missing-column",
        None,
        ("drops the column colour in a batch", "an index contains", "batch_op.drop_index"),
        ("migrations/versions/b2_soil.py:10",),
    ),
    "what a batch that failed leaves behind": Failing(
        INDEXED,
        UPGRADE,
        "left-by-a-batch",
        None,
        ("'_alembic_tmp_beds' is the copy of 'beds'", "drop '_alembic_tmp_beds' and migrate again"),
        (),
        before=(UPGRADE,),
    ),
    "a column that an earlier revision drops": Failing(
        {
            **INDEXED,
            "migrations/versions/b2_soil.py": revision(
                "b2", "a1", 'op.drop_index("ix_beds_colour", "beds")', 'op.drop_column("beds", "colour")'
            ),
            "migrations/versions/c3_colour.py": revision("c3", "b2", 'op.execute("UPDATE beds SET colour = 1")'),
        },
        UPGRADE,
        "missing-column",
        None,
        ("a1 (migrations/versions/a1_beds.py) adds the column before that",),
        ("migrations/versions/a1_beds.py:9",),
    ),
    "a constraint that SQLite cannot add": Failing(
        {
            **GARDEN,
            "migrations/versions/b2_soil.py": revision("b2", "a1", 'op.create_unique_constraint("uq", "beds", ["id"])'),
        },
        UPGRADE,
        "sqlite-needs-batch",
        True,
        ("adds a constraint to 'beds', which SQLite cannot do", "op.batch_alter_table"),
        ("migrations/versions/b2_soil.py:9",),
    ),
    "a join that names a class of a file that is not imported": Failing(
        {
            **two(),
            "garden/models.py": TWO.split("class Bed", maxsplit=1)[0] + FAR_JOIN,
            "garden/tools.py": """\
from sqlalchemy.orm import Mapped, mapped_column

from garden.models import Base


class Tool(Base):
    __tablename__ = "tools"

    id: Mapped[int] = mapped_column(primary_key=True)
""",
        },
        ("run.py",),
        "not-imported",
        True,
        ("python run.py does not import garden.tools, which defines class Tool",),
        ("garden/tools.py:6", "garden/models.py:14"),
    ),
    "a secondary table of a file that is not imported": Failing(
        {
            **two(),
            "garden/models.py": TWO.split("class Bed", maxsplit=1)[0] + FAR_SECONDARY,
            "garden/links.py": """\
from sqlalchemy import Column, ForeignKey, Table

from garden.models import Base

links = Table("links", Base.metadata, Column("a", ForeignKey("beds.id")), Column("b", ForeignKey("beds.id")))
""",
        },
        ("run.py",),
        "not-imported",
        True,
        ("python run.py does not import garden.links, which defines table 'links'",),
        ("garden/links.py:5", "garden/models.py:13"),
    ),
    "an option that is None": Failing(
        {
            **GARDEN,
            "migrations/env.py": ENV.replace(
                "target_metadata =",
                'import os\n\ncontext.config.set_main_option("sqlalchemy.url", os.getenv("UNSET"))\ntarget_metadata =',
            ),
        },
        UPGRADE,
        "no-database-url",
        None,
        ("at migrations/env.py:8 is None", "environment variable"),
        ("migrations/env.py:8",),
    ),
    "the base class as target_metadata": Failing(
        {**GARDEN, "migrations/env.py": ENV.replace("Base.metadata", "Base")},
        (*ALEMBIC, "check"),
        "target-metadata-is-no-metadata",
        None,
        ("`target_metadata` is the class Base", "Base.metadata"),
        (),
        before=(UPGRADE,),
    ),
    "an asynchronous engine in a plain with": Failing(
        {
            **GARDEN,
            "alembic.ini": INI.replace("sqlite:///", "sqlite+aiosqlite:///"),
            "migrations/env.py": ENV.replace("from sqlalchemy import", "from sqlalchemy.ext.asyncio import").replace(
                "create_engine", "create_async_engine"
            ),
        },
        UPGRADE,
        "async-engine-in-sync-code",
        None,
        ("uses an asynchronous engine as if it were a synchronous one",),
        (),
    ),
    "a configuration without a URL": Failing(
        {
            **GARDEN,
            "alembic.ini": INI.replace("sqlalchemy.url = sqlite:///garden.db\n", ""),
            "migrations/env.py": ENV.replace("create_engine", "engine_from_config").replace(
                'context.config.get_main_option("sqlalchemy.url")', 'context.config.get_section("alembic")'
            ),
        },
        UPGRADE,
        "no-database-url",
        True,
        ("alembic.ini has no `sqlalchemy.url`",),
        ("alembic.ini:2", "migrations/env.py:10"),
    ),
    "a file that is executed anew by each call": Failing(
        {
            "cucurbit.toml": "",
            "garden/__init__.py": "",
            "garden/base.py": "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n",
            "garden/beds.py": """\
from sqlalchemy import Column, Integer

from garden.base import Base


class Bed(Base):
    __tablename__ = "beds"
    id = Column(Integer, primary_key=True)
""",
            "check.py": """\
import importlib.util
import unittest


def load():
    spec = importlib.util.spec_from_file_location("beds", "garden/beds.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


class Checks(unittest.TestCase):
    def test_one(self):
        load()

    def test_two(self):
        load()
""",
        },
        ("-m", "unittest", "check"),
        "models-redefined",
        True,
        ("check.py:8 executes garden/beds.py anew (`spec.loader.exec_module(module)`)",),
        ("garden/beds.py:6", "check.py:8"),
    ),
    "an error that is not known": Failing(
        {
            "cucurbit.toml": "",
            "shop/__init__.py": "",
            "shop/prices.py": "def price(text):\n    return int(text)\n\n\nBEST = price('cheap')\n",
            "sell.py": "from shop.prices import BEST\n",
        },
        ("sell.py",),
        "",
        None,
        ("raised at shop/prices.py:2", "`return int(text)`", "from sell.py:1"),
        ("sell.py:1", "shop/prices.py:5", "shop/prices.py:2"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_program_that_fails(name: str, workspace: Written, printed: Ran, explained: Explained) -> None:
    case = CASES[name]
    workspace(case.files)
    if case.cause == "not-null-without-default":
        fill(printed)
    for command in case.before:
        printed(*command)
    text = printed(*case.command)
    found = explained(text)
    assert found, text
    answer = next((each for each in found if each.cause == case.cause), None)
    assert answer is not None, f"{[each.cause for each in found]}\n{text}"
    assert answer.raised_here is case.raised_here, answer.summary
    for part in case.says:
        assert part in told([answer]), told([answer])
    assert set(case.at) <= set(places(answer)), places(answer)
    assert len(set(places(answer))) == len(places(answer)), places(answer)


def fill(printed: Ran) -> None:
    """Put a row into the table of the first revision, after which a column cannot be NOT NULL without a default."""
    printed(*ALEMBIC, "upgrade", "a1")
    printed(
        "-c", "import sqlite3; c = sqlite3.connect('garden.db'); c.execute('insert into beds values (1)'); c.commit()"
    )


# ------------------------------------------------------------------- with pytest

ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider"}
"""pytest without the plug-ins of this project."""

FACTORY = {
    "cucurbit.toml": "",
    "pytest.ini": "[pytest]\npythonpath = .\n",
    "shop/__init__.py": "from shop.models import Base\n\n\ndef create_app():\n    class Basket(Base):\n"
    '        __tablename__ = "baskets"\n\n'
    '        id = __import__("sqlalchemy").Column(__import__("sqlalchemy").Integer,'
    " primary_key=True)\n\n    return Basket\n",
    "shop/models.py": MODELS,
    "tests/test_shop.py": "from shop import create_app\n\n\ndef test_one():\n    create_app()\n\n\ndef test_two():\n"
    "    create_app()\n",
}
SPELLINGS = {
    "cucurbit.toml": "",
    "pytest.ini": "[pytest]\npythonpath = . shop\n",
    "shop/__init__.py": "",
    "shop/base.py": "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n",
    "shop/stock/__init__.py": "",
    "shop/stock/bed.py": "from sqlalchemy.orm import Mapped, mapped_column\n\nfrom shop.base import Base\n\n\n"
    "class Bed(Base):\n"
    '    __tablename__ = "beds"\n\n    id: Mapped[int] = mapped_column(primary_key=True)\n',
    "shop/service.py": "from stock.bed import Bed\n",
    "tests/test_shop.py": "from shop.stock.bed import Bed\nfrom shop.service import Bed as Other\n\n\n"
    "def test_it():\n    pass\n",
}


@pytest.mark.parametrize("form", ["long", "short", "native"])
def test_a_class_in_a_function_that_each_test_calls(
    form: str, workspace: Written, printed: Ran, explained: Explained
) -> None:
    workspace(FACTORY)
    (answer,) = explained(printed("-m", "pytest", "-q", f"--tb={form}", **ALONE))
    assert (answer.cause, answer.raised_here) == ("models-redefined", True)
    assert "Basket is defined inside create_app()" in answer.summary
    assert "starts at tests/test_shop.py:9" in answer.summary
    assert {"shop/__init__.py:5", "tests/test_shop.py:9"} <= set(places(answer))


@pytest.mark.parametrize("form", ["long", "short", "native"])
def test_a_test_that_imports_by_another_name(form: str, workspace: Written, printed: Ran, explained: Explained) -> None:
    workspace(SPELLINGS)
    (answer,) = explained(printed("-m", "pytest", "-q", f"--tb={form}", **ALONE))
    assert (answer.cause, answer.raised_here) == ("module-loaded-twice", True)
    assert "stock.bed" in answer.summary
    assert "tests.test_shop" in answer.summary
    assert {"tests/test_shop.py:1", "tests/test_shop.py:2", "shop/service.py:1", "shop/stock/bed.py:6"} <= set(
        places(answer)
    )


def test_the_last_line_of_pytest_alone(workspace: Written, printed: Ran, explained: Explained) -> None:
    workspace(FACTORY)
    (answer,) = explained(printed("-m", "pytest", "-q", "--tb=line", **ALONE))
    assert (answer.cause, answer.raised_here) == ("models-redefined", None)


# ------------------------------------------------------------------ other places


def test_a_traceback_from_an_image(workspace: Written, printed: Ran, explained: Explained) -> None:
    files = {f"backend/{name}" if name != "cucurbit.toml" else name: text for name, text in FACTORY.items()}
    root = workspace(FACTORY)
    text = printed("-m", "pytest", "-q", "--tb=native", **ALONE)
    workspace(files)
    for name in FACTORY:
        if name != "cucurbit.toml":
            (root / name).unlink()
    for prefix, folder in (("", "/app"), ("web-1  | ", "/srv/app"), ("", "C:\\work\\app")):
        moved = "".join(f"{prefix}{line}\n" for line in text.replace(str(root), folder).splitlines())
        (answer,) = explained(moved.replace("/", "\\") if "\\" in folder else moved)
        assert answer.cause == "models-redefined"
        assert {"backend/shop/__init__.py:5", "backend/tests/test_shop.py:9"} <= set(places(answer)), places(answer)


@pytest.mark.parametrize("width", [32, 64, 110, 250])
def test_the_boxes_of_rich(width: int, workspace: Written, printed: Ran, explained: Explained, tmp_path: Path) -> None:
    workspace({**SPELLINGS, "start.py": SPELLINGS["tests/test_shop.py"]})
    run = (
        "import runpy, sys\nfrom rich.console import Console\nfrom rich.traceback import install\n"
        "install(show_locals=True, console=Console(file=sys.stdout, width=WIDTH))\n"
        "sys.path[:0] = ['.', 'shop']\nrunpy.run_path('start.py', run_name='start')\n"
    )
    (tmp_path / "run.py").write_text(run.replace("WIDTH", str(width)), encoding="utf-8")
    (answer,) = explained(printed(str(tmp_path / "run.py")))
    assert answer.cause == "module-loaded-twice"
    assert {"start.py:1", "start.py:2", "shop/stock/bed.py:6"} <= set(places(answer))
