"""Programs of tenants, by what they prove that they are themselves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class OAuthClient(Main):
    """A program of a tenant. What it does is done by a user of its own, with a wallet of its own;
    its session tells whether its access tokens are still good.
    """

    __tablename__ = "oauth_client"
    __table_args__ = (
        CheckConstraint("(old_digest is null) = (old_until is null)", name="old_digest"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), unique=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("user_session.id"))
    name: Mapped[str]
    scopes: Mapped[list[object]]
    digest: Mapped[str]
    """SHA-256 of the secret, which has 256 bits and needs no slow hash."""
    old_digest: Mapped[str | None]
    """The secret before it, while both are good."""
    old_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    rotated_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


Index("ix_oauth_client_tenant", OAuthClient.tenant_id, OAuthClient.id)
