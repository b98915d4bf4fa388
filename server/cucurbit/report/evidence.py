"""The evidence of a finding as a tree: what several chains of imports have in common is shown once.

A finding may have hundreds of pieces of evidence. :meth:`Evidence.shortened` chooses those that a reader needs first:
whole chains from the first on, without the steps in the middle of a long one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cucurbit.analysis.finding import Related

_WAYS = ((0, 0), (3, 3), (2, 2), (1, 2), (1, 1), (0, 1))
"""How many steps are kept at both ends of a long run, tried in this order; (0, 0) keeps all."""

_MOST_CHAINS = 4
"""More chains than this are alternatives of one kind, of which the first one stands for all."""


@dataclass(frozen=True)
class Shown:
    """One line of evidence. ``depth`` counts the forks above it. Without ``piece``, ``text`` says what is left out."""

    depth: int
    piece: Related | None
    text: str


@dataclass
class _Node:
    """A piece of evidence, and what follows it on each chain that goes through it. ``chain`` is the first of these."""

    piece: Related | None
    chain: str = ""
    after: dict[tuple[object, str], _Node] = field(default_factory=dict)


class Evidence:
    """The evidence of one finding. Its trees are built once, however often :meth:`shortened` is asked."""

    def __init__(self, related: Sequence[Related]) -> None:
        self._chains = _chains(related)
        self._trees: dict[int, _Node] = {}

    @cached_property
    def whole(self) -> list[Shown]:
        """Every piece of evidence, each step that chains have in common once."""
        return list(_lines(_tree(self._chains), (0, 0)))

    @cached_property
    def _likely(self) -> list[list[Related]]:
        return _without_alternatives(self._chains)

    def shortened(self, most: int) -> list[Shown]:
        """About ``most`` lines of the evidence, two at least; the last one says how much is left out."""
        if len(self.whole) <= most:
            return self.whole
        for number in range(min(len(self._likely), most), 0, -1):
            left_out = len(self._chains) - number
            for kept in _WAYS:
                shown = list(_lines(self._first(number), kept))
                if len(shown) + bool(left_out) <= most:
                    return [*shown, *([Shown(0, None, f"and {left_out} more")] if left_out else [])]
        room = max(1, most - 1)
        return [*self.whole[:room], Shown(0, None, f"and {len(self.whole) - room} more")]

    def _first(self, number: int) -> _Node:
        """The tree of the first ``number`` chains."""
        if number not in self._trees:
            self._trees[number] = _tree(self._likely[:number])
        return self._trees[number]


def _chains(related: Iterable[Related]) -> list[list[Related]]:
    """Pieces that follow one another and have the same chain; a piece without one stands alone."""
    chains: list[list[Related]] = []
    for piece in related:
        if piece.chain and chains and chains[-1][-1].chain == piece.chain:
            chains[-1].append(piece)
        else:
            chains.append([piece])
    return chains


def _without_alternatives(chains: list[list[Related]]) -> list[list[Related]]:
    """Where many chains have a name, they lead to things of one kind, and the first of them stands for all."""
    named = [chain for chain in chains if chain[0].chain]
    return chains if len(named) <= _MOST_CHAINS else [each for each in chains if not each[0].chain or each is named[0]]


def _tree(chains: Iterable[Sequence[Related]]) -> _Node:
    root = _Node(None)
    for chain in chains:
        node = root
        for piece in chain:
            node = node.after.setdefault((piece.location, piece.message), _Node(piece, piece.chain))
    return root


def _lines(root: _Node, kept: tuple[int, int]) -> Iterator[Shown]:
    """The lines of a tree. A run without forks stays at one depth; each branch of a fork is one deeper."""
    waiting = [(node, 0, node.chain) for node in reversed(root.after.values())]
    while waiting:
        first, depth, label = waiting.pop()
        run, last = [first], first
        while len(last.after) == 1:
            (last,) = last.after.values()
            run.append(last)
        yield from _run(run, label, depth, kept)
        waiting += [(node, depth + 1, node.chain) for node in reversed(last.after.values())]


def _run(run: Sequence[_Node], label: str, depth: int, kept: tuple[int, int]) -> Iterator[Shown]:
    before, behind = kept
    omitted = len(run) - before - behind
    for index, node in enumerate(run):
        piece = node.piece
        if piece is None:
            continue
        if behind and omitted > 1 and before <= index < before + omitted:
            if index == before:
                steps = f"{omitted} more steps"
                yield Shown(depth, None, f"{label}: {steps}" if label and not index else steps)
            continue
        yield Shown(depth, piece, f"{label}: {piece.message}" if label and not index else piece.message)
