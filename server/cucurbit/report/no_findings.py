"""The text for a workspace without findings. It imports nothing, so that an empty folder is answered at once."""

from __future__ import annotations

NO_FINDINGS = "No findings"
NO_ENTRY_POINT = ": no entry point was found. Name one in the setting `entry-points`."
