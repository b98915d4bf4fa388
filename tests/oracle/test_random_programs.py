"""Programs nobody thought of: small packages drawn at random, run for real, and predicted.

They are made of what decides the order of execution: imports of every form, cycles, partially executed modules, tables
and classes that meet again, failures caught and not caught, functions called across modules, modules executed anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.case import Case
from tests.oracle.harness import RecordingProcess
from tests.oracle.prediction import agrees, difference, predict

MODULES = ["m0", "m1", "m2", "m3"]
SUBMODULES = ["sub.n0", "sub.n1"]
NAMES = ["v0", "v1"]
TABLES = ["t0", "t1", "t2"]
ERRORS = ["ValueError", "ImportError", "KeyError", "RuntimeError"]
CAUGHT = [*ERRORS, "Exception", "(ImportError, AttributeError)", "LookupError", "InvalidRequestError"]

PRELUDE = """\
import importlib
import sys
from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, Table
from sqlalchemy.exc import InvalidRequestError

from p.base import Base, metadata
"""

BASE = """\
from sqlalchemy.orm import declarative_base

Base = declarative_base()
metadata = Base.metadata
"""

modules = st.sampled_from(MODULES + SUBMODULES)
names = st.sampled_from(NAMES)
tables = st.sampled_from(TABLES)


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines or ["pass"]]


def parts(module: str) -> tuple[str, str]:
    """The package and the last part of a module of the program."""
    package, _, last = f"p.{module}".rpartition(".")
    return package, last


simple = st.one_of(
    modules.map(lambda module: [f"import p.{module}"]),
    modules.map(lambda module: [f"import p.{module} as alias"]),
    modules.map(lambda module: ["from {} import {}".format(*parts(module))]),
    st.tuples(modules, names).map(lambda drawn: [f"from p.{drawn[0]} import {drawn[1]}"]),
    modules.map(lambda module: [f"from p.{module} import *"]),
    modules.map(lambda module: [f'importlib.import_module("p.{module}")']),
    names.map(lambda name: [f"{name} = 1"]),
    names.map(lambda name: [f"{name}"]),
    names.map(lambda name: [f'__all__ = ["{name}"]']),
    tables.map(lambda table: [f'Table("{table}", metadata, Column("id", Integer))']),
    tables.map(lambda table: [f'Table("{table}", metadata, Column("more", Integer), extend_existing=True)']),
    tables.map(lambda table: [f'Table("{table}", metadata)']),
    tables.map(
        lambda table: [
            "class Model(Base):",
            f'    __tablename__ = "{table}"',
            "    id = Column(Integer, primary_key=True)",
        ]
    ),
    st.sampled_from(ERRORS).map(lambda error: [f'raise {error}("drawn")']),
)


def in_function(lines: list[str]) -> bool:
    """Whether a drawn statement may stand in a function and leaves its names clear."""
    return "*" not in lines[0] and lines[0] not in NAMES


blocks = st.lists(simple, min_size=1, max_size=3).map(lambda drawn: [line for lines in drawn for line in lines])

compound = st.one_of(
    st.tuples(blocks, st.sampled_from(CAUGHT), blocks).map(
        lambda drawn: ["try:", *indented(drawn[0]), f"except {drawn[1]}:", *indented(drawn[2])]
    ),
    st.tuples(blocks, st.sampled_from(CAUGHT), blocks, blocks).map(
        lambda drawn: [
            "try:",
            *indented(drawn[0]),
            f"except {drawn[1]} as error:",
            "    pass",
            "else:",
            *indented(drawn[2]),
            "finally:",
            *indented(drawn[3]),
        ]
    ),
    st.tuples(st.sampled_from(["TYPE_CHECKING", "not TYPE_CHECKING", "__name__ == '__main__'"]), blocks, blocks).map(
        lambda drawn: [f"if {drawn[0]}:", *indented(drawn[1]), "else:", *indented(drawn[2])]
    ),
    st.tuples(names, st.lists(simple.filter(in_function), min_size=1, max_size=2)).map(
        lambda drawn: [
            "def load(argument=None):",
            *indented([line for lines in drawn[1] for line in lines]),
            "load()",
        ]
    ),
    modules.map(lambda module: [f"import p.{module} as called", "called.load()"]),
)

bodies = st.lists(st.one_of(simple, simple, compound), max_size=6).map(
    lambda drawn: PRELUDE + "\n" + "\n".join(line for lines in drawn for line in lines) + "\n"
)

programs = st.fixed_dictionaries({f"p/{name.replace('.', '/')}.py": bodies for name in MODULES + SUBMODULES})


@pytest.fixture(scope="module")
def recorder() -> Iterator[RecordingProcess]:
    with RecordingProcess.start() as process:
        yield process


@settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(programs)
def test_prediction_of_a_random_program(recorder: RecordingProcess, program: dict[str, str]) -> None:
    files = {"p/__init__.py": "", "p/sub/__init__.py": "", "p/base.py": BASE, **program}
    case = Case("random", "drawn", "module", "p.m0", files, {}, "")
    with tempfile.TemporaryDirectory() as folder:
        root = case.write(Path(folder) / "workspace")
        recorded = recorder.record(case, root, Path(folder) / "events.jsonl")
        predicted = predict(case, root, recorder.version)
    shown = "\n".join(f"--- {path}\n{text.removeprefix(PRELUDE).strip()}" for path, text in program.items())
    assert agrees(predicted, recorded), f"{difference(predicted, recorded)}\n{shown}"
    unsure = [str(event) for event in predicted if event.cut or not event.certain]
    assert not unsure, shown
