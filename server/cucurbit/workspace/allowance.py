"""How much work the content of one file may cause.

Time and memory must not depend on what a file says, only on how long it is. Readers whose work can grow faster than the
text (variables that hold variables, functions that call each other) spend from an allowance, and stop when it is spent.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Allowance:
    """What is left, in units that the reader chooses: characters made, nodes visited."""

    left: int
    total: Allowance | None = None
    """What all files together may cause, which is spent too."""

    def spend(self, amount: int) -> bool:
        """Take ``amount``. False if nothing is left after that, or if less was left, which is then spent too."""
        self.left = self.left - amount if amount <= self.left else 0
        return (self.total is None or self.total.spend(amount)) and self.left > 0
