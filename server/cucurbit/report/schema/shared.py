"""What several of the formats write alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cucurbit.report.schema.model import SchemaDocument, SchemaRelation

ACTIONS = frozenset({"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"})
"""What ``ON DELETE`` can say."""

_SOURCE = {"0..*": "}o", "0..1": "|o"}
_TARGET = {"1": "||", "0..1": "o|"}


def crows_feet(relation: SchemaRelation) -> str:
    """The line of a relation in Mermaid and PlantUML, such as ``}o--||``."""
    return f"{_SOURCE[relation.source_many]}--{_TARGET[relation.target_one]}"


def one_line(text: str) -> str:
    """Text on one line, without characters that are not printable."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())


def unique_names(schema: SchemaDocument, make: Callable[[str], str]) -> Mapping[str, str]:
    """A name in the format for the id of each table; ids that give the same name are numbered."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for table in schema.tables:
        name = base = make(table.id)
        number = 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        found[table.id] = name
    return found
