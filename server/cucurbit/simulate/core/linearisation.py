"""The method resolution order of a class: C3, in time proportional to the size of the merged orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from cucurbit.simulate.core.values import External, Value


def merged(orders: Sequence[Sequence[Value]]) -> tuple[tuple[Value, ...], bool]:
    """Merge the orders of the bases and the list of the bases. Also returns whether Python accepts them.

    If it does not, the base that is written first comes first.
    """
    waiting = [list(reversed(order)) for order in orders if order]
    behind = Counter(key(value) for order in waiting for value in order[:-1])
    result: list[Value] = []
    consistent = True
    while waiting:
        head = next((order[-1] for order in waiting if not behind[key(order[-1])]), None)
        if head is None:
            consistent = False
            head = waiting[0][-1]
            waiting = _without(waiting, head)
            behind = Counter(key(value) for order in waiting for value in order[:-1])
        else:
            for order in waiting:
                if key(order[-1]) == key(head):
                    order.pop()
                    if order:
                        behind[key(order[-1])] -= 1
            waiting = [order for order in waiting if order]
        result.append(head)
    return tuple(result), consistent


def _without(waiting: list[list[Value]], head: Value) -> list[list[Value]]:
    kept = ([value for value in order if key(value) != key(head)] for order in waiting)
    return [order for order in kept if order]


def key(value: Value) -> Hashable:
    """Equal for the same class: externals are compared by their dotted name, all other values by identity."""
    return value.dotted if isinstance(value, External) else id(value)
