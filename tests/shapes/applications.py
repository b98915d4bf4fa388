"""The shapes of real applications, held against what their own Python has: ``python -m tests.shapes.applications``.

The applications are those that ``make applications`` installs. The alembic command of each is simulated; the modules in
which it registers tables are imported for real.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cucurbit.opening import open_workspace
from cucurbit.simulate.core.timeline import EventKind, Timeline
from cucurbit.simulate.run import simulate
from cucurbit.simulate.shapes.snapshot import Moment, shapes_at
from cucurbit.workspace.model import EntryKind
from tests.real import applications as real
from tests.real.applications import INI, Application
from tests.real.compared import environment
from tests.real.workspaces import installed
from tests.shapes.comparison import Verdict, compare
from tests.shapes.judge import Judge


def measure(application: Application) -> Verdict | None:
    """How the shapes of an application compare; None where it is not installed."""
    package = installed(application.name, application.python) if application.python.exists() else None
    if package is None:
        return None
    with tempfile.TemporaryDirectory(prefix="cucurbit-shapes-") as folder:
        root = Path(folder).resolve()
        package.copy(root)
        ini = INI.format(environment=application.environment, url=application.url)
        (root / "alembic.ini").write_text(ini, encoding="utf-8")
        workspace = open_workspace(root, virtual_env=environment(application.python).prefix)
        entry = next(
            each for each in workspace.entry_points if each.kind is EntryKind.ALEMBIC and each.target == "alembic.ini"
        )
        timeline = simulate(workspace, entry)
        modules = list(dict.fromkeys(each.module for each in timeline.tables if not each.module.endswith("_py")))
        judge = Judge(python=str(application.python), variables={"HOME": str(root), **application.variables})
        try:
            recorded = judge.record(root, *modules, lenient=True)
        finally:
            judge.close()
        keys = {each.key for each in timeline.tables}
        # Other modules of the environment may have tables that this entry point never comes to.
        recorded["tables"] = [
            {key: table for key, table in each.items() if key in keys} for each in recorded.get("tables", ())
        ]
        recorded.setdefault("mappers", {})
        return compare(shapes_at(timeline, before_revisions(timeline)), recorded)


def before_revisions(timeline: Timeline) -> Moment:
    """Before the first revision is executed, which the recorder does not do."""
    starts = (
        index
        for index, event in enumerate(timeline.events)
        if event.kind is EventKind.MODULE_STARTED and "/versions/" in event.path
    )
    return Moment("migrations", next(starts, len(timeline.events)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.shapes.applications", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--verbose", action="store_true", help="what is wrong and what is not known")
    parser.add_argument("--environments", type=Path, default=None, help="where the applications are installed")
    options = parser.parse_args(arguments)
    if options.environments is not None:
        real.ENVIRONMENTS = options.environments
    found: dict[str, object] = {}
    for name, application in real.applications().items():
        if options.only and name not in options.only:
            continue
        verdict = measure(application)
        if verdict is None:
            sys.stderr.write(f"{name} is not installed\n")
            continue
        found[name] = {**verdict.counts, "wrong": len(verdict.wrong)}
        counts = verdict.counts
        sys.stdout.write(
            f"{name}: {counts['columns known']} of {counts['columns']} columns, {counts['types known']} of "
            f"{counts['types']} types, {counts['properties known']} of {counts['properties']} properties, "
            f"{len(verdict.wrong)} wrong\n"
        )
        if options.verbose:
            sys.stdout.writelines(f"    wrong: {each}\n" for each in verdict.wrong)
            sys.stdout.writelines(f"    unknown: {each}\n" for each in verdict.missing)
        sys.stdout.flush()
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
