"""The names of the server's commands, as clients send them."""

from __future__ import annotations

from typing import Final

SHOW_TIMELINE: Final = "cucurbit.showTimeline"
TIMELINE_PAGE: Final = "cucurbit.timelinePage"
SCHEMA_PAGE: Final = "cucurbit.schemaPage"
ENTRY_POINTS: Final = "cucurbit.entryPoints"
CREATE_AGGREGATOR: Final = "cucurbit.createAggregator"
PROPOSE_AGGREGATOR: Final = "cucurbit.proposeAggregator"
ROUTE_IMPORTS: Final = "cucurbit.routeImports"
APPLY_FIX: Final = "cucurbit.applyFix"
RESTART_ANALYSIS: Final = "cucurbit.restartAnalysis"
REGISTRATION_CHILDREN: Final = "cucurbit.registrationChildren"
REGISTRATION_PATH: Final = "cucurbit.registrationPath"
REACH: Final = "cucurbit.reach"

SHOW_REACH: Final = "cucurbit.showReach"
"""A command of the VS Code extension, not of the server."""
