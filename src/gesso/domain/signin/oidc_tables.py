"""Sign-ins under way at an issuer. Nothing in a row opens anything: the state and what binds the
browser are there as hashes, and nonce and verifier are made from the browser's cookie.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class OidcTransaction(Main):
    """From the start to the callback, ten minutes at most; `used_at` is set once, and a guard of
    the database keeps it so.
    """

    __tablename__ = "oidc_transaction"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channel.id"))
    state_digest: Mapped[str] = mapped_column(unique=True)
    browser_digest: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    """Whose account the identity is to be added to; None: a sign-in."""
    session_id: Mapped[UUID | None]
    """The session in which they asked; it must still be open when the browser is back."""
    return_to: Mapped[str]
    redirect_uri: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
