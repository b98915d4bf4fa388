"""The baseline in an editor: what is in it is still shown, as a hint; what is new is shown as ever."""

from __future__ import annotations

import json
from pathlib import Path

from lsprotocol import types

from cucurbit.cli.main import main
from tests.lsp.editor import Editor, titled
from tests.lsp.workspaces import INCIDENT, lay_out

FILE = "cucurbit-baseline.json"


async def test_findings_in_the_baseline_are_hints(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, {**INCIDENT, "cucurbit.toml": f'baseline = "{FILE}"\n'})
    assert main(["check", "--write-baseline", str(root / FILE), str(root)]) == 0
    domain = root / "app/models_domain.py"
    told: list[object] = []
    editor.protocol.fm.features["cucurbit/analysed"] = told.append
    await editor.start(root, options={"status": True})
    shown = await editor.shown(domain, "duplicate-table")
    assert shown.severity is types.DiagnosticSeverity.Hint
    assert shown.message.startswith("(in the baseline) Table 'energy_events' is already defined")
    await editor.until(lambda: told)
    assert not hasattr(getattr(told[0], "findings", None), "error")
    # It can still be fixed, and lines that move take nothing out of the baseline.
    titled(await editor.actions(domain.as_uri(), shown.range), "Rename the table")
    uri = editor.open(domain)
    editor.type_all(uri, "# moved\n" + editor.texts[uri])
    line = shown.range.start.line + 1
    shown = await editor.shown(domain, "duplicate-table", types.Position(line, 0))
    assert shown.severity is types.DiagnosticSeverity.Hint

    document = json.loads((root / FILE).read_text())
    document["findings"] = [each for each in document["findings"] if each["rule"] != "duplicate-table"]
    (root / FILE).write_text(json.dumps(document))
    editor.saved(root / FILE)

    def is_new() -> bool:
        found = [each for each in editor.diagnostics.get(uri, ()) if each.code == "duplicate-table"]
        return [each.severity for each in found] == [types.DiagnosticSeverity.Error]

    await editor.until(is_new)


async def test_a_broken_baseline_hides_nothing(editor: Editor, tmp_path: Path) -> None:
    root = lay_out(tmp_path, {**INCIDENT, "cucurbit.toml": f'baseline = "{FILE}"\n', FILE: "{"})
    await editor.start(root)
    shown = await editor.shown(root / "app/models_domain.py", "duplicate-table")
    assert shown.severity is types.DiagnosticSeverity.Error
    await editor.until(lambda: any("is no JSON" in each.message for each in editor.log_messages))
