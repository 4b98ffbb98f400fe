"""Tokens of partners that were used; each opens once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class HandoverUse(Main):
    """A token by the hash of its `jti`; kept until it would not be taken any more anyhow."""

    __tablename__ = "handover_use"
    __table_args__ = (UniqueConstraint("channel_id", "token_digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channel.id"))
    token_digest: Mapped[str]
    used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
