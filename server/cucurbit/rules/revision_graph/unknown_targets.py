"""What names a revision that no file has: a command that upgrades to it; and files of revisions that Alembic skips."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.rules.shared.database_upgrades import upgrades
from cucurbit.rules.shared.revisions import revision_place
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript, read_names

_SYMBOLS = frozenset({"head", "heads", "base", "current"})


def unknown_targets(context: Context, graph: RevisionGraph, rule: str) -> Iterator[Finding]:
    """Upgrades to a revision that no file has, where every file is known."""
    for each in upgrades(context, graph.environment):
        target = each.revision
        if not re.fullmatch(r"\w+", target) or target in _SYMBOLS or graph.named(target) or target in graph.by_label:
            continue
        yield Finding(
            rule=rule,
            severity=Severity.ERROR if each.certain else Severity.WARNING,
            certain=each.certain,
            location=each.evidence[-1].location,
            message=f"{each.shown} upgrades to '{target}', and no revision has that identifier: it fails with \"Can't"
            f" locate revision identified by '{target}'\". Write `head`, or an identifier that exists.",
            related=each.evidence[:-1],
        )


def unread_revisions(context: Context, graph: RevisionGraph, rule: str) -> Iterator[Finding]:
    """Revisions in folders below those that Alembic reads, which follow one that it does read."""
    folders = graph.environment.version_locations
    for path in context.workspace.python_files():
        folder = path.rpartition("/")[0]
        above = next((each for each in folders if folder.startswith(f"{each}/")), None)
        if folder in folders or above is None:
            continue
        names = context.about(path, read_names)
        script = RevisionScript(path, names) if names is not None else None
        if script is None or not script.id or script.id in graph.by_id or not set(script.parents) & graph.by_id.keys():
            continue
        parent = graph.by_id[next(each for each in script.parents if each in graph.by_id)]
        yield Finding(
            rule=rule,
            severity=Severity.WARNING,
            certain=True,
            location=revision_place(context, script),
            message=f"Alembic does not read this revision, which follows {parent.shown}: it does not look into folders"
            f" below {above}. Set `recursive_version_locations = true` in {graph.environment.config}, or move the"
            " file.",
            related=(Related(revision_place(context, parent), "the revision that it follows"),),
        )
