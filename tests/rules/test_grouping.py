"""One finding for one cause: what is grouped, what the group says, and that no place of it is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cucurbit.analysis.baseline import compare, fingerprints, read_baseline, write_baseline
from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse, findings, findings_of
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity
from cucurbit.analysis.grouping import grouped, narrowed, singles
from cucurbit.fixes.apply import merge
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location
from cucurbit.workspace.tree.files import MemoryTree
from tests.rules.literate import Case, all_cases

MISSED = "model-not-in-migrations"


def model(name: str, ending: str = "") -> str:
    return (
        "from sqlalchemy import Column, Integer\n\nfrom app.db import Base\n\n\n"
        f"class {name.title()}(Base):{ending}\n"
        f'    __tablename__ = "{name}"\n    id = Column(Integer, primary_key=True)\n'
    )


def project(*names: str, settings: str = "", endings: dict[str, str] | None = None) -> dict[str, str]:
    """A project whose env.py imports no model, with a module for each table of those names."""
    return {
        "app/__init__.py": "",
        "app/db.py": "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n",
        **{f"app/{name}.py": model(name, (endings or {}).get(name, "")) for name in names},
        "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
        "alembic/env.py": (
            "from alembic import context\n\nfrom app.db import Base\n\n"
            "context.configure(target_metadata=Base.metadata)\ncontext.run_migrations()\n"
        ),
        "main.py": "from fastapi import FastAPI\n\n"
        + "".join(f"import app.{name}\n" for name in names)
        + "\napp = FastAPI()\n",
        "cucurbit.toml": settings,
    }


def opened(files: dict[str, str]) -> Context:
    return analyse(folder_workspace(MemoryTree({**files}), NAMES))


def missed(files: dict[str, str]) -> list[Finding]:
    return [each for each in findings(opened(files), RULES) if each.rule == MISSED]


def line(files: dict[str, str], path: str, number: int) -> str:
    return files[path].split("\n")[number - 1].strip()


def test_the_tables_that_one_env_py_misses_are_one_finding() -> None:
    (finding,) = missed(project("carts", "items", "orders", "users"))
    assert finding.message == (
        "Autogenerate misses 4 tables ('carts', 'items', 'orders' and 1 more): alembic/env.py does not import"
        " app/carts.py, app/items.py, app/orders.py and 1 more. It creates none of them, and drops those that revisions"
        " created. Import the files there, or in something that it imports."
    )
    assert (finding.location.path, finding.location.span.line) == ("app/carts.py", 6)
    places = [(each.location.path, each.message) for each in finding.related if each.message.startswith("defines")]
    assert places == [(f"app/{name}.py", f"defines '{name}'") for name in ("items", "orders", "users")]


def test_one_table_alone_keeps_its_own_message() -> None:
    (finding,) = missed(project("users"))
    assert finding.message.startswith("Autogenerate does not create table 'users' (Users): alembic/env.py does not")
    assert finding.members == ()


def test_a_comment_takes_one_place_out_of_a_group() -> None:
    files = project("carts", "items", "orders", endings={"items": "  # cucurbit: ignore[model-not-in-migrations]"})
    (finding,) = missed(files)
    assert [each.location.path for each in finding.singles] == ["app/carts.py", "app/orders.py"]
    assert "'items'" not in finding.message


def test_a_setting_for_some_files_takes_their_places_out_of_a_group() -> None:
    (finding,) = missed(
        project("carts", "items", "orders", settings='[per-file-ignores]\n"app/[ci]*.py" = ["model-not-in-migrations"]')
    )
    assert finding.location.path == "app/orders.py"
    assert finding.members == ()


def test_a_table_that_is_new_is_reported_without_those_in_the_baseline() -> None:
    before, after = project("items", "users"), project("carts", "items", "users")
    known = read_baseline(write_baseline(missed(before), lambda *at: line(before, *at)).encode())
    assert len(known) == 2
    compared = compare(missed(after), lambda *at: line(after, *at), known)
    assert [each.location.path for each in compared.new] == ["app/carts.py"]
    assert [each.location.path for each in singles(compared.known)] == ["app/items.py", "app/users.py"]
    assert compared.gone == ()


@pytest.mark.parametrize("names", [("users",), ("items", "users"), ("carts", "items", "users", "zones")])
def test_the_fingerprint_of_a_group_stays_when_a_table_is_added(names: tuple[str, ...]) -> None:
    files = project(*names)
    assert fingerprints(missed(files), lambda *at: line(files, *at)) == fingerprints(
        missed(project("users")), lambda *at: line(project("users"), *at)
    )


def test_one_fix_mends_a_whole_group() -> None:
    files = project("carts", "items", "orders")
    context = opened(files)
    (finding,) = missed(files)
    fix, *_ = fixes_for(Gate(context, RULES), finding)
    done = merge(files, [fix])
    assert missed({**files, **{path: text for path, text in done.texts.items() if text is not None}}) == []


def test_programs_that_import_models_before_one_migration_are_one_finding() -> None:
    migrating = "from alembic import command\nfrom alembic.config import Config\n\n\n"
    migrating += 'def migrate():\n    command.upgrade(Config("alembic.ini"), "head")\n'
    script = "import app.users\nfrom migrating import migrate\n\nif __name__ == '__main__':\n    migrate()\n"
    served = "from fastapi import FastAPI\n\nimport app.users\nfrom migrating import migrate\n\n"
    served += "application = FastAPI()\nmigrate()\n"
    files = {**project("users"), "migrating.py": migrating, "dump.py": script, "load.py": script, "serve.py": served}
    del files["main.py"]
    (finding,) = [each for each in findings(opened(files), RULES) if each.rule == "models-before-migrations"]
    assert finding.message.startswith(
        "Models are imported by 3 statements before the migrations at migrating.py:6 run (serve:application,"
        " python dump.py and python load.py): 'users', which env.py finds in MetaData already."
    )
    assert {each.location.path for each in finding.singles} == {"dump.py", "load.py", "serve.py"}


def test_scripts_that_import_what_is_no_longer_there_are_one_finding() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/db.py": "def connect():\n    pass\n",
        "scripts/a.py": "from shop.db import engine\n\nif __name__ == '__main__':\n    print(engine)\n",
        "scripts/b.py": "from shop.db import session\n\nif __name__ == '__main__':\n    print(session)\n",
    }
    (finding,) = [each for each in findings(opened(files), RULES) if each.rule == "entry-point-fails"]
    assert finding.message == (
        "2 scripts probably fail at their imports: `shop.db.engine` and `shop.db.session` not found."
    )
    assert [piece.message for piece in finding.related] == ["imports `shop.db.session`"]


def test_modules_that_fail_where_they_try_themselves_out_are_one_finding() -> None:
    trial = "def send(**given):\n    raise ValueError(given)\n\n\nif __name__ == '__main__':\n"
    trial += "    given = {}\n    print('sending')\n    send(**given)\n"
    files = {"plugins/__init__.py": "", "plugins/mail.py": trial, "plugins/post.py": trial}
    (finding,) = [each for each in findings(opened(files), RULES) if each.rule == "entry-point-fails"]
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith(
        "2 modules fail when they are run as scripts: plugins/mail.py and plugins/post.py."
    )
    assert [(each.location.path, each.location.span.line) for each in finding.singles] == [
        ("plugins/mail.py", 8),
        ("plugins/post.py", 8),
    ]


def test_changes_that_an_earlier_revision_made_are_one_finding() -> None:
    made = "    op.create_table('tags', sa.Column('id', sa.Integer(), primary_key=True))\n"
    made += "    op.add_column('users', sa.Column('age', sa.Integer()))\n"
    head = "import sqlalchemy as sa\nfrom alembic import op\n\n"
    first = "    op.create_table('users', sa.Column('id', sa.Integer(), primary_key=True))\n"
    files = {
        "alembic.ini": "[alembic]\nscript_location = m\n",
        "m/env.py": "from alembic import context\n\ncontext.configure(url='sqlite://')\ncontext.run_migrations()\n",
        "m/versions/a.py": f"{head}revision = 'a'\ndown_revision = None\n\n\ndef upgrade():\n{first}",
        "m/versions/b.py": f"{head}revision = 'b'\ndown_revision = 'a'\n\n\ndef upgrade():\n{made}",
        "m/versions/c.py": f"{head}revision = 'c'\ndown_revision = 'b'\n\n\ndef upgrade():\n{made}",
    }
    (finding,) = [each for each in findings(opened(files), RULES) if each.rule == "revision-operation"]
    assert finding.message == (
        "`alembic upgrade` fails here: revision c makes 2 changes again that revision b has made. It creates the table"
        " 'tags' and adds the column 'age' to 'users'."
    )
    assert len(finding.singles) == 2


def test_modules_that_import_from_one_that_imports_them_are_one_finding() -> None:
    names = ("a", "b", "c")
    files = {
        "app/__init__.py": "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n\n"
        + "".join(f"from app import {name}\n" for name in names),
        **{f"app/{name}.py": model(name).replace("app.db", "app") for name in names},
        "main.py": "from fastapi import FastAPI\n\nimport app\n\napp = FastAPI()\n",
    }
    (found,) = [each for each in findings(opened(files), RULES) if each.rule == "circular-import"]
    assert (found.severity, len(found.singles)) == (Severity.HINT, 3)
    assert found.message.startswith("3 modules import from app while it is only partially executed: ")
    (one,) = [each for each in found.singles if each.location.path == "app/a.py"]
    assert one.message.startswith("app/a.py imports Base from app, which is only partially executed then (main:app)")


def test_tables_that_a_stale_file_defines_again_are_one_finding() -> None:
    names = ("a", "b", "c")
    stale = "from sqlalchemy import Column, Integer\n\nfrom app import a, b, c\nfrom app.db import Base\n"
    for name in names:
        stale += f'\n\nclass {name.title()}(Base):\n    __tablename__ = "{name}"\n'
        stale += "    id = Column(Integer, primary_key=True)\n"
    files = {**project(*names), "app/stale.py": stale}
    found = [each for each in findings(opened(files), RULES) if each.rule == "duplicate-table"]
    assert [(each.severity, each.location.path) for each in found] == [(Severity.INFORMATION, "app/stale.py")]


def test_a_group_is_ignored_on_all_its_lines() -> None:
    files = project("carts", "items", "orders")
    (finding,) = missed(files)
    silencing = fixes_for(Gate(opened(files), RULES), finding)[-1]
    assert silencing.title == "Ignore model-not-in-migrations on these 3 lines"
    done = merge(files, [silencing])
    assert missed({**files, **{path: text for path, text in done.texts.items() if text is not None}}) == []


def test_findings_below_some_paths() -> None:
    found = missed(project("carts", "items", "orders"))
    (part,) = narrowed(found, lambda each: each.location.path != "app/items.py")
    assert [each.location.path for each in part.singles] == ["app/carts.py", "app/orders.py"]


# ------------------------------------------------------------------- properties


def made(number: int, cause: int, severity: Severity, certain: bool) -> Finding:
    shared = CommonCause(("cause", str(cause)), "{places} places, {number} items: {items}", (f"'{number}'",), "here")
    place = Location(f"f{number % 3}.py", Span(number + 1, 0, number + 1, 1))
    related = (Related(place, "common"), Related(place, f"own {number}", "a chain"))
    return Finding("rule", severity, certain, place, f"message {number}", related, cause=shared if cause else None)


FOUND = st.lists(
    st.builds(made, st.integers(0, 30), st.integers(0, 3), st.sampled_from(Severity), st.booleans()),
    unique_by=lambda each: each.message,
)


@given(FOUND)
def test_no_finding_is_lost(found: list[Finding]) -> None:
    groups = grouped(found)
    assert sorted(each.message for each in singles(groups)) == sorted(each.message for each in found)
    for group in groups:
        assert {each.severity for each in group.singles} == {group.severity}
        assert group.location in {each.location for each in group.singles}
        assert group.certain is any(each.certain for each in group.singles)
        assert {piece for each in group.singles for piece in each.related} <= set(group.related)
        if group.members:
            shown = {group.location, *(each.location for each in group.related)}
            assert {each.location for each in group.members} <= shown


@given(FOUND)
def test_groups_of_groups_are_the_same_groups(found: list[Finding]) -> None:
    groups = grouped(found)
    assert grouped(groups) == groups
    assert grouped(reversed(groups)) == groups


@given(FOUND, st.sets(st.integers(0, 30)))
def test_what_is_left_of_groups_is_what_groups_of_the_rest_are(found: list[Finding], out: set[int]) -> None:
    gone = {f"message {number}" for number in out}
    rest = [each for each in found if each.message not in gone]
    assert narrowed(grouped(found), lambda each: each.message not in gone) == grouped(rest)


@pytest.mark.parametrize("case", all_cases()[::9], ids=lambda case: case.id)
def test_the_places_are_those_that_the_rules_yield(case: Case) -> None:
    context = case.analyse()
    settings = context.workspace.settings
    if settings.per_file_ignores or settings.severity:
        return
    yielded = {
        (each.rule, each.location, each.message)
        for rule in RULES.selected(settings)
        for each in findings_of(context, rule)
    }
    found = singles(findings(context, RULES))
    kept = {(each.rule, each.location, each.message) for each in found if each.rule != "unused-ignore"}
    assert kept <= yielded
    if not any("cucurbit: ignore" in text for text in case.files.values()):
        assert kept == yielded


def test_severities_of_settings_join_what_they_make_equal() -> None:
    one, other = made(1, 1, Severity.HINT, True), made(2, 1, Severity.WARNING, True)
    assert len(grouped([one, other])) == 2
    assert len(grouped([replace(one, severity=Severity.WARNING), other])) == 1


@pytest.mark.parametrize(
    ("rule", "url", "operation", "message"),
    [
        ("sqlite-needs-batch", "sqlite://", 'op.alter_column("plots", "{0}", nullable=False)', "cannot do 2 times"),
        (
            "unsafe-index",
            "postgresql://h/d",
            'op.create_index("ix_{0}", "plots", ["{0}"])',
            "creates 2 indexes ('plots')",
        ),
    ],
)
def test_the_operations_of_one_revision_are_one_finding(rule: str, url: str, operation: str, message: str) -> None:
    head = (
        'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{}"\ndown_revision = {}\n\n\ndef upgrade():\n'
    )
    table = '    op.create_table("plots", sa.Column("name", sa.String()), sa.Column("area", sa.String()))\n'
    body = "".join(f"    {operation.format(each)}\n" for each in ("name", "area"))
    context = opened(
        {
            "alembic.ini": f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {url}\n",
            "migrations/env.py": (
                f'from alembic import context\n\ncontext.configure(url="{url}")\ncontext.run_migrations()\n'
            ),
            "migrations/versions/0001.py": head.format("0001", None) + table,
            "migrations/versions/0002.py": head.format("0002", '"0001"') + body,
        }
    )
    found = [each for each in findings(context, RULES) if each.rule == rule]
    assert [len(each.singles) for each in found] == [2]
    assert message in found[0].message


def test_configurations_of_migrations_that_are_elsewhere_are_one_finding() -> None:
    files = {f"{name}/alembic.ini": f"[alembic]\nscript_location = /opt/{name}\n" for name in ("a", "b")}
    (found,) = (each for each in findings(opened(files), RULES) if each.rule == "configuration")
    assert found.message == (
        "2 configurations of migrations name a `script_location` that is not in this workspace, so that these"
        " migrations are not seen (a/alembic.ini and b/alembic.ini)."
    )
