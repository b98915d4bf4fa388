"""The baseline of a workspace, read from its files."""

from __future__ import annotations

from cucurbit.analysis.baseline import KnownFinding, Malformed, read_baseline
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.tree.files import Unreadable, normalise


def baseline_of(workspace: FolderWorkspace) -> tuple[KnownFinding, ...]:
    """The findings in the baseline that the settings name; none where they name none.

    Raises:
        Malformed: there is no such file in the workspace, or it is no baseline.
    """
    setting = workspace.settings.baseline
    if not setting:
        return ()
    path = normalise(setting.replace("\\", "/"))
    if path is None:
        raise Malformed(f"{setting} is outside the workspace")
    content = workspace.tree.read(path)
    if content is None:
        raise Malformed(f"{setting} does not exist: `cucurbit check --write-baseline {setting}` writes it")
    if isinstance(content, Unreadable):
        raise Malformed(f"{setting} cannot be read: {content.reason}")
    try:
        return read_baseline(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    except Malformed as error:
        raise Malformed(f"{setting} {error}") from None
