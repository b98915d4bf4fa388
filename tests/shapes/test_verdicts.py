"""What is said about models is what real SQLAlchemy says when it imports them and configures their mappers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cucurbit.rules.shared.orm.judgement import judge as judged
from cucurbit.rules.shared.orm.verdicts import SILENT, WARNING, Verdict
from tests.oracle.harness import sqlalchemy_folders
from tests.shapes.judge import judge, shapes_of

_SECTION = re.compile(r"^## (.+?)\n(.*?)^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OTHER = re.compile(r"^( *)# or: (.*)\n.*$", re.MULTILINE)
_LATE = "from __future__ import annotations\n"
_IMPORTS = f"""\
{_LATE}\
from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Optional, Union
from sqlalchemy import JSON, Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, String, Table
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, declared_attr, deferred, mapped_column
from sqlalchemy.orm import relationship, synonym

class Base(DeclarativeBase):
    pass

"""


def _variants(source: str) -> Iterator[str]:
    """The file as it stands, and with each of its other lines."""
    yield source
    for other in _OTHER.finditer(source):
        yield source[: other.start()] + other[1] + other[2] + source[other.end() :]


def _cases(page: str) -> dict[str, tuple[bool, str]]:
    """Each file of a page by its title, and whether SQLAlchemy is content with it."""
    text = Path(__file__).with_name(page).read_text(encoding="utf-8")
    return {
        f"{title} {number}": (number == 0, _IMPORTS[len(_LATE) if "evaluated" in title + words else 0 :] + variant)
        for title, words, source in _SECTION.findall(text)
        for number, variant in enumerate(_variants(source))
    }


CASES = _cases("verdicts.md")
OVERLAPS = _cases("overlaps.md")


def _judged(source: str, root: Path) -> Iterator[tuple[dict[str, Any], list[Verdict]]]:
    """What SQLAlchemy 2.0 and the newest do, with the verdicts about the shapes."""
    for number, folder in enumerate(sqlalchemy_folders("1.4")):
        recorder = judge(folder)
        if recorder.version < (2,):
            continue
        (root / str(number)).mkdir()
        (root / str(number) / "models.py").write_text(source, encoding="utf-8")
        recorded = recorder.record(root / str(number), "models")
        yield recorded, list(judged(shapes_of({"models.py": source}, recorder.version)))


@pytest.mark.parametrize("title", CASES)
def test_case(title: str, tmp_path: Path) -> None:
    right, source = CASES[title]
    for recorded, verdicts in _judged(source, tmp_path):
        refused = "error" in recorded or "error" in recorded["configured"]
        assert refused is not right, recorded
        errors = [each.message for each in verdicts if each.error not in (WARNING, SILENT)]
        assert bool(errors) is refused, errors


@pytest.mark.parametrize("title", OVERLAPS)
def test_overlaps(title: str, tmp_path: Path) -> None:
    right, source = OVERLAPS[title]
    for recorded, verdicts in _judged(source, tmp_path):
        assert (recorded["overlaps"] == []) is right, recorded
        found = [each.said for each in verdicts if each.error != SILENT]
        assert all(any(text.startswith(each.rstrip(".")) for text in recorded["overlaps"]) for each in found), found
        # SQLAlchemy warns of each column of a relationship.
        assert {each.split("'")[1] for each in found} == {each.split("'")[1] for each in recorded["overlaps"]}
