"""What sign-in keeps: challenges that letters answer, passwords, and how often each was tried.

A code and a password are never kept; what is kept cannot be turned back into one.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class Challenge(Main):
    """A letter that was asked for, whether or not one was sent: nobody can tell from the answer."""

    __tablename__ = "signin_challenge"
    __table_args__ = (
        CheckConstraint("purpose in ('signin', 'link')", name="purpose"),
        CheckConstraint("kind in ('code', 'link')", name="kind"),
        CheckConstraint("tries between 0 and 5", name="tries"),
        CheckConstraint("ending in ('used', 'replaced')", name="ending"),
        CheckConstraint("(ending is null) = (ended_at is null)", name="ended"),
        CheckConstraint("(purpose = 'link') = (user_id is not null)", name="whose"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channel.id"))
    purpose: Mapped[str]
    kind: Mapped[str]
    """`code`: six digits; `link`: 128 bits, for an address at which too many codes were guessed."""
    email: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    """Whose account the address is to be added to."""
    ip: Mapped[str]
    """Who asked; of IPv6 the network of 64 bits."""
    digest: Mapped[str]
    """HMAC-SHA256 with the house's pepper over the challenge's id and the secret."""
    tries: Mapped[int]
    """How many guesses were looked at; five at most, by the database's own check."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None]


Index("ix_signin_challenge_email", Challenge.tenant_id, Challenge.email, Challenge.created_at)
Index("ix_signin_challenge_ip", Challenge.ip, Challenge.created_at)
Index("ix_signin_challenge_created_at", Challenge.created_at)


class Password(Main):
    """A user's password, as argon2id left it."""

    __tablename__ = "user_password"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    digest: Mapped[str]
    changed_at: Mapped[datetime]


class PasswordTry(Main):
    """A password that was tried; written before it is looked at, so that none escapes the count."""

    __tablename__ = "signin_password_try"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    subject: Mapped[str]
    """The user's id, or the address where nobody has it."""
    ip: Mapped[str]
    was_right: Mapped[bool]
    at: Mapped[datetime]


Index("ix_signin_password_try_subject", PasswordTry.tenant_id, PasswordTry.subject, PasswordTry.at)
Index("ix_signin_password_try_ip", PasswordTry.ip, PasswordTry.at)
Index("ix_signin_password_try_at", PasswordTry.at)
