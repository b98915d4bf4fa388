"""The registration view: its levels, its filter, the way to the cursor, and what the status tells."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.editor import PATIENCE, Editor
from tests.lsp.workspaces import INCIDENT, lay_out

Node = Mapping[str, object]


async def ask(editor: Editor, command: str, **asked: object) -> list[Node]:
    answer = await editor.workspace_execute_command_async(types.ExecuteCommandParams(command, arguments=[asked]))
    return cast("list[Node]", cast("Mapping[str, object]", answer)["nodes"])


async def children(editor: Editor, tree: str, parent: Node | None = None, text: str = "") -> list[Node]:
    names = () if parent is None else parent["id"]
    return await ask(editor, "cucurbit.registrationChildren", tree=tree, parent=names, filter=text)


def lines(nodes: Sequence[Node]) -> list[str]:
    return [f"{'? ' if not each['certain'] else ''}{each['label']}: {each['description']}" for each in nodes]


def named(nodes: Sequence[Node], label: str) -> Node:
    return next(each for each in nodes if each["label"] == label)


async def test_timelines_are_nested_by_import(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    entries = await children(editor, "timelines")
    assert lines(entries) == ["app.main:app: 2 tables, 1 rejected", "alembic: alembic.ini: 1 table"]
    assert [each["alarm"] for each in entries] == ["error", ""]
    assert all(each["hasChildren"] for each in entries)
    (package, main) = await children(editor, "timelines", entries[0])
    assert lines([package, main]) == ["app: ", "app.main: 2 tables, 1 rejected"]
    assert (main["alarm"], main["hasChildren"], package["hasChildren"]) == ("error", True, False)
    inside = await children(editor, "timelines", main)
    assert lines(inside) == [
        "app.wallet: 2 tables",
        "app.migrate: ",
        "Migrations start: fails, 1 rejected",
        "Exception caught, the program continues: InvalidRequestError",
    ]
    wallet, _, migrations, swallowed = inside
    assert (wallet["uri"], wallet["start"]) == ((root / "app/main.py").as_uri(), [4, 16])
    assert migrations["kind"] == "migrations"
    assert "is already defined" in str(migrations["tooltip"])
    assert (swallowed["start"], swallowed["alarm"]) == ([9, 0], "warning")
    (extra,) = await children(editor, "timelines", wallet)
    tables = await children(editor, "timelines", extra)
    assert lines(tables) == ["app.db: ", "wallet_entries: WalletEntry", "energy_events: EnergyEvent"]
    (env,) = await children(editor, "timelines", migrations)
    (domain,) = await children(editor, "timelines", env)
    (rejected,) = await children(editor, "timelines", domain)
    assert lines([rejected]) == ["energy_events: EnergyEvent rejected"]
    assert (rejected["kind"], rejected["alarm"]) == ("rejected", "error")
    assert "it is already defined at app/models_extra.py:12" in str(rejected["tooltip"])


async def test_tables_tell_who_registers_them_and_whether_alembic_sees_them(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    (metadata,) = await children(editor, "tables")
    assert lines([metadata]) == ["app.db.Base.metadata: 2 tables, 2 to review"]
    tables = await children(editor, "tables", metadata)
    assert lines(tables) == [
        "energy_events: 2 definitions, rejected",
        "wallet_entries: WalletEntry, never seen by Alembic",
    ]
    assert [each["alarm"] for each in tables] == ["error", "warning"]
    (wallet,) = await children(editor, "tables", tables[1])
    assert lines([wallet]) == ["WalletEntry: app.models_extra"]
    assert (wallet["uri"], wallet["start"]) == ((root / "app/models_extra.py").as_uri(), [5, 0])
    (column, *_) = await children(editor, "tables", wallet)
    assert (column["kind"], column["start"]) == ("column", [8, 22])
    assert lines(await children(editor, "tables", wallet)) == [
        "id: Integer, primary key",
        "alembic.ini: env.py does not see it",
        "app.main:app: registered 1st, before migrations",
    ]
    (domain, _) = await children(editor, "tables", tables[0])
    assert lines(await children(editor, "tables", domain)) == [
        "id: Integer, primary key",
        "alembic.ini: env.py sees it",
        "app.main:app: rejected, after migrations started",
        "alembic: alembic.ini: registered 1st",
    ]
    (_, _, rejected, _) = await children(editor, "tables", domain)
    assert (rejected["table"], rejected["entry"], rejected["root"]) == ("energy_events", "app.main:app", str(root))


async def test_a_filter_shows_what_matches_and_what_leads_there(editor: Editor, tmp_path: Path) -> None:
    await editor.start(lay_out(tmp_path, INCIDENT))
    (app,) = await children(editor, "timelines", text="WALLET_entries")
    assert (app["label"], app["expanded"]) == ("app.main:app", True)
    (main,) = await children(editor, "timelines", app, "WALLET_entries")
    assert (main["label"], main["expanded"]) == ("app.main", True)
    (wallet,) = await children(editor, "timelines", main, "wallet_entries")
    (extra,) = await children(editor, "timelines", wallet, "wallet_entries")
    assert lines(await children(editor, "timelines", extra, "wallet_entries")) == ["wallet_entries: WalletEntry"]
    # Below a module that matches, everything stands.
    assert len(await children(editor, "timelines", extra, "models_extra")) == 3
    (metadata,) = await children(editor, "tables", text="energy")
    assert lines(await children(editor, "tables", metadata, "energy")) == ["energy_events: 2 definitions, rejected"]
    assert await children(editor, "timelines", text="nothing of the kind") == []
    assert await children(editor, "tables", text="nothing of the kind") == []


async def test_the_way_to_the_cursor(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    extra = (root / "app/models_extra.py").as_uri()

    async def way(tree: str, line: int, entry: str = "", uri: str = extra) -> list[object]:
        nodes = await ask(editor, "cucurbit.registrationPath", tree=tree, uri=uri, line=line, entry=entry)
        for above, below in itertools.pairwise(nodes):
            assert cast("list[str]", below["id"])[:-1] == above["id"]
        return [each["label"] for each in nodes]

    assert await way("timelines", 12) == ["app.main:app", "app.main", "app.wallet", "app.models_extra", "energy_events"]
    assert await way("timelines", 0) == ["app.main:app", "app.main", "app.wallet", "app.models_extra"]
    assert await way("tables", 6) == ["app.db.Base.metadata", "wallet_entries", "WalletEntry"]
    domain = (root / "app/models_domain.py").as_uri()
    assert await way("timelines", 5, "app.main:app", domain) == [
        "app.main:app",
        "app.main",
        "Migrations start",
        "alembic/env.py",
        "app.models_domain",
        "energy_events",
    ]
    assert (await way("timelines", 5, "alembic.ini", domain))[0] == "alembic: alembic.ini"
    assert await way("timelines", 0, uri=(root / "nowhere.py").as_uri()) == []
    assert await way("timelines", 0, uri="untitled:Untitled-1") == []


async def test_nodes_that_are_gone_have_nothing_below(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, INCIDENT)
    await editor.start(root)
    for parent in ([str(root), "gone"], [str(root), "app.main:app", "module gone"], ["/elsewhere", "app.main:app"]):
        for tree in ("timelines", "tables"):
            assert await ask(editor, "cucurbit.registrationChildren", tree=tree, parent=parent) == []
    for asked in ({}, {"tree": "trees"}, {"tree": "tables", "parent": 1}):
        with pytest.raises(JsonRpcException):
            await ask(editor, "cucurbit.registrationChildren", **asked)


async def test_the_status_tells_of_each_analysis_where_it_is_asked_for(editor: Editor, tmp_path: Path) -> None:
    told: list[object] = []
    came = asyncio.Event()

    def analysed(params: object) -> None:
        told.append(params)
        came.set()

    editor.protocol.fm.features["cucurbit/analysed"] = analysed
    await editor.start(lay_out(tmp_path, INCIDENT), options={"status": True})
    await asyncio.wait_for(came.wait(), PATIENCE)
    status = told[0]
    assert getattr(status, "root", None) == str(tmp_path)
    assert (getattr(status, "entryPoints", 0), getattr(status, "tables", 0)) == (2, 2)
    assert getattr(getattr(status, "findings", None), "error", 0) >= 1


@pytest.mark.parametrize("once", [False, True])
async def test_an_aggregator_is_created_as_it_is_asked_for(editor: Editor, tmp_path: Path, once: bool) -> None:
    files = {**INCIDENT, "app/models_extra.py": INCIDENT["app/models_extra.py"].partition("\n\n\nclass EnergyEvent")[0]}
    root = lay_out(tmp_path, files)
    await editor.start(root, options={"confirmsOnce": once})

    async def run(command: str, **asked: object) -> Mapping[str, object]:
        params = types.ExecuteCommandParams(command, arguments=[asked])
        return cast("Mapping[str, object]", await editor.workspace_execute_command_async(params))

    proposal = await run("cucurbit.proposeAggregator")
    assert proposal == {"path": "app/models_all.py", "style": "noqa", "modules": 2, "obstacle": ""}
    other = await run("cucurbit.proposeAggregator", module="app.every_model", style="all")
    assert (other["path"], other["style"]) == ("app/every_model.py", "all")
    for module in ("app.db", "..app.models_all", "app..all"):
        assert "cannot be created" in str((await run("cucurbit.proposeAggregator", module=module))["obstacle"])
    result = await run("cucurbit.createAggregator", module="app.every_model", style="all", confirm=True)
    assert result["applied"] is True
    (edit,) = editor.applied
    assert edit.edit.change_annotations is not None
    asks = [each.needs_confirmation for each in edit.edit.change_annotations.values()]
    assert asks == ([False, True] if once else [True])
    if once:
        # What opens the preview stands in a file with lines to show, and changes nothing.
        (look,) = (
            (change.text_document.uri, part.range.start == part.range.end, part.new_text)
            for change in edit.edit.document_changes or ()
            if isinstance(change, types.TextDocumentEdit)
            for part in change.edits
            if isinstance(part, types.AnnotatedTextEdit) and part.new_text == ""
            if edit.edit.change_annotations[part.annotation_id].needs_confirmation
        )
        assert look == ((root / "alembic/env.py").as_uri(), True, "")
    text = (root / "app/every_model.py").read_text()
    assert "__all__" in text
    assert "noqa" not in text
