"""What is said about models is what real SQLAlchemy says when it imports them and configures their mappers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cucurbit.rules.shared.orm.judgement import judge as judged
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


CASES = {
    f"{title} {number}": (number == 0, _IMPORTS[len(_LATE) if "evaluated" in title + words else 0 :] + text)
    for title, words, source in _SECTION.findall(Path(__file__).with_name("verdicts.md").read_text(encoding="utf-8"))
    for number, text in enumerate(_variants(source))
}


@pytest.mark.parametrize("title", CASES)
def test_case(title: str, tmp_path: Path) -> None:
    right, source = CASES[title]
    for number, folder in enumerate(sqlalchemy_folders("1.4")):
        recorder = judge(folder)
        if recorder.version < (2,):
            continue
        root = tmp_path / str(number)
        root.mkdir()
        (root / "models.py").write_text(source, encoding="utf-8")
        recorded = recorder.record(root, "models")
        refused = "error" in recorded or "error" in recorded["configured"]
        assert refused is not right, recorded
        verdicts = judged(shapes_of({"models.py": source}, recorder.version))
        assert bool(verdicts) is refused, [each.message for each in verdicts]
