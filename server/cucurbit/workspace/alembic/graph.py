"""The graph of an environment's revisions: heads, bases, merges, and what Alembic refuses in it.

Facts from alembic/script/revision.py (``RevisionMap._revision_map``, ``Revision``); the names below are Alembic's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from types import MappingProxyType

from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import MigrationEnvironment

_ILLEGAL = frozenset("@-+:")
_SHORTEST = 4
"""An abbreviated identifier has as many characters at least."""


class Fault(str, Enum):
    """What Alembic refuses in a graph."""

    MISSING_PARENT = "missing parent"
    LABEL_AS_PARENT = "label as parent"
    MISSING_DEPENDENCY = "missing dependency"
    DUPLICATE = "duplicate identifier"
    SELF_PARENT = "own parent"
    SELF_DEPENDENCY = "own dependency"
    CYCLE = "cycle"
    DEPENDENCY_CYCLE = "dependency cycle"
    DUPLICATE_LABEL = "duplicate label"
    NO_IDENTIFIER = "no identifier"
    NO_PARENT = "no down_revision"
    ILLEGAL_CHARACTER = "illegal character"


@dataclass(frozen=True)
class GraphFault:
    """One cause: ``scripts`` are the files that have it, ``name`` the identifier or label, ``words`` Alembic's text."""

    fault: Fault
    scripts: tuple[RevisionScript, ...]
    name: str
    words: str


@dataclass(frozen=True)
class RevisionGraph:
    """The revisions of one environment, in the order in which Alembic reads them.

    ``unseen``: why further revisions may exist that are not among ``scripts``; empty if all are.
    """

    environment: MigrationEnvironment
    scripts: tuple[RevisionScript, ...]
    unseen: tuple[str, ...] = ()

    # ------------------------------------------------------------------ what is known

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """Why the graph may be another one; empty if all of it is known."""
        found = [*self.unseen]
        for each in self.scripts:
            if not each.names.parses:
                found.append(f"{each.path} has a syntax error")
            elif not each.has_known_id:
                found.append(f"{each.path} computes its identifier")
            elif not each.has_known_parents:
                found.append(f"{each.path} computes what it follows")
        return tuple(found)

    @property
    def is_complete(self) -> bool:
        return not self.doubts

    @cached_property
    def knows_identifiers(self) -> bool:
        """Whether every identifier and label that exists is known, so that others are missing."""
        return not self.unseen and all(
            each.has_known_id and each.names.parses and each.names.branch_labels.known for each in self.scripts
        )

    # --------------------------------------------------------------------- look-ups

    @cached_property
    def by_id(self) -> Mapping[str, RevisionScript]:
        """As Alembic keeps them: of several files with one identifier, the last."""
        return MappingProxyType({each.id: each for each in self.scripts if each.id})

    @cached_property
    def by_label(self) -> Mapping[str, RevisionScript]:
        """The revision that has a branch label; of several, the first."""
        found: dict[str, RevisionScript] = {}
        for each in self.scripts:
            for label in each.labels:
                found.setdefault(label, each)
        return MappingProxyType(found)

    @cached_property
    def by_path(self) -> Mapping[str, RevisionScript]:
        return MappingProxyType({each.path: each for each in self.scripts})

    def dependency(self, name: str) -> RevisionScript | None:
        """The revision that ``depends_on`` names, by its identifier or label."""
        return self.by_id.get(name) or self.by_label.get(name)

    def named(self, identifier: str) -> tuple[RevisionScript, ...]:
        """The revisions of an identifier, which may be abbreviated as on Alembic's command line."""
        exact = tuple(each for each in self.scripts if each.id == identifier)
        if exact or len(identifier) < _SHORTEST:
            return exact
        return tuple(each for each in self.scripts if each.id.startswith(identifier))

    @cached_property
    def children(self) -> Mapping[str, tuple[RevisionScript, ...]]:
        """The revisions that follow one by ``down_revision``, by its identifier."""
        return _followers(self.scripts, lambda each: each.parents)

    @cached_property
    def dependents(self) -> Mapping[str, tuple[RevisionScript, ...]]:
        """The revisions that depend on one by ``depends_on``, by its identifier."""
        return _followers(self.scripts, self._dependency_ids)

    def _dependency_ids(self, script: RevisionScript) -> tuple[str, ...]:
        found = (self.dependency(name) for name in script.dependencies)
        return tuple(each.id for each in found if each is not None)

    def parents_of(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        """The revisions that one follows, as far as they exist."""
        return tuple(self.by_id[each] for each in script.parents if each in self.by_id)

    def before(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        """The revisions that run right before one: its parents and dependencies."""
        depended = (self.by_id[each] for each in self._dependency_ids(script))
        return tuple(dict.fromkeys((*self.parents_of(script), *depended)))

    # ------------------------------------------------------------------------ shape

    @cached_property
    def heads(self) -> tuple[RevisionScript, ...]:
        """As ``alembic heads`` counts them: what no revision follows, and each duplicate that another one hides."""
        known = self.by_id
        followed = {parent for each in known.values() for parent in each.parents}
        return tuple(
            each for each in self.scripts if each.id and (known[each.id] is not each or each.id not in followed)
        )

    @property
    def distinct_heads(self) -> tuple[RevisionScript, ...]:
        """The heads without the duplicates that another file hides."""
        return tuple(each for each in self.heads if self.by_id[each.id] is each)

    @property
    def duplicates(self) -> tuple[GraphFault, ...]:
        """The identifiers that several files have."""
        return tuple(each for each in self.faults if each.fault is Fault.DUPLICATE)

    @cached_property
    def bases(self) -> tuple[RevisionScript, ...]:
        """The revisions that follow none."""
        return tuple(
            each
            for each in self.scripts
            if each.id and each.names.down_revision.given and each.names.down_revision.known and not each.parents
        )

    @cached_property
    def order(self) -> tuple[RevisionScript, ...]:
        """Every revision with an identifier after those that it follows and depends on; those in cycles come last."""
        waiting = {each.id: len(self.before(each)) for each in self.by_id.values()}
        ready = [each for each in self.by_id.values() if not waiting[each.id]]
        found: list[RevisionScript] = []
        ready.reverse()
        while ready:
            each = ready.pop()
            found.append(each)
            for later in reversed(list(dict.fromkeys(self._after(each)))):
                if self.by_id.get(later.id) is later:
                    waiting[later.id] -= 1
                    if not waiting[later.id]:
                        ready.append(later)
        seen = {each.id for each in found}
        return (*found, *(each for each in self.by_id.values() if each.id not in seen))

    def ancestors(self, script: RevisionScript) -> frozenset[str]:
        """The identifiers of all revisions that run before one, and its own."""
        return frozenset(_reached((script,), self.before))

    def position(self, script: RevisionScript) -> int:
        """The number of a revision on its way from the base: 1 for a base."""
        return len(self.ancestors(script))

    @cached_property
    def branches(self) -> Mapping[str, frozenset[str]]:
        """The branch labels of each revision, as ``alembic heads`` shows them: its own and those along its branch."""
        found: dict[str, set[str]] = {each.id: set() for each in self.by_id.values()}
        for each in self.by_id.values():
            if each.labels:
                for identifier in _reached((each,), self._children_of):
                    found[identifier].update(each.labels)
                for identifier in self._down_to_branch_point(each):
                    found[identifier].update(each.labels)
        return MappingProxyType({name: frozenset(labels) for name, labels in found.items()})

    def _children_of(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        return self.children.get(script.id, ())

    def _after(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        """The revisions that follow one or depend on it."""
        return (*self.children.get(script.id, ()), *self.dependents.get(script.id, ()))

    def _down_to_branch_point(self, script: RevisionScript) -> Iterator[str]:
        seen: set[str] = set()
        while script.id not in seen:
            seen.add(script.id)
            if len(set(self._after(script))) > 1 or len(script.parents) > 1:
                return
            yield script.id
            script = next(iter(self.parents_of(script)), script)

    # ----------------------------------------------------------------------- faults

    @cached_property
    def faults(self) -> tuple[GraphFault, ...]:
        """Every cause for which Alembic cannot load the graph, or for which it skips a file."""
        return (*self._of_files(), *self._duplicates(), *self._missing(), *self._cycles())

    def _of_files(self) -> Iterator[GraphFault]:
        for each in self.scripts:
            if each.lacks_id:
                words = f"Could not determine revision id from filename {each.file_name}"
                yield GraphFault(Fault.NO_IDENTIFIER, (each,), "", words)
            elif each.lacks_parent:
                module = "".join(sign if sign.isalnum() or sign == "_" else "_" for sign in each.file_name)
                yield GraphFault(
                    Fault.NO_PARENT, (each,), each.id, f"module '{module}' has no attribute 'down_revision'"
                )
            illegal = sorted(_ILLEGAL & set(each.id))
            if each.id and each.id in each.parents:
                yield GraphFault(Fault.SELF_PARENT, (each,), each.id, f"Self-loop is detected in revisions ({each.id})")
            elif each.id and each.id in each.dependencies:
                words = f"Dependency self-loop is detected in revisions ({each.id})"
                yield GraphFault(Fault.SELF_DEPENDENCY, (each,), each.id, words)
            elif illegal:
                words = f"Character(s) '{', '.join(illegal)}' not allowed in revision identifier '{each.id}'"
                yield GraphFault(Fault.ILLEGAL_CHARACTER, (each,), each.id, words)

    def _duplicates(self) -> Iterator[GraphFault]:
        same: dict[str, list[RevisionScript]] = {}
        for each in self.scripts:
            if each.id:
                same.setdefault(each.id, []).append(each)
        for name, scripts in same.items():
            if len(scripts) > 1:
                yield GraphFault(Fault.DUPLICATE, tuple(scripts), name, f"Revision {name} is present more than once")
        for name in self.by_label:
            holders = [each for each in self.scripts if name in each.labels]
            if name in self.by_id:
                holders = list(dict.fromkeys((self.by_id[name], *holders)))
            if len(holders) > 1 or name in self.by_id:
                words = f"Branch name '{name}' in revision {holders[-1].id} already used by revision {holders[0].id}"
                yield GraphFault(Fault.DUPLICATE_LABEL, tuple(holders), name, words)

    def _missing(self) -> Iterator[GraphFault]:
        parents: dict[str, list[RevisionScript]] = {}
        dependencies: dict[str, list[RevisionScript]] = {}
        for each in self.scripts:
            for name in each.parents:
                if name not in self.by_id:
                    parents.setdefault(name, []).append(each)
            for name in each.dependencies:
                if self.dependency(name) is None:
                    dependencies.setdefault(name, []).append(each)
        for name, scripts in parents.items():
            fault = Fault.LABEL_AS_PARENT if name in self.by_label else Fault.MISSING_PARENT
            yield GraphFault(fault, tuple(scripts), name, f"KeyError: {name!r}")
        for name, scripts in dependencies.items():
            yield GraphFault(Fault.MISSING_DEPENDENCY, tuple(scripts), name, f"KeyError: {name!r}")

    def _cycles(self) -> Iterator[GraphFault]:
        known = [each for each in self.by_id.values() if each.id not in (*each.parents, *each.dependencies)]
        circles = _circles(known, self.parents_of)
        for scripts in circles:
            names = self._refused(self.parents_of, self._children_of, self.heads, self.bases)
            words = f"Cycle is detected in revisions ({', '.join(names)})"
            yield GraphFault(Fault.CYCLE, scripts, scripts[0].id, words)
        circular = {each.id for scripts in circles for each in scripts}
        heads = tuple(each for each in self.heads if not self.dependents.get(each.id))
        bases = tuple(each for each in self.bases if not each.dependencies)
        for scripts in _circles(known, self.before):
            if circular.isdisjoint(each.id for each in scripts):
                names = self._refused(self.before, self._after, heads, bases)
                words = f"Dependency cycle is detected in revisions ({', '.join(names)})"
                yield GraphFault(Fault.DEPENDENCY_CYCLE, scripts, scripts[0].id, words)

    def _refused(
        self,
        down: Callable[[RevisionScript], Iterable[RevisionScript]],
        up: Callable[[RevisionScript], Iterable[RevisionScript]],
        heads: tuple[RevisionScript, ...],
        bases: tuple[RevisionScript, ...],
    ) -> list[str]:
        """The revisions that Alembic names: those that are not on a way from a head to a base."""
        if not heads or not bases:
            return list(self.by_id)
        return sorted(self.by_id.keys() - (_reached(heads, down) & _reached(bases, up)))


def _followers(
    scripts: Iterable[RevisionScript], followed: Callable[[RevisionScript], Iterable[str]]
) -> Mapping[str, tuple[RevisionScript, ...]]:
    found: dict[str, list[RevisionScript]] = {}
    for each in scripts:
        for name in dict.fromkeys(followed(each)):
            if each.id:
                found.setdefault(name, []).append(each)
    return MappingProxyType({name: tuple(below) for name, below in found.items()})


def _reached(
    scripts: Iterable[RevisionScript], onward: Callable[[RevisionScript], Iterable[RevisionScript]]
) -> set[str]:
    """The identifiers of the revisions that are reached from some, those included."""
    found: set[str] = set()
    waiting = list(scripts)
    while waiting:
        each = waiting.pop()
        if each.id not in found:
            found.add(each.id)
            waiting.extend(onward(each))
    return found


def _circles(
    scripts: Iterable[RevisionScript], down: Callable[[RevisionScript], Iterable[RevisionScript]]
) -> list[tuple[RevisionScript, ...]]:
    """The groups of revisions that follow each other in circles (the strongly connected ones), in reading order.

    What is on no circle is taken away first: what reaches none, and what is reached from none.
    """
    left = {each.id: each for each in scripts}
    edges = {name: {each.id for each in down(script) if each.id in left} for name, script in left.items()}
    for name in {*_free(edges), *_free(_turned(edges))}:
        del left[name]
    forward = {name: edges[name] & left.keys() for name in left}
    backward = _turned(forward)
    found: list[tuple[RevisionScript, ...]] = []
    while left:
        first = next(iter(left))
        group = _closure(first, forward) & _closure(first, backward)
        members = tuple(script for name, script in left.items() if name in group)
        if len(members) > 1 or first in forward[first]:
            found.append(members)
        for name in group:
            del left[name]
    return found


def _turned(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {name: set() for name in edges}
    for name, targets in edges.items():
        for target in targets:
            turned[target].add(name)
    return turned


def _free(edges: Mapping[str, set[str]]) -> list[str]:
    """The names from which no circle is reached."""
    back = _turned(edges)
    count = {name: len(targets) for name, targets in edges.items()}
    free = [name for name, number in count.items() if not number]
    for name in free:  # grows while it is read
        for other in back[name]:
            count[other] -= 1
            if not count[other]:
                free.append(other)
    return free


def _closure(first: str, edges: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(edges[name])
    return found
