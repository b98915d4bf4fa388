"""``revision-follows-models``: a revision whose result changes with the models of today."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.history import History, calls_of, histories
from cucurbit.rules.shared.reviewed import judged_revisions
from cucurbit.simulate.core.timeline import LinkKind, Timeline
from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import Location

NAME = "revision-follows-models"


def _check(context: Context) -> Iterator[Finding]:
    seen: set[Location] = set()
    for history in histories(context):
        calls = calls_of(context, history.graph)
        judged = {each.id for each in judged_revisions(context, history.graph)}
        for script in history.graph.order:
            found = [*_created(context, history, script)]
            if script.id in judged:
                found += _imported(context, script, context.revision_timeline(calls[script.id]))
            for each in found:
                if each.location not in seen:
                    seen.add(each.location)
                    yield each


def _created(context: Context, history: History, script: RevisionScript) -> Iterator[Finding]:
    """``create_all``, if revisions follow: in a new database, these find what they are to create."""
    followed = bool(history.graph.children.get(script.id))
    for event in history.creates_all.get(script.id, ()):
        if any(step.kind is LinkKind.IMPORT for step in event.link or ()):
            # What an import does is not the revision's: mostly, the program has imported the module before.
            continue
        later = ", and the revisions after this one find it there" if followed else ""
        yield Finding(
            rule=NAME,
            severity=Severity.WARNING,
            certain=event.certain,
            location=context.location(event.place),
            message=f"Revision {script.id} calls `create_all`: in a new database it creates what the models have then,"
            f" not what they had when it was written{later}. Write the operations: `op.create_table(...)`.",
        )


def _imported(context: Context, script: RevisionScript, timeline: Timeline) -> Iterator[Finding]:
    """Models that the file imports itself."""
    for each in timeline.imports:
        tables = context.model_modules.get(each.path, ())
        if each.importer_path != script.path or not tables or not each.certain:
            continue
        if each.path.startswith(f"{script.path.rpartition('/')[0]}/"):
            # Another revision, or tables that revisions share.
            continue
        yield Finding(
            rule=NAME,
            severity=Severity.INFORMATION,
            certain=True,
            location=context.location(each.place),
            message=f"Revision {script.id} imports models ({each.module}): it fails, or does something else, once they"
            " have changed. Describe the tables that it needs with `sa.table(...)` and `sa.column(...)`.",
            related=(Related(context.location(tables[0].place), f"defines the table '{tables[0].key}'"),),
        )


RULE = Rule(NAME, "A revision uses the models, so that its result changes with them.", Severity.WARNING, _check)
