"""The charging parties: where they are, what happens there, what is paid out."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Zone(Base):
    __tablename__ = "zones"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)


class EnergyEvent(Base):
    __tablename__ = "energy_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("zones.id"))
    title: Mapped[str] = mapped_column(String(80))
    active: Mapped[bool] = mapped_column(default=False)


class Payout(Base):
    __tablename__ = "payouts"

    id = Column(Integer, primary_key=True)
    event_id = Column(ForeignKey("energy_events.id"), nullable=False)
    cents = Column(Integer, nullable=False)
    details = Column("metadata", JSON)
