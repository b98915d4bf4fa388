"""The drift of real projects: what ``cucurbit drift`` says of them, and what was read of it (``drift.toml``).

A release of an application is free of drift in most cases: what is certain there is a fault of Cucurbit or a real find.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cucurbit.analysis.drift.difference import Difference
from cucurbit.analysis.engine import analyse
from cucurbit.opening import open_workspace
from cucurbit.rules.shared.drift import Drift, drifts
from cucurbit.rules.shared.history import history_of
from tests.evaluation import owners
from tests.real.applications import ENVIRONMENTS, INI, applications
from tests.real.compared import environment
from tests.real.workspaces import installed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LISTED = Path(__file__).with_name("drift.toml")
Data = Mapping[str, Any]


@dataclass(frozen=True)
class DriftRead:
    """What was read of one project's certain differences.

    ``real`` of them are there: the database that the revisions make differs so from the models. ``false`` are not.
    ``why`` explains them, or why nothing is certain.
    """

    name: str
    real: int = 0
    false: int = 0
    why: str = ""

    @property
    def is_application(self) -> bool:
        """Whether it is a distribution from PyPI, and no repository."""
        return "/" not in self.name


def read() -> list[DriftRead]:
    """The projects, as ``drift.toml`` lists them."""
    with LISTED.open("rb") as file:
        return [DriftRead(name, **given) for name, given in tomllib.load(file).items()]


def measured(corpus: Path | None, stored: object, progress: Callable[[str], None]) -> dict[str, object]:
    """The drift of those that are at hand; of the others what is stored."""
    kept = dict(stored) if isinstance(stored, Mapping) else {}
    known = {each.name: each for each in owners.judged()}
    for each in read():
        root = None if each.is_application or corpus is None else owners.checkout(known[each.name], corpus)
        found = measure_application(each.name) if each.is_application else None if root is None else measure(root)
        progress(f"drift of {each.name}: {'measured' if found is not None else 'not there'}")
        if found is not None:
            kept[each.name] = found
    return kept


# ----------------------------------------------------------------------- the page


def section(found: Data, table: Callable[[Sequence[str], Iterable[Sequence[object]]], str]) -> Iterator[str]:
    """The part of docs/evaluation.md about drift; ``table`` makes one of a head and rows."""
    projects = [each for each in read() if each.name in found]
    packaged = sum(each.is_application for each in projects)
    yield "## Drift of real projects\n"
    yield (
        f"What `cucurbit drift` says of {packaged} applications from PyPI and {len(projects) - packaged} public"
        " projects: the models compared with the schema that their revisions leave. Every certain difference was read"
        " beside the models and the revisions; *false* is one that autogenerate would not write. *Complete*: nothing"
        " else may differ. Nothing is certain of a table that may have been changed by what is not seen.\n"
    )
    head = ("project", "revisions", "tables", "complete", "certain", "real", "false", "not certain", "what was read")
    yield table(head, (_row(each, found[each.name]) for each in projects))


def _row(each: DriftRead, found: Data) -> Sequence[object]:
    complete = "yes" if found["complete"] else ""
    count = len(found["certain"])
    figures = (found["revisions"], found["tables"], complete, count, each.real, each.false, found["uncertain"])
    return (each.name, *figures, each.why)


# -------------------------------------------------------------------- measuring


def measure_application(name: str) -> dict[str, object] | None:
    """The drift of an application that PyPI distributes; None if it is not installed."""
    application = applications()[name]
    package = installed(name, application.python) if application.python.exists() else None
    if package is None:
        return None
    with tempfile.TemporaryDirectory(prefix="cucurbit-drift-") as folder:
        root = Path(folder).resolve()
        package.copy(root)
        text = INI.format(environment=application.environment, url=application.url)
        # Some sort their revisions into folders.
        text = text.replace("[alembic]\n", "[alembic]\nrecursive_version_locations = true\n")
        (root / "alembic.ini").write_text(text, encoding="utf-8")
        return measure(root, virtual_env=environment(application.python).prefix, config="alembic.ini")


def measure(root: Path, *, virtual_env: str | None = None, config: str = "") -> dict[str, object]:
    """The drift of a project in a folder: sums over its environments, or of one of them."""
    context = analyse(open_workspace(root, virtual_env=virtual_env))
    found = [each for each in drifts(context) if config in ("", each.environment.config)]
    histories = [history_of(context, each.environment) for each in found]
    return {
        "revisions": sum(len(each.graph.order) for each in histories),
        "tables": sum(len(each.head.tables) for each in histories),
        "complete": bool(found) and all(each.is_complete for each in found),
        "certain": sorted(key(each) for drift in found for each in certain(drift)),
        "uncertain": sum(not each.certain for drift in found for each in drift.comparison.differences),
        "doubts": [each for drift in found for each in drift.doubts][:3],
    }


def certain(drift: Drift) -> Iterator[Difference]:
    """The certain differences of an environment."""
    return (each for each in drift.comparison.differences if each.certain)


def key(difference: Difference) -> str:
    """A difference in one word: the operation, the table and the name."""
    name = difference.name or ",".join(difference.names)
    return f"{difference.op} {difference.table}{'.' if name else ''}{name}"


def main(names: Sequence[str]) -> None:
    """Print the drift of applications by name and of folders, to be read."""
    for name in names:
        found = measure(Path(name)) if "/" in name else measure_application(name)
        sys.stdout.write(f"{name}: {found}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:] or sorted(each.name for each in ENVIRONMENTS.iterdir()))
