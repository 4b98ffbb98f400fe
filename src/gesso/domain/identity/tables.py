"""Tenants, the people in them, and the keys by which their programs come in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, belongs


class Tenant(Main):
    """An organisation; every row of the business belongs to one. The one called `default` is the
    house's own: its operators run the house.
    """

    __tablename__ = "tenant"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """Since when nobody comes in any more; its rows stay."""


belongs(Tenant, Tenant.id)


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
    name: Mapped[str | None]
    """What they like to be called."""
    locale: Mapped[str | None]
    """Their language, as BCP 47 writes it."""


Index("uq_user_account_email", User.tenant_id, func.lower(User.email), unique=True)


class Channel(Main):
    """A door through which people come in: our own, or a partner's; it belongs to one tenant."""

    __tablename__ = "channel"
    __table_args__ = (
        CheckConstraint("kind in ('local', 'oidc', 'handover')", name="kind"),
        CheckConstraint("default_role in ('user', 'operator', 'admin', 'owner')", name="role"),
        CheckConstraint("start_credits >= 0", name="start_credits"),
        CheckConstraint(
            "kind <> 'oidc' or (issuer is not null and client_id is not null)", name="oidc"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    slug: Mapped[str] = mapped_column(unique=True)
    """Its name in addresses and in the header `Gesso-Channel`; one for the whole house."""
    name: Mapped[str]
    kind: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    hosts: Mapped[list[object]]
    """Host names by which it is recognised; each is claimed in `channel_host`."""
    issuer: Mapped[str | None]
    client_id: Mapped[str | None]
    protocol: Mapped[dict[str, object]]
    """How its issuer is spoken to: scopes and client authentication, or keys and their address."""
    admits_new: Mapped[bool] = mapped_column(default=True)
    """Whether somebody whom nobody here knows becomes a user by it."""
    trusts_email: Mapped[bool] = mapped_column(default=False)
    """Whether the issuer's addresses are taken for proved where it does not say so itself."""
    claims: Mapped[dict[str, object]]
    """Which claim of the issuer's says what: `email`, `name`, `role`; and how roles translate."""
    allowed_roles: Mapped[list[object]]
    default_role: Mapped[str]
    start_credits: Mapped[int]
    """What somebody new finds in the wallet. Micro-credits."""
    limits: Mapped[dict[str, object]]
    """Rates of its own, by the names that the gate knows."""
    rev: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ChannelHost(Main):
    """A host name that a channel answers to; none is claimed twice in the whole house."""

    __tablename__ = "channel_host"

    host: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), index=True
    )
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))


class UserIdentity(Main):
    """One way in which somebody is known: by their address, or by an issuer's word for them."""

    __tablename__ = "user_identity"
    __table_args__ = (CheckConstraint("kind in ('email', 'oidc', 'handover')", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channel.id"))
    kind: Mapped[str]
    issuer: Mapped[str]
    """The issuer's own name of itself; `email` for addresses that were proved to us."""
    subject: Mapped[str]
    email: Mapped[str | None]
    is_email_verified: Mapped[bool]
    name: Mapped[str | None]
    gives_role: Mapped[bool] = mapped_column(default=False)
    """Whether they became a user by it, so that their role follows what its issuer says."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


Index(
    "uq_user_identity_subject",
    UserIdentity.tenant_id,
    UserIdentity.issuer,
    UserIdentity.subject,
    unique=True,
)


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
    addresses: Mapped[list[object]] = mapped_column(default=list)
    """Networks from which alone it may be used; none: from anywhere."""
    last_used_from: Mapped[str | None]
    parent_id: Mapped[UUID | None]
    """The key by which it was made, or in whose place it came."""
    lineage: Mapped[list[object]]
    """Every key from which it comes, the first one first: their spend limits hold for it, too."""
