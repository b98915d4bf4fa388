"""The files of an application on FastAPI, SQLAlchemy and Alembic: models, schemas, repositories, services, routers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.bench.code import Filler, grouped, plain_file
from tests.bench.words import NOUNS, class_name

MODERN = "from sqlalchemy.orm import Mapped, mapped_column, relationship"

_COLUMNS = (
    "    {n}: Mapped[str] = mapped_column(String({k}), nullable=False)\n",
    "    {n}: Mapped[str | None] = mapped_column(String({k}), index=True)\n",
    "    {n}: Mapped[int] = mapped_column(Integer, default={k}, nullable=False)\n",
    "    {n}_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)\n",
    '    is_{n}: Mapped[bool] = mapped_column(Boolean, default=False, server_default=text("false"))\n',
    "    {n}_amount: Mapped[Decimal] = mapped_column(Numeric(12, 2), nullable=False)\n",
    "    {n}_data: Mapped[dict[str, str] | None] = mapped_column(JSON, nullable=True)\n",
    """    {n}: Mapped[str] = mapped_column(
        Text,
        nullable=False,
        comment="as the {n} wrote it",
    )
""",
)

_OLD_COLUMNS = (
    "    {n} = Column(String({k}), nullable=False)\n",
    "    {n} = Column(Integer, default={k}, nullable=False)\n",
    "    {n}_at = Column(DateTime(timezone=True), nullable=True)\n",
    "    is_{n} = Column(Boolean, default=False)\n",
    "    {n}_amount = Column(Numeric(12, 2), nullable=False)\n",
    "    {n}_data = Column(JSON, nullable=True)\n",
)

_SQLALCHEMY = (
    "from sqlalchemy import JSON, Boolean, Column, DateTime, ForeignKey, Index, Integer, Numeric, String, Text, text"
)


@dataclass(frozen=True)
class Table:
    """A table and the class mapped to it. ``parent`` is the entity that it refers to, if any."""

    entity: str
    parent: str | None = None

    @property
    def name(self) -> str:
        return f"{self.entity}s"

    @property
    def cls(self) -> str:
        return class_name(self.entity)


def model_class(rng: Random, table: Table, columns: int, *, modern: bool, method: bool = True) -> str:
    """A mapped class, with a comment above it."""
    thing = table.entity.replace("_", " ")
    parts = [f"\n# {table.cls}: one row for each {thing}.\nclass {table.cls}(TimestampMixin, Base):\n"]
    parts.append(f'    """A {thing}, as it is stored."""\n\n    __tablename__ = "{table.name}"\n')
    if rng.random() < 0.3:
        parts.append(f'    __table_args__ = (Index("ix_{table.name}_created", "created_at"),)\n')
    parts.append(
        "\n    id: Mapped[int] = mapped_column(Integer, primary_key=True)\n"
        if modern
        else "\n    id = Column(Integer, primary_key=True)\n"
    )
    if table.parent is not None:
        reference = f'ForeignKey("{table.parent}s.id", ondelete="CASCADE")'
        parts.append(
            f"    {table.parent}_id: Mapped[int] = mapped_column({reference}, index=True)\n"
            if modern
            else f"    {table.parent}_id = Column(Integer, {reference}, index=True)\n"
        )
    shapes = _COLUMNS if modern else _OLD_COLUMNS
    parts += [
        rng.choice(shapes).format(n=f"{noun}_value", k=rng.choice((32, 64, 120, 255)))
        for noun in rng.sample(NOUNS, columns)
    ]
    if table.parent is not None and modern:
        parts.append(f'\n    {table.parent}: Mapped["{class_name(table.parent)}"] = relationship(lazy="raise")\n')
    if method:
        parts.append(
            f'\n    def __repr__(self) -> str:\n        return f"<{table.cls} {{self.id}}>"\n\n'
            f"    def touch(self, moment: datetime) -> bool:\n"
            f'        """Note when it was seen last."""\n'
            f"        changed = self.updated_at != moment\n"
            f"        self.updated_at = moment\n"
            f"        return changed\n"
        )
    parts.append("\n")
    return "".join(parts)


def models_file(rng: Random, package: str, tables: Sequence[Table], *, columns: tuple[int, int] = (2, 9)) -> str:
    """A module of mapped classes."""
    modern = rng.random() < 0.75
    classes = "".join(
        model_class(rng, each, rng.randint(*columns), modern=modern, method=rng.random() < 0.6) for each in tables
    )
    imports = [
        "from datetime import datetime",
        "from decimal import Decimal",
        _SQLALCHEMY,
        MODERN,
        f"from {package}.core.db import Base",
        f"from {package}.core.mixins import TimestampMixin",
    ]
    outside = {each.parent for each in tables if each.parent is not None} - {each.entity for each in tables}
    title = f"Tables of {', '.join(each.entity.replace('_', ' ') for each in tables[:3])}."
    names = "".join(f'    "{each.cls}",\n' for each in tables)
    checked = ""
    if outside and modern:
        imports.append("from typing import TYPE_CHECKING")
        checked = (
            f"\nif TYPE_CHECKING:\n    from {package}.models import "
            + ", ".join(sorted(map(class_name, outside)))
            + "\n"
        )
    return f'"""{title}"""\n\n{grouped(imports)}{checked}\n__all__ = [\n{names}]\n\n{classes}'


def schema_file(rng: Random, table: Table, lines: int) -> str:
    """Pydantic models of an entity."""
    fields = "".join(
        f"    {noun}: {kind}\n"
        for noun, kind in zip(
            rng.sample(NOUNS, 5),
            ("str", "int = 0", "str | None = None", "list[str] = []", "Decimal | None = None"),
            strict=True,
        )
    )
    body = (
        f"\n\nclass {table.cls}Create(BaseModel):\n"
        f'    """What a client sends to make a {table.entity.replace("_", " ")}."""\n\n{fields}\n\n'
        f"class {table.cls}Update({table.cls}Create):\n    version: int = 0\n\n\n"
        f"class {table.cls}Read({table.cls}Create):\n    model_config = ConfigDict(from_attributes=True)\n\n"
        f"    id: int\n    created_at: datetime | None = None\n\n"
    )
    imports = [
        "from datetime import datetime",
        "from decimal import Decimal",
        "from pydantic import BaseModel, ConfigDict",
    ]
    return plain_file(rng, f"Schemas of the {table.entity.replace('_', ' ')}.", lines // 2, imports, body)


def repository_file(rng: Random, package: str, table: Table, module: str, lines: int, extra: Sequence[str]) -> str:
    """Queries for one table."""
    name = table.cls
    body = f'''

class {name}Repository:
    """Reads and writes of ``{table.name}``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, number: int) -> {name} | None:
        return self._session.get({name}, number)

    def page(self, offset: int = 0, limit: int = {rng.choice((20, 50, 100))}) -> list[{name}]:
        query = select({name}).order_by({name}.id).offset(offset).limit(limit)
        return list(self._session.scalars(query))

    def count(self) -> int:
        return self._session.scalar(select(func.count()).select_from({name})) or 0

    def add(self, **values: object) -> {name}:
        row = {name}(**values)
        self._session.add(row)
        self._session.flush()
        return row

    def remove(self, number: int) -> bool:
        row = self.get(number)
        if row is None:
            return False
        self._session.delete(row)
        return True

'''
    imports = [
        "from sqlalchemy import func, select",
        "from sqlalchemy.orm import Session",
        f"from {module} import {name}",
        *extra,
    ]
    return plain_file(rng, f"Where a {table.entity.replace('_', ' ')} is found.", lines, imports, body)


def service_file(rng: Random, table: Table, lines: int, uses: Sequence[tuple[str, str]], extra: Sequence[str]) -> str:
    """Business code around one entity. ``uses`` are modules and the repository classes in them."""
    made = "".join(f"        self._part{index} = {name}(session)\n" for index, (_, name) in enumerate(uses))
    filler = Filler(rng)
    filler.fill(0)
    body = f'''

log = logging.getLogger(__name__)


class {table.cls}Service:
    """What can be done with a {table.entity.replace("_", " ")}."""

    def __init__(self, session: Session) -> None:
        self._session = session
{made}
    def create(self, values: dict[str, object]) -> int:
        """Make one. Returns its number."""
        cleaned = {{key: value for key, value in values.items() if value is not None}}
        if not cleaned:
            raise ValueError("a {table.entity.replace("_", " ")} without values")
        log.info("creating a {table.entity.replace("_", " ")} with %s", sorted(cleaned))
        total = 0
        for key, value in cleaned.items():
            total += len(key) + len(str(value))
        return total

    def describe(self, number: int) -> dict[str, object]:
        moment = datetime.now(timezone.utc)
        return {{"id": number, "kind": "{table.entity}", "at": moment.isoformat()}}

'''
    imports = [
        "import logging",
        "from datetime import datetime, timezone",
        "from sqlalchemy.orm import Session",
        *(f"from {module} import {name}" for module, name in uses),
        *extra,
    ]
    return plain_file(rng, f"Services around the {table.entity.replace('_', ' ')}.", lines, imports, body)


def router_file(
    rng: Random,
    package: str,
    table: Table,
    schema: str,
    lines: int,
    uses: Sequence[tuple[str, str]],
    extra: Sequence[str],
) -> str:
    """HTTP routes of one entity. ``uses`` are modules and the service classes in them; the first one is called."""
    service = uses[0][1]
    kind = table.cls
    path = table.entity.replace("_", "-")
    body = f'''

router = APIRouter(prefix="/{path}s", tags=["{path}"])


@router.get("/{{number}}")
def read_{table.entity}(number: int, session: Session = Depends(get_session)) -> dict[str, object]:
    """One {table.entity.replace("_", " ")}."""
    if number < 0:
        raise HTTPException(status_code=404, detail="no such {table.entity.replace("_", " ")}")
    return {service}(session).describe(number)


@router.post("/", status_code=201)
def create_{table.entity}(
    values: {kind}Create, session: Session = Depends(get_session), user: str = Depends(current_user)
) -> dict[str, object]:
    number = {service}(session).create(values.model_dump())
    session.commit()
    return {{"id": number, "by": user}}


@router.put("/{{number}}")
def update_{table.entity}(number: int, values: {kind}Update, session: Session = Depends(get_session)) -> {kind}Read:
    # Only what was sent is changed.
    changed = values.model_dump(exclude_unset=True)
    return {kind}Read(id=number, **changed)

'''
    imports = [
        "from fastapi import APIRouter, Depends, HTTPException",
        "from sqlalchemy.orm import Session",
        f"from {package}.core.db import get_session",
        f"from {package}.core.security import current_user",
        f"from {schema} import {kind}Create, {kind}Read, {kind}Update",
        *(f"from {module} import {name}" for module, name in uses),
        *extra,
    ]
    return plain_file(rng, f"Routes of the {table.entity.replace('_', ' ')}.", lines, imports, body)
