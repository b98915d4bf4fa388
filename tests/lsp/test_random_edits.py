"""Random workspaces under random edits: what the server shows is what a fresh start would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from cucurbit.analysis.engine import analyse, findings
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from tests.lsp.editor import VS_CODE, Editor, path_of
from tests.lsp.workspaces import lay_out
from tests.oracle.programs.source import Seeded
from tests.oracle.programs.start import drawn, project

WORKSPACES = 8
EDITS = 14
CHANGED_MEANWHILE = -32802

Shown = tuple[str, int, str, str, int]
"""A finding as a person sees it: its file, line, rule, message and severity."""

SEVERITIES = ("error", "warning", "information", "hint")
"""As the protocol numbers them, from 1."""

SETTINGS: tuple[Mapping[str, object], ...] = (
    {},
    {"ignore": ["models-before-migrations"]},
    {"severity": {"duplicate-table": "information"}},
    {"select": ["duplicate-table", "import-failure-hidden", "model-not-in-migrations"]},
    {"exclude": ["app/models"]},
)


def adapt(able: types.ClientCapabilities) -> None:
    """A client that asks for diagnostics and pushes its settings: then one answer is about all that it said before."""
    assert able.text_document is not None
    assert able.workspace is not None
    able.text_document.diagnostic = types.DiagnosticClientCapabilities()
    able.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    able.workspace.configuration = None


class Person:
    """Somebody who edits a workspace at random, on disk and in the editor."""

    def __init__(self, editor: Editor, root: Path, seed: int) -> None:
        self.editor = editor
        self.root = root
        self.source = Seeded(seed)
        self.settings: Mapping[str, object] = {}
        self.done: list[str] = []
        others = [project(drawn(seed * 1000 + number)) for number in range(1, 4)]
        self.texts = sorted({text for files in others for text in files.values() if "\n" in text})
        self.paths = sorted({path for files in others for path in files})

    def files(self) -> list[Path]:
        return sorted(path for path in self.root.rglob("*") if path.is_file())

    def opened(self) -> list[Path]:
        return sorted(path_of(uri) for uri in self.editor.texts)

    def closed(self) -> list[Path]:
        return [path for path in self.files() if path not in self.opened()]

    @property
    def buffers(self) -> dict[str, str]:
        return {path_of(uri).relative_to(self.root).as_posix(): text for uri, text in self.editor.texts.items()}

    def edit(self) -> None:
        """Do one thing, and tell the server of it as an editor does."""
        kinds: list[Callable[[], str]] = [
            self.create, self.change, self.change, self.rename, self.delete, self.open, self.open, self.configure
        ]  # fmt: skip
        if self.editor.texts:
            kinds += [self.type, self.type, self.type, self.close, self.save]
        self.done.append(self.source.pick(kinds)())

    def text_for(self, file: Path) -> str:
        """A text that a file may well get: that of another program, its own moved down or cut short."""
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
        top = [number for number, line in enumerate(lines) if not line.startswith((" ", "else", "except", "finally"))]
        form = self.source.count(0, 2)
        if form == 0 and file.suffix == ".py":
            return "".join(["# moved\n", *lines])
        if form == 1 and top:
            return "".join(lines[: self.source.pick(top)])
        return self.source.pick([text for text in self.texts if ("import" in text) == (file.suffix == ".py")] or [""])

    def told(self, *changes: tuple[Path, types.FileChangeType]) -> None:
        self.editor.workspace_did_change_watched_files(
            types.DidChangeWatchedFilesParams([types.FileEvent(file.as_uri(), kind) for file, kind in changes])
        )

    # --------------------------------------------------------------------- on disk

    def create(self) -> str:
        file = self.root / self.source.pick(self.paths)
        if file.exists() or not may_be_folder(file.parent):
            return self.change()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.text_for(file), encoding="utf-8")
        self.told((file, types.FileChangeType.Created))
        return f"create {file}"

    def change(self) -> str:
        file = self.source.pick(self.files())
        file.write_text(self.text_for(file), encoding="utf-8")
        self.told((file, types.FileChangeType.Changed))
        return f"change {file}"

    def rename(self) -> str:
        before, after = self.source.pick(self.closed() or self.files()), self.root / self.source.pick(self.paths)
        if before in self.opened() or after.exists() or not may_be_folder(after.parent):
            return self.change()
        after.parent.mkdir(parents=True, exist_ok=True)
        before.rename(after)
        self.told((before, types.FileChangeType.Deleted), (after, types.FileChangeType.Created))
        return f"rename {before} to {after}"

    def delete(self) -> str:
        file = self.source.pick(self.files())
        if len(self.files()) < 3:
            return self.create()
        file.unlink()
        self.told((file, types.FileChangeType.Deleted))
        return f"delete {file}"

    # --------------------------------------------------------------- in the editor

    def open(self) -> str:
        file = self.source.pick(self.closed() or [self.root / "new.py"])
        if file in self.opened():
            return self.type()
        text = self.text_for(file) if self.source.chance(40) or not file.exists() else None
        self.editor.open(file, text)
        return f"open {file}"

    def type(self) -> str:
        file = self.source.pick(self.opened())
        self.editor.type_all(file.as_uri(), self.text_for(file))
        return f"type into {file}"

    def close(self) -> str:
        file = self.source.pick(self.opened())
        self.editor.close(file.as_uri())
        return f"close {file}"

    def save(self) -> str:
        file = self.source.pick(self.opened())
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.editor.texts[file.as_uri()], encoding="utf-8")
        self.editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(file.as_uri())))
        self.told((file, types.FileChangeType.Changed))
        return f"save {file}"

    def configure(self) -> str:
        self.settings = self.source.pick(SETTINGS)
        self.editor.workspace_did_change_configuration(
            types.DidChangeConfigurationParams(settings={"cucurbit": dict(self.settings)})
        )
        return f"configure {self.settings}"


def may_be_folder(path: Path) -> bool:
    """Whether a folder can be made there: no file stands in its way."""
    return not any(each.is_file() for each in (path, *path.parents))


async def shown(editor: Editor) -> set[Shown]:
    """What the server answers about all that it was told; asked again where it was overtaken."""
    while True:
        try:
            answer = await editor.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
        except JsonRpcException as error:
            if error.code != CHANGED_MEANWHILE:
                raise
            continue
        return set(diagnostics(answer))


def diagnostics(answer: types.WorkspaceDiagnosticReport) -> Iterator[Shown]:
    for report in answer.items:
        assert isinstance(report, types.WorkspaceFullDocumentDiagnosticReport)
        for each in report.items:
            assert each.severity is not None
            path = path_of(report.uri).as_posix()
            yield path, each.range.start.line, str(each.code), str(each.message), each.severity.value


def expected(person: Person) -> set[Shown]:
    """What a fresh start finds in the same files."""
    workspace = open_workspace(person.root, known_rules=NAMES, editor=person.settings, buffers=person.buffers)
    return {
        (
            (person.root / finding.location.path).as_posix(),
            max(finding.location.span.line - 1, 0),
            finding.rule,
            finding.message,
            SEVERITIES.index(finding.severity.value) + 1,
        )
        for finding in findings(analyse(workspace), RULES)
        if finding.location.path
    }


@pytest.mark.parametrize("seed", range(WORKSPACES))
async def test_after_any_edits_the_server_shows_what_a_fresh_start_finds(
    editor: Editor, tmp_path: Path, seed: int
) -> None:
    root = lay_out(tmp_path / "workspace", project(drawn(seed * 1000)))
    await editor.start(root, spec=VS_CODE, adapt=adapt, options={"settings": {}})
    person = Person(editor, root, seed)
    assert await shown(editor) == expected(person)
    for _ in range(EDITS):
        person.edit()
        found, wanted = await shown(editor), expected(person)
        assert found == wanted, "\n".join([*person.done, f"too much: {found - wanted}", f"missing: {wanted - found}"])
