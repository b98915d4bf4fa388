"""The Alembic environments that a command line names."""

from __future__ import annotations

from cucurbit.cli.errors import Refused
from cucurbit.workspace.alembic.graph import RevisionGraph


def chosen_graphs(found: tuple[RevisionGraph, ...], named: str | None) -> tuple[RevisionGraph, ...]:
    """The environments of a configuration, a section, an env.py or a folder; all where none is named.

    Raises:
        Refused: there is none.
    """
    if not found:
        raise Refused("there is no Alembic environment here")
    if named is None:
        return found
    wanted = named.replace("\\", "/").removeprefix("./").rstrip("/")
    chosen = tuple(each for each in found if wanted in _names(each))
    chosen = chosen or tuple(each for each in found if _is_below(each, wanted))
    if not chosen:
        known = ", ".join(dict.fromkeys(each.environment.config for each in found))
        raise Refused(f"there is no environment `{named}`; there is {known}")
    return chosen


def _is_below(graph: RevisionGraph, folder: str) -> bool:
    return folder in ("", ".") or graph.environment.config.startswith(f"{folder}/")


def _names(graph: RevisionGraph) -> set[str]:
    environment = graph.environment
    return {environment.config, environment.section, environment.env_path, environment.script_location}
