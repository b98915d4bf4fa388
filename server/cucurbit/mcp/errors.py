"""What a tool answers if it cannot do what it is asked for."""

from __future__ import annotations


class ToolRefused(Exception):
    """A request that cannot be answered; the message says what to do."""
