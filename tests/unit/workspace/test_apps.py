"""Which files can be started, told from their bytes."""

from __future__ import annotations

import pytest

from cucurbit.simulate.packages.registry import launchers
from cucurbit.source import reader
from cucurbit.workspace.starts.applications import FACTORIES


@pytest.mark.parametrize("name", sorted({*launchers().applications, *FACTORIES}))
def test_every_name_is_looked_for(name: str) -> None:
    module = name.rpartition(".")[0]
    text = f"import {module}\napp = {name} ()\n" if module else f"app = x.{name} ()\n"
    text = f"def {name}():\n    pass\n" if name in FACTORIES else text
    assert launchers().starts_of(reader.read(text)).applications
    assert launchers().may_start(text.encode())


def test_what_cannot_be_started() -> None:
    assert launchers().may_start(b'if __name__ == "__main__":\n    main()\n')
    assert not launchers().may_start(b"from flask import Flask\nAPI = 1\n")


CALLS = {
    "from blacksheep import Application\napp = Application()": True,
    "from blacksheep import Application as App\napp = App()": True,
    "import blacksheep\napp = blacksheep.Application()": True,
    "import blacksheep.server as server\napp = server.Application()": True,
    "try:\n    from blacksheep import Application\nexcept ImportError:\n    raise\napp = Application()": True,
    "from tornado.web import Application\napp = Application()": False,
    "from .blacksheep import Application\napp = Application()": False,
    "import blacksheep\napp = Application()": False,
    "from anywhere import FastAPI\napp = FastAPI()": True,
}


@pytest.mark.parametrize("text", CALLS)
def test_a_name_that_several_libraries_use_counts_where_it_is_imported(text: str) -> None:
    assert bool(launchers().starts_of(reader.read(text)).applications) is CALLS[text]
