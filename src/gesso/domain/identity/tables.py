"""Tenants, the people in them, and the keys by which their programs come in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class Tenant(Main):
    """An organisation; every row of the business belongs to one."""

    __tablename__ = "tenant"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class User(Main):
    """Somebody who may ask for work."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("role in ('user', 'operator', 'admin', 'owner')", name="role"),
        CheckConstraint("status in ('active', 'disabled')", name="status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    email: Mapped[str]
    role: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]


Index("uq_user_account_email", User.tenant_id, func.lower(User.email), unique=True)


class ApiKey(Main):
    """A key that was shown once; only its SHA-256 stays (a random 190-bit secret needs no slow
    hash).
    """

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    scopes: Mapped[list[object]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
