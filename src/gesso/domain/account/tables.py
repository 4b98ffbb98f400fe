"""What somebody prefers, and who is being handed what they have with us just now."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class Preferences(Main):
    """Whatever an app likes to remember for somebody; nothing here reads it."""

    __tablename__ = "preferences"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    data: Mapped[dict[str, object]]
    rev: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class Exporting(Main):
    """An export under way: one a person, for as long as whoever sends it says so."""

    __tablename__ = "account_export"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    holder: Mapped[UUID]
    until: Mapped[datetime]
