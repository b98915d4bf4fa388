"""Celery: tasks, which run elsewhere than where they are called."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(
    name="Celery",
    may_not_run=("celery.",),
)
