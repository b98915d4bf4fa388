"""Streamlit executes a script again in the same process.

Checked by hand with ``AppTest`` of Streamlit 1.67, which is too large to be installed for these tests.
"""

from __future__ import annotations

import pytest

from cucurbit.opening import folder_workspace
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.run import simulate
from cucurbit.workspace.tree.files import MemoryTree

TABLE = 'Table("users", metadata, Column("id", Integer))\n'
NAMES = "from sqlalchemy import Column, Integer, MetaData, Table\n"
SHARED = {"shared.py": f"{NAMES}metadata = MetaData()\n", "page.py": f"{NAMES}from shared import metadata\n{TABLE}"}
OWN = {"page.py": f"{NAMES}metadata = MetaData()\n{TABLE}"}
GUARDED = {
    "shared.py": f"{NAMES}metadata = MetaData()\n",
    "page.py": f'{NAMES}from shared import metadata\nif "users" not in metadata.tables:\n    {TABLE}',
}


@pytest.mark.parametrize(
    ("files", "command", "rejected"),
    [
        (SHARED, "streamlit run page.py", [False]),
        (SHARED, "python page.py", []),
        (OWN, "streamlit run page.py", []),
        (GUARDED, "streamlit run page.py", []),
    ],
    ids=["shared", "once", "own", "guarded"],
)
def test_a_table_of_the_script_itself(files: dict[str, str], command: str, rejected: list[bool]) -> None:
    workspace = folder_workspace(MemoryTree({**files, "Procfile": f"web: {command}\n"}))
    (entry,) = workspace.entry_points
    timeline = simulate(workspace, entry)
    found = [event.certain for event in timeline.events if event.kind is EventKind.TABLE_REJECTED]
    assert found == rejected
    assert [event for event in timeline.events if event.kind is EventKind.ENTRY_FAILED] == []
