"""The secret of a channel: our client's at its issuer, or the one that its partner signs with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class ChannelSecret(Main):
    """What is sealed never changes: a new secret is a new row in the place of the old one."""

    __tablename__ = "channel_secret"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channel.id"), unique=True)
    sealed: Mapped[bytes]
    wrapped: Mapped[bytes]
    master_id: Mapped[str] = mapped_column(ForeignKey("master_key.id"), index=True)
    hint: Mapped[dict[str, object]]
    """Masked and hashed: enough to recognise it."""
    rev: Mapped[int]
    created_at: Mapped[datetime]
