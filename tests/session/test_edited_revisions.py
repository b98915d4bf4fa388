"""Revisions that are edited: what is kept of the history gives what a start from scratch gives, and is really kept."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse, findings
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import RULES
from cucurbit.rules.shared.drift import drifts
from cucurbit.rules.shared.history import histories
from cucurbit.session.analysis import Analysis, analyse_snapshot
from cucurbit.session.cancellation import CancelToken
from cucurbit.simulate.packages.alembic import migrations
from cucurbit.simulate.packages.alembic.plain import only_operates
from cucurbit.source.reader import read
from tests.drift.generator import Projects
from tests.revisions.generator import TABLES, Histories
from tests.revisions.judge import project, write
from tests.revisions.test_history import revision
from tests.revisions.test_unseen import cases
from tests.session.test_incremental import Live
from tests.timelines import told

LENGTH = 12

MODELS = """from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()
""" + "".join(
    f"\n\nclass {name.title()}(Base):\n    __tablename__ = {name!r}\n    id = Column(Integer, primary_key=True)\n"
    "    a = Column(Integer)\n    b = Column(String(20), index=True)\n"
    for name in TABLES
)

ENV = """from alembic import context

from models import Base

context.configure(url="sqlite://", target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
"""

ASKING = (
    "if not sa.inspect(op.get_bind()).has_table('{0}'):\n    op.create_table('{0}', sa.Column('id', sa.Integer()))",
    "if not sa.inspect(op.get_bind()).get_columns('{0}'):\n    op.add_column('{0}', sa.Column('d', sa.Integer()))",
    "for name in sa.inspect(op.get_bind()).get_table_names():\n    op.add_column(name, sa.Column('e', sa.Integer()))",
    "ask = sa.inspect(op.get_bind())\nif not ask.has_table('{0}s'):\n    op.drop_table('{0}')",
    "op.rename_table('{0}', 'other')",
    "op.drop_index('ix_1')",
    "import models\nmodels.Base.metadata.create_all(op.get_bind())",
    "undefined_name",
)


def bodies(seed: int) -> list[str]:
    """The bodies of revisions, some of which ask what the database holds."""
    rng = random.Random(seed)
    found = list(Histories(seed, wrong=0.1).bodies(LENGTH))
    for number in rng.sample(range(1, LENGTH), 4):
        found[number] = rng.choice(ASKING).format(rng.choice(TABLES))
    return found


def path(number: int) -> str:
    return f"migrations/versions/r{number}.py"


def same_history(live: Live, analysis: Analysis) -> None:
    """The histories and the drift are those of a start from scratch."""
    scratch = analyse(open_workspace(live.root, buffers=live.texts))
    for kept, made in zip(histories(analysis.context), histories(scratch), strict=True):
        assert dict(kept.before) == dict(made.before)
        assert dict(kept.after) == dict(made.after)
        assert dict(kept.steps) == dict(made.steps)
        assert (kept.head, kept.faults, kept.made_elsewhere) == (made.head, made.faults, made.made_elsewhere)
    assert drifts(analysis.context) == drifts(scratch)


@pytest.mark.parametrize("seed", range(5))
def test_edited_revisions_leave_what_a_start_from_scratch_finds(seed: int, tmp_path: Path) -> None:
    revisions = {f"r{number}": revision(number, body) for number, body in enumerate(bodies(seed))}
    write(tmp_path, {**project(revisions, {"models.py": MODELS}), "migrations/env.py": ENV})
    live = Live(tmp_path.resolve())
    same_history(live, live.analysed())
    rng = random.Random(seed)
    other = bodies(seed + 1000)
    for number in rng.choices(range(LENGTH), k=5):
        text = revision(number, rng.choice((other[number], rng.choice(ASKING).format(rng.choice(TABLES)))))
        live.edit("buffer", path(number), text)
        same_history(live, live.analysed())


@pytest.mark.parametrize("seed", range(4))
def test_projects_whose_models_and_revisions_are_edited(seed: int, tmp_path: Path) -> None:
    files, other = Projects(seed).files(), Projects(seed + 1000).files()
    write(tmp_path, files)
    live = Live(tmp_path.resolve())
    live.check()
    rng = random.Random(seed)
    for name in rng.choices(sorted(each for each in files if each.endswith(".py")), k=4):
        live.edit("buffer", name, rng.choice((files[name], other.get(name, files[name]))))
        same_history(live, live.analysed())


def chain(length: int) -> dict[str, str]:
    """A history of tables that nothing has in common, each with a revision that asks for it."""
    made = {}
    for number in range(length):
        name = f"t{number // 2}"
        columns = "sa.Column('id', sa.Integer()), sa.Column('a', sa.String(20))"
        asks = (
            f"if sa.inspect(op.get_bind()).has_table('{name}'):\n    op.add_column('{name}', sa.Column('b', sa.Text()))"
        )
        made[f"r{number}"] = revision(number, asks if number % 2 else f"op.create_table('{name}', {columns})")
    return {**project(made, {"models.py": MODELS}), "migrations/env.py": ENV}


def test_an_edit_of_a_revision_simulates_no_program_and_no_other_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = chain(20)
    write(tmp_path, files)
    live = Live(tmp_path.resolve())
    live.check()
    simulated: list[str] = []
    simulate = Context.simulated

    def counted(self: Context, entry: object, *more: object) -> object:
        simulated.append(getattr(entry, "path", ""))
        return simulate(self, entry, *more)  # type: ignore[arg-type]

    for length in ("30", "40"):
        text = files[path(4)].replace("20", length)
        monkeypatch.setattr(Context, "simulated", counted)
        live.edit("buffer", path(4), text)
        simulated.clear()
        analysis = live_analysis(live)
        monkeypatch.undo()
        assert analysis.simulated == 0
        # The next one asks for the table that the edited one creates.
        assert set(simulated) == {path(4), path(5)}


def live_analysis(live: Live) -> Analysis:
    """The analysis of an edit alone."""
    return analyse_snapshot(
        live.number, live.workspace, live.buffers, live.good, live.memory, CancelToken(), lambda *_: None
    )


PLAIN = (
    "op.create_table('plots', sa.Column('id', sa.Integer(), server_default=sa.text('1')), sa.UniqueConstraint('id'))",
    "for name in ('a', 'b'):\n    op.add_column('plots', sa.Column(name, sa.Enum('x', name=f'kind_{name}')))",
    "with op.batch_alter_table('plots', schema=None) as batch_op:\n    batch_op.drop_column('a')",
    "conn = op.get_bind()\nfor row in conn.execute(sa.text('SELECT 1')):\n    op.execute(f'SELECT {row[0]}')",
    "plots = sa.table('plots', sa.column('id'))\nop.execute(plots.update().where(plots.c.id == 1).values(id=2))",
)
OTHER = (
    "import models\nop.create_table('plots', sa.Column('id', sa.Integer()))",
    "undefined_name",
    "op.no_such_operation('plots')",
    "sa.MetaData().create_all(op.get_bind())",
    "helper()",
    "raise ValueError",
    "sa.Table('plots', sa.MetaData(), sa.Column('id', sa.Integer()))",
    "if sa.inspect(op.get_bind()).has_table('a'):\n    name = 'a'\nop.drop_table(name)",
)


@pytest.mark.parametrize("body", [*PLAIN, *OTHER])
def test_which_upgrades_do_nothing_to_the_program(body: str) -> None:
    assert only_operates(read(revision(0, body))) is (body in PLAIN)


def test_a_program_is_the_same_without_upgrades_that_do_nothing_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories_ = [[*each.revisions] for each in cases()[::3]] + [bodies(seed) for seed in range(6)] + [[*PLAIN, *OTHER]]
    for number, texts in enumerate(histories_):
        files = project({f"r{n}": revision(n, body) for n, body in enumerate(texts)}, {"models.py": MODELS})
        root = tmp_path / str(number)
        write(root, {**files, "migrations/env.py": ENV})
        without = analyse(open_workspace(root))
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "only_operates", lambda facts: False)
            whole = analyse(open_workspace(root))
        assert told(*without.timelines) == told(*whole.timelines), texts
        assert findings(without, RULES) == findings(whole, RULES)
