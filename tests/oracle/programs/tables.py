"""Draws tables: mapped classes, ``Table(...)``, and what makes them."""

from __future__ import annotations

from tests.oracle.programs.choices import Choices
from tests.oracle.programs.model import Line, Node, under

TABLES = tuple(f"t{number}" for number in range(30))


class Tables(Choices):
    """Writes tables, where the base has been imported."""

    def table(self) -> str:
        """A table's name: mostly one that few others take, sometimes one that is likely taken."""
        return self.pick(TABLES[:2]) if self.chance(10) else self.pick(TABLES)

    def name_of_table(self) -> tuple[list[Node], str]:
        """Statements that go before, and the expression of a table's name."""
        name = self.table()
        prefix = self.base["PREFIX"]
        form = self.count(0, 8)
        if form == 5:
            return [], f'{prefix} + "{name}"'
        if form == 6:
            return [], f'f"{{{prefix}}}{name}"'
        if form == 7:
            return [Line(f'TABLE = "{name}"')], "TABLE"
        if form == 8:
            return [], f'"{name.upper()}".lower()'
        return [], f'"{name}"'

    def columns(self) -> list[Node]:
        lines: list[Node] = [Line("id = Column(Integer, primary_key=True)")]
        if self.chance(20):
            lines = [Line("id: Mapped[int] = mapped_column(primary_key=True)")]
        if self.chance(15) and not self.plan.creates:
            lines.append(Line(f'parent_id = Column(ForeignKey("{self.table()}.id"))'))
        if self.chance(3):
            lines.append(Line("metadata = Column(Integer)"))
        return lines

    def mapped(self) -> list[Node]:
        """A mapped class."""
        form = self.count(0, 9)
        if form == 9:
            return self.made()
        before, name = self.name_of_table()
        bases = self.bases()
        self.classes += 1
        body: list[Node] = [Line(f"__tablename__ = {name}")]
        arguments = self.table_arguments()
        if arguments:
            body.append(Line(f"__table_args__ = {{{arguments}}}"))
        named = "Named" in bases and self.chance(50)
        return [*before, under(f"class Model{self.classes}({bases}):", *([] if named else body), *self.columns())]

    def bases(self) -> str:
        base = self.base
        return self.pick(
            (
                *([base["Base"]] * 5),
                base["Abstract"],
                f"{base['Mixin']}, {base['Base']}",
                base["Other"],
            )
        )

    def table_arguments(self) -> str:
        if self.chance(10):
            return '"extend_existing": True'
        return '"schema": "s"' if self.plan.schemas and self.chance(15) else ""

    def made(self) -> list[Node]:
        """Tables and classes that a function of the base's module makes, or a loop, or a second class."""
        form = self.count(0, 3)
        make = self.base["make"]
        if form == 0:
            return [Line(f'{make}("{self.table()}")')]
        if form == 1:
            names = f'("{self.table()}", "{self.table()}")'
            return [under(f"for name in {names}:", Line(f"{make}(name)"))]
        if form == 2:
            self.classes += 1
            parent = f"Model{self.classes}"
            return [
                under(
                    f"class {parent}({self.base['Base']}):",
                    Line(f'__tablename__ = "{self.table()}"'),
                    *self.columns(),
                ),
                under(f"class Child{self.classes}({parent}):", Line("pass")),
            ]
        return [Line(f'made = [{make}(name) for name in ["{self.table()}"]]')]

    def tabled(self) -> list[Node]:
        """A ``Table``."""
        before, name = self.name_of_table()
        metadata = self.pick((self.base["metadata"], f"{self.base['Base']}.metadata", f"{self.base['Other']}.metadata"))
        form = self.count(0, 7)
        items = ', Column("id", Integer, primary_key=True)'
        if form == 5:
            items = ', Column("more", Integer, primary_key=True), extend_existing=True'
        elif form == 6 and not self.plan.creates:
            items = ""
        elif form == 7 and not self.plan.creates:
            name_of = self.pick(TABLES)
            items = f', Column("left_id", ForeignKey("{name_of}.id"), primary_key=True)'
        if self.plan.schemas and self.chance(10):
            items += ', schema="s"'
        elif self.chance(5):
            items += ", keep_existing=True" if "extend" not in items else ""
        return [*before, Line(f"{self.pick(('', '', 'v1 = '))}Table({name}, {metadata}{items})")]
