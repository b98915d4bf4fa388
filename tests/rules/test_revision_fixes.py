"""The fixes of ``revision-graph``, held against what the real Alembic does with the files that they leave."""

from __future__ import annotations

import random
import warnings
from collections.abc import Mapping
from pathlib import Path

import alembic
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from cucurbit.analysis.edits import Fix
from cucurbit.analysis.engine import analyse, findings
from cucurbit.analysis.grouping import grouped
from cucurbit.fixes.apply import apply
from cucurbit.fixes.gate import Gate
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import RULES
from cucurbit.workspace.tree.files import MemoryTree

_TEMPLATES = Path(alembic.__file__).parent / "templates"
_INI = "[alembic]\nscript_location = %(here)s/m\n"


def revision(name: str, down: object, **more: object) -> str:
    lines = [
        f"revision = {name!r}",
        f"down_revision = {down!r}",
        *(f"{key} = {value!r}" for key, value in more.items()),
    ]
    return "\n".join([*lines, "", "", "def upgrade():", "    pass", "", "", "def downgrade():", "    pass", ""])


def workspace(files: Mapping[str, str]) -> dict[str, str]:
    texts = {"alembic.ini": _INI, "m/env.py": "", "m/script.py.mako": ""}
    texts.update({f"m/versions/{name}": text for name, text in files.items()})
    return texts


def offered(texts: Mapping[str, str]) -> list[Fix]:
    """The fixes of all findings, each alone."""
    context = analyse(folder_workspace(MemoryTree(texts)))
    gate = Gate(context, RULES)
    rule = RULES.by_name["revision-graph"]
    assert rule.fixes is not None
    found = grouped(each for each in findings(context, RULES) if each.rule == rule.name)
    return [fix for finding in found for fix in rule.fixes(gate, finding)]


def heads(folder: Path, texts: Mapping[str, str | None]) -> list[str] | str:
    """The heads that Alembic finds in these files, or what it raises."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or "", encoding="utf-8", newline="")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return list(ScriptDirectory.from_config(Config(str(folder / "alembic.ini"))).get_heads())
    except (CommandError, RevisionError, KeyError) as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("template", ["generic", "async", "pyproject"])
def test_a_merge_is_the_file_that_alembic_merge_writes(template: str, tmp_path: Path) -> None:
    texts = workspace({"a.py": revision("a", None), "b.py": revision("b", "a"), "c.py": revision("c", "a")})
    texts["m/script.py.mako"] = (_TEMPLATES / template / "script.py.mako").read_text(encoding="utf-8")
    merge = next(fix for fix in offered(texts) if fix.title.startswith("Merge"))
    ((path, ours),) = apply(texts, [merge]).items()
    assert ours is not None
    name = path.rpartition("/")[2]
    assert heads(tmp_path, texts) == ["b", "c"]
    command.merge(Config(str(tmp_path / "alembic.ini")), ["b", "c"], message="merge b and c", rev_id=name[:12])
    theirs = (tmp_path / "m/versions" / name).read_text(encoding="utf-8").splitlines(keepends=True)
    assert ours == "".join(line for line in theirs if not line.startswith("Create Date:"))


@pytest.mark.parametrize("template", ["generic", "async", "multidb", "pyproject", "pyproject_async"])
def test_after_a_merge_alembic_has_one_head(template: str, tmp_path: Path) -> None:
    """The template for several databases has Python in it: then the file is as Alembic's own template makes it."""
    texts = workspace({"a.py": revision("a", None), "b.py": revision("b", None), "c.py": revision("c", "a")})
    texts["m/script.py.mako"] = (_TEMPLATES / template / "script.py.mako").read_text(encoding="utf-8")
    merge = next(fix for fix in offered(texts) if fix.title.startswith("Merge"))
    after = {**texts, **apply(texts, [merge])}
    assert len(heads(tmp_path, after)) == 1


@pytest.mark.parametrize("seed", range(25))
def test_every_fix_of_a_random_graph_removes_what_it_says(seed: int, tmp_path: Path) -> None:
    """One fault or several heads in a random graph: each fix leaves a graph that Alembic loads, with fewer heads."""
    dice = random.Random(seed)
    names = [f"{seed:02}{number:02}aa" for number in range(dice.randint(3, 6))]
    files = {}
    for number, name in enumerate(names):
        parent = (
            names[dice.randrange(number)] if number and dice.random() < 0.4 else names[number - 1] if number else None
        )
        files[f"{name}_step.py"] = revision(name, parent)
    broken = dice.choice(names[1:])
    fault = dice.choice(["none", "file name", "misspelt", "itself", "gone", "twice"])
    down: object = {"file name": f"{names[0]}_step", "misspelt": f"{names[0]}b", "itself": broken, "gone": "zzz"}.get(
        fault
    )
    if fault == "twice":
        files[f"{broken}_twin.py"] = files[f"{broken}_step.py"]
    elif down is not None:
        files[f"{broken}_step.py"] = revision(broken, down)
    texts = workspace(files)
    before = heads(tmp_path / "before", texts)
    fixes = offered(texts)
    if isinstance(before, list) and len(before) == 1:
        assert not fixes
    for number, fix in enumerate(fixes):
        after = heads(tmp_path / str(number), {**texts, **apply(texts, [fix])})
        assert isinstance(after, list), (fault, fix.title, after)
        assert isinstance(before, str) or len(after) < len(before), (fault, fix.title, before, after)
