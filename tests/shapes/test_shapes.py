"""The shapes of models are what real SQLAlchemy has in its MetaData and in its mappers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.oracle.harness import sqlalchemy_folders
from tests.shapes.judge import judge, verdict_of
from tests.shapes.many import judged

_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_UNKNOWN = re.compile(r"^Unknown: (.+)$", re.MULTILINE)

RANDOM = range(200, 212)
"""The seeds of the random files that are judged here; ``python -m tests.shapes.many`` judges more."""

CASES = {
    title: (match[1], [name.strip() for line in _UNKNOWN.findall(text) for name in line.split(",")])
    for title, text in _SECTION.findall(Path(__file__).with_name("cases.md").read_text(encoding="utf-8"))
    for match in _FENCED.finditer(text)
}
FOLDERS = sqlalchemy_folders("1.4")


@pytest.mark.parametrize("title", CASES)
def test_case(title: str, tmp_path: Path) -> None:
    source, unknown = CASES[title]
    imported = 0
    recorded: dict[str, object] = {}
    for number, folder in enumerate(FOLDERS):
        verdict, recorded = verdict_of(judge(folder), tmp_path / str(number), {"models.py": source})
        imported += "error" not in recorded
        assert verdict.wrong == []
        assert [each for each in verdict.missing if not each.startswith(tuple(unknown))] == []
    assert imported, recorded


def test_random_models() -> None:
    found = list(judged(RANDOM))
    assert {seed: verdict.wrong for seed, _, verdict, _ in found if verdict.wrong} == {}
    assert sum(imports for *_, imports in found) > len(found) // 3
