"""The cascades of relationships: sqlalchemy/orm/util.py (``CascadeOptions``)."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.rules.shared.orm.verdicts import Verdict, respelled
from cucurbit.rules.shared.orm.words import meant, write
from cucurbit.simulate.core.shapes import CallTerm, MapperShape, RelationshipShape, Term, ValueTerm
from cucurbit.simulate.core.timeline import Event

RELATIONSHIP_CASCADE = "relationship-cascade"
_WRITES = frozenset({"save-update", "delete", "delete-orphan"})
"""What SQLAlchemy 1.4 refuses together with ``viewonly``: all but ``CascadeOptions._viewonly_cascades``."""
_ALL = frozenset({"save-update", "merge", "refresh-expire", "expunge", "delete"})
_KNOWN = _ALL | {"delete-orphan", "all", "none"}


def tokens(term: Term | None) -> frozenset[str] | None:
    """The options that a ``cascade`` names, None if it is not known or not given."""
    if not isinstance(term, ValueTerm) or term.text is None:
        return None
    return frozenset(each for each in (part.strip() for part in term.text.split(",")) if each)


def deletes_orphans(relationship: RelationshipShape) -> ValueTerm | None:
    """The ``cascade`` of a relationship, if it has ``delete-orphan``."""
    term = relationship.argument("cascade")
    found = tokens(term)
    return term if found is not None and "delete-orphan" in found and isinstance(term, ValueTerm) else None


def cascade_verdicts(mapper: MapperShape, relationship: RelationshipShape, event: Event) -> Iterator[Verdict]:
    """What is refused as the relationship is made, and as its backref is made, when mappers are configured."""
    shown = f"{mapper.name}.{relationship.name}"
    for term, at_import in ((relationship.argument("cascade"), True), (_of_backref(relationship), False)):
        given = tokens(term)
        if given is None or not isinstance(term, ValueTerm):
            continue
        wrong = sorted(given - _KNOWN)
        if wrong:
            yield _unknown(shown, term, wrong, relationship, event, at_import=at_import)
        elif at_import and relationship.argument("viewonly") == ValueTerm(True) and not mapper.modern:
            writes = sorted((_ALL if "all" in given else given) & _WRITES)
            if writes:
                yield _viewonly(shown, term, writes, relationship, event)


def _of_backref(relationship: RelationshipShape) -> Term | None:
    given = relationship.argument("backref")
    return dict(given.keywords).get("cascade") if isinstance(given, CallTerm) else None


def _unknown(
    shown: str, term: ValueTerm, wrong: list[str], relationship: RelationshipShape, event: Event, *, at_import: bool
) -> Verdict:
    name = wrong[0]
    better = meant(name, _KNOWN)
    known = ", ".join(f"`{each}`" for each in sorted(_KNOWN - {"none"}))
    do = write(better, f"The options are {known}.")
    return Verdict(
        rule=RELATIONSHIP_CASCADE,
        stage="import" if at_import else "configure",
        place=term.place or relationship.place,
        message=f"`cascade` of relationship {shown} has an option that does not exist, `{name}`. {do}",
        error="ArgumentError",
        said=f"Invalid cascade option(s): {', '.join(repr(each) for each in wrong)}",
        event=event,
        spelling=respelled(term.place, term.text or "", better, name),
    )


def _viewonly(shown: str, term: ValueTerm, writes: list[str], relationship: RelationshipShape, event: Event) -> Verdict:
    return Verdict(
        rule=RELATIONSHIP_CASCADE,
        stage="import",
        place=term.place or relationship.place,
        message=f"Relationship {shown} is `viewonly`, and its `cascade` writes. Leave the cascade out.",
        error="ArgumentError",
        said=(
            f'Cascade settings "{", ".join(writes)}" apply to persistence operations and should not be combined with '
            "a viewonly=True relationship."
        ),
        event=event,
    )
