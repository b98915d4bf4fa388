"""Which files can be started, told from their bytes."""

from __future__ import annotations

import pytest

from cucurbit.source import reader
from cucurbit.workspace.starts.applications import FACTORIES, IMPORTED, SERVED, STEMS, may_start, starts_of


@pytest.mark.parametrize("name", sorted(SERVED | IMPORTED | FACTORIES))
def test_every_name_is_looked_for(name: str) -> None:
    assert any(stem in name.encode() for stem in STEMS)
    text = f"def {name}():\n    pass\n" if name in FACTORIES else f"app = x.{name} ()\n"
    assert starts_of(reader.read(text)).applications
    assert may_start(text.encode())


def test_what_cannot_be_started() -> None:
    assert may_start(b'if __name__ == "__main__":\n    main()\n')
    assert not may_start(b"from flask import Flask\nAPI = 1\n")
