"""Which files can be started, told from their bytes."""

from __future__ import annotations

import pytest

from cucurbit.simulate.packages.registry import launchers
from cucurbit.source import reader
from cucurbit.workspace.starts.applications import FACTORIES


@pytest.mark.parametrize("name", sorted({*launchers().applications, *FACTORIES}))
def test_every_name_is_looked_for(name: str) -> None:
    text = f"def {name}():\n    pass\n" if name in FACTORIES else f"app = x.{name} ()\n"
    assert launchers().starts_of(reader.read(text)).applications
    assert launchers().may_start(text.encode())


def test_what_cannot_be_started() -> None:
    assert launchers().may_start(b'if __name__ == "__main__":\n    main()\n')
    assert not launchers().may_start(b"from flask import Flask\nAPI = 1\n")
