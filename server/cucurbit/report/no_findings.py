"""What is said where there is nothing to say. It imports nothing: an empty folder is answered at once."""

from __future__ import annotations

NO_FINDINGS = "No findings"
NO_ENTRY_POINT = ": no entry point was found here. `entry-points` in the settings names one."
