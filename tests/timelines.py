"""Timelines compared."""

from __future__ import annotations

from dataclasses import fields

from cucurbit.simulate.core.timeline import Timeline


def told(*timelines: Timeline) -> list[tuple[object, ...]]:
    """All that each timeline says. They themselves are equal only as one object."""
    return [tuple(getattr(timeline, field.name) for field in fields(timeline)) for timeline in timelines]
