"""What came over from the prototype."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class WalletEntry(Base):
    __tablename__ = "wallet_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    driver_id: Mapped[int]
    cents: Mapped[int]


class MerchantOffer(Base):
    __tablename__ = "merchant_offers"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
