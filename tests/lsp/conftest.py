"""A fresh server for each test, over the standard streams."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_lsp
from pytest_lsp import ClientServerConfig

from tests.lsp.editor import SERVE, Editor


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    config=ClientServerConfig(server_command=SERVE, client_factory=Editor)
)
async def editor(client: Editor) -> AsyncIterator[None]:
    """An editor whose server runs but is not initialized."""
    yield
    await client.shutdown_session()


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    config=ClientServerConfig(server_command=SERVE, client_factory=Editor)
)
async def second_editor(client: Editor) -> AsyncIterator[None]:
    """Another one, with a server of its own."""
    yield
    await client.shutdown_session()
