"""The graph of revisions is the one that Alembic itself makes of the same files."""

from __future__ import annotations

import random
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from cucurbit.opening import folder_workspace
from cucurbit.rules.shared.revisions import graph_of
from cucurbit.workspace.alembic.graph import Fault, RevisionGraph
from cucurbit.workspace.alembic.script import message_of
from cucurbit.workspace.tree.files import MemoryTree

_INI = "[alembic]\nscript_location = m\n"


def revision(name: str | None, down: object, **more: object) -> str:
    """The text of a revision file; the name None leaves ``revision`` out."""
    lines = [f"revision = {name!r}"] if name is not None else []
    lines += [f"down_revision = {down!r}", *(f"{key} = {value!r}" for key, value in more.items())]
    return "\n".join(["from alembic import op", *lines, "def upgrade(): pass", "def downgrade(): pass", ""])


def graph(files: Mapping[str, str], ini: str = _INI) -> RevisionGraph:
    texts = {"alembic.ini": ini, "m/env.py": "", "m/script.py.mako": ""}
    texts.update({f"m/versions/{name}": text for name, text in files.items()})
    workspace = folder_workspace(MemoryTree(texts))
    return graph_of(workspace, workspace.environments[0])


class Alembic:
    """What the installed Alembic says of the same files: its heads, bases and order, or what it raises."""

    def __init__(self, folder: Path, files: Mapping[str, str], ini: str = _INI) -> None:
        (folder / "m" / "versions").mkdir(parents=True)
        (folder / "alembic.ini").write_text(ini.replace("= m", f"= {folder}/m"), encoding="utf-8")
        (folder / "m" / "env.py").write_text("", encoding="utf-8")
        for name, text in files.items():
            path = folder / "m" / "versions" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.error = self.ambiguous = ""
        self.heads: list[str] = []
        self.bases: list[str] = []
        self.branches: dict[str, frozenset[str]] = {}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            script = ScriptDirectory.from_config(Config(str(folder / "alembic.ini")))
            self._load(script)
        self.warnings = [str(each.message) for each in caught]
        if not self.error and not self.warnings:
            self.branches = {each.revision: frozenset(each.branch_labels) for each in script.walk_revisions()}

    def _load(self, script: ScriptDirectory) -> None:
        try:
            self.heads = list(script.get_heads())
            self.bases = list(script.get_bases())
        except (CommandError, RevisionError, KeyError, AttributeError, TypeError) as error:
            self.error = f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else str(error)
            return
        try:
            script.get_revision("head")
        except CommandError as error:
            self.ambiguous = str(error)


def words(found: RevisionGraph) -> list[str]:
    return [fault.words for fault in found.faults]


FAULTY = {
    "missing parent": {"a.py": revision("a", None), "b.py": revision("b", "x")},
    "one of two parents is missing": {"a.py": revision("a", None), "b.py": revision("b", ("a", "x"))},
    "missing dependency": {"a.py": revision("a", None), "b.py": revision("b", "a", depends_on="x")},
    "abbreviated parent": {"a.py": revision("abcdef01", None), "b.py": revision("b", "abcdef")},
    "abbreviated dependency": {"a.py": revision("abcdef01", None), "b.py": revision("b", None, depends_on="abcdef")},
    "label as parent": {"a.py": revision("a", None, branch_labels="x"), "b.py": revision("b", "x")},
    "empty parent": {"a.py": revision("a", "")},
    "own parent": {"a.py": revision("a", "a")},
    "own dependency": {"a.py": revision("a", None, depends_on="a")},
    "cycle behind a base": {
        "a.py": revision("a", None),
        "b.py": revision("b", "d"),
        "c.py": revision("c", "b"),
        "d.py": revision("d", "c"),
    },
    "cycle of all": {"b.py": revision("b", "d"), "c.py": revision("c", "b"), "d.py": revision("d", "c")},
    "cycle with a follower": {
        "a.py": revision("a", None),
        "b.py": revision("b", "c"),
        "c.py": revision("c", "b"),
        "d.py": revision("d", "c"),
    },
    "dependency cycle": {"a.py": revision("a", None, depends_on="b"), "b.py": revision("b", "a")},
    "dependency cycle of two bases": {
        "a.py": revision("a", None, depends_on="b"),
        "b.py": revision("b", None, depends_on="a"),
        "c.py": revision("c", None),
    },
    "a dependency on the own label": {
        "a.py": revision("a", None),
        "b.py": revision("b", "a", branch_labels="x", depends_on="x"),
    },
    "one label twice": {"a.py": revision("a", None, branch_labels="x"), "b.py": revision("b", None, branch_labels="x")},
    "no identifier": {"a.py": revision("a", None), "helpers.py": "LIMIT = 1\n"},
    "no down_revision": {"a.py": revision("a", None), "b.py": "revision = 'b'\n"},
    "illegal character": {"a.py": revision("2025-01-01", None)},
    "two illegal characters": {"a.py": revision("x@1+2", None)},
}


@pytest.mark.parametrize("title", FAULTY)
def test_what_alembic_refuses_is_a_fault_in_its_words(title: str, tmp_path: Path) -> None:
    real = Alembic(tmp_path, FAULTY[title])
    assert real.error, "Alembic accepts this"
    found = words(graph(FAULTY[title]))
    assert len(found) == 1
    if title == "one label twice":  # Alembic goes through a set: either file may be the first
        assert sorted(real.error.split()) == sorted(found[0].split())
    else:
        assert real.error.startswith(found[0])


SOUND = {
    "no revision": {},
    "a line": {"a.py": revision("a", None), "b.py": revision("b", "a"), "c.py": revision("c", "b")},
    "two heads": {"a.py": revision("a", None), "b.py": revision("b", "a"), "c.py": revision("c", "a")},
    "a merge": {
        "a.py": revision("a", None),
        "b.py": revision("b", "a"),
        "c.py": revision("c", ["a"]),
        "d.py": revision("d", ("b", "c")),
    },
    "a merge of a set": {
        "a.py": revision("a", None),
        "b.py": revision("b", "a"),
        "c.py": revision("c", "a"),
        "d.py": revision("d", {"b", "c"}),
    },
    "empty parents": {"a.py": revision("a", ()), "b.py": revision("b", [])},
    "none in a tuple": {"a.py": revision("a", (None,)), "b.py": revision("b", "a", depends_on=(), branch_labels=())},
    "two bases with labels": {
        "a.py": revision("a", None, branch_labels="one"),
        "b.py": revision("b", None, branch_labels=("two", "too")),
        "c.py": revision("c", "b"),
    },
    "a label in the middle": {
        "a.py": revision("a", None),
        "b.py": revision("b", "a"),
        "c.py": revision("c", "b", branch_labels="late"),
        "d.py": revision("d", "c"),
    },
    "a dependency on a label": {
        "a.py": revision("a", None, branch_labels="x"),
        "b.py": revision("b", None, depends_on="x"),
    },
    "identifiers of legacy file names": {"ab12.py": revision(None, None), "b.py": revision("b", "ab12")},
    "files that are no revisions": {
        "__init__.py": "raise SystemExit",
        ".#a.py": "raise SystemExit",
        "notes.txt": "",
        "a.py": revision("a", None),
    },
    "a duplicate at the end": {"a.py": revision("a", None), "b.py": revision("b", "a"), "b2.py": revision("b", "a")},
    "a duplicate in the middle": {
        "a.py": revision("a", None),
        "b.py": revision("b", "a"),
        "b2.py": revision("b", "a"),
        "c.py": revision("c", "b"),
    },
    "a duplicate base": {"a.py": revision("a", None), "a2.py": revision("a", None), "b.py": revision("b", "a")},
    "computed names": {
        "a.py": "PREFIX = 'a'\nrevision: str = PREFIX + '1'\ndown_revision: str | None = None\n",
        "b.py": "revision = f'b{1 and 2}'\ndown_revision = 'a1'\nrevision = 'b'\n",
        "c.py": "revision = REVISION = 'c'\n_A, _B = 'a1', 'b'\ndown_revision = ('b',) + ()\n",
    },
}


@pytest.mark.parametrize("title", SOUND)
def test_the_graph_is_that_of_alembic(title: str, tmp_path: Path) -> None:
    real, found = Alembic(tmp_path, SOUND[title]), graph(SOUND[title])
    assert not real.error
    assert found.is_complete, found.doubts
    _agree(real, found)


def _agree(real: Alembic, found: RevisionGraph) -> None:
    assert sorted(each.id for each in found.heads) == sorted(real.heads)
    assert sorted(each.id for each in found.bases) == sorted(real.bases)
    assert bool(real.ambiguous) == (len(found.heads) > 1)
    assert words(found) == [each for each in real.warnings if "more than once" in each]
    if not words(found):
        assert {each.id: found.branches[each.id] for each in found.scripts} == real.branches


def test_recursive_folders_are_read_in_the_order_of_alembic() -> None:
    files = {"z.py": revision("z", None), "b/a.py": revision("ba", "z"), "a/b/c.py": revision("abc", "ba")}
    for recursive in ("true", "false"):
        found = graph(files, f"{_INI}recursive_version_locations = {recursive}\n")
        assert [each.path.removeprefix("m/versions/") for each in found.scripts] == (
            ["z.py", "a/b/c.py", "b/a.py"] if recursive == "true" else ["z.py"]
        )


@pytest.mark.parametrize("seed", [142, *range(60)])
def test_random_graphs_are_those_of_alembic(seed: int, tmp_path: Path) -> None:
    """Up to seven files with random parents, dependencies, labels and now and then an identifier that is taken."""
    dice = random.Random(seed)
    names = [f"r{number}" for number in range(dice.randint(1, 7))]
    files = {}
    for number, name in enumerate(names):
        pool = names if dice.random() < 0.1 else names[:number]
        parents = dice.sample(pool, min(len(pool), dice.choice([0, 1, 1, 1, 1, 2])))
        given: object = tuple(parents) if len(parents) != 1 else parents[0]
        more: dict[str, object] = {}
        if dice.random() < 0.2:
            more["branch_labels"] = f"label{number}"
        if dice.random() < 0.2:
            more["depends_on"] = dice.choice([*(pool or names), "label0", "label1"])
        own = dice.choice(names) if dice.random() < 0.05 else name
        files[f"f{number}.py"] = revision(own, given or None, **more)
    real, found = Alembic(tmp_path, files), graph(files)
    if real.error:
        assert any(real.error.startswith(each) for each in words(found)), (real.error, words(found), files)
    else:
        refused = [each for each in found.faults if each.fault is not Fault.DUPLICATE]
        assert not refused, (refused, files)
        assert sorted(each.id for each in found.heads) == sorted(real.heads), files
        assert bool(real.ambiguous) == (len(found.heads) > 1), files


@pytest.mark.parametrize(
    "text",
    [
        "from app import revision\ndown_revision = None\n",
        "import os\nrevision = os.environ['R']\ndown_revision = None\n",
        "revision = 'a'\nif True:\n    revision = 'b'\ndown_revision = None\n",
        "revision = 'a'\ndown_revision = None\nfrom app.names import *\n",
        "from app.names import *\n",
        "revision = 'a'\ndown_revision = PARENT\n",
        "revision = 'a'\ndown_revision = ('b', None)\n",
        "revision = 'a'\ndown_revision = None\nbranch_labels = labels()\n",
        "revision = 'a'\ndown_revision = None\ndef f(:\n",
    ],
)
def test_what_is_computed_is_not_known(text: str) -> None:
    found = graph({"a.py": text, "b.py": revision("z", "y")})
    assert not found.is_complete


@pytest.mark.parametrize(
    "text",
    [
        '"""Add a table\n  of crates\n\nRevision ID: a\n"""\nrevision = "a"\n',
        "# coding: utf-8\n\n'''Add a table of crates'''\n",
        '"Add a table of crates"\r\n\r\nrevision = "a"\r\n',
    ],
)
def test_the_message_is_the_first_paragraph_of_the_docstring(text: str) -> None:
    assert message_of(text) == "Add a table of crates"


def test_a_file_without_docstring_has_no_message() -> None:
    assert not message_of('from alembic import op\n\nrevision = "a"\n')


def test_positions_count_what_runs_before() -> None:
    found = graph(SOUND["a merge"])
    assert [(each.id, found.position(each)) for each in found.order] == [("a", 1), ("b", 2), ("c", 2), ("d", 4)]
