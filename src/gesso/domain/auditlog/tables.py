"""The log's lines, append-only: the database refuses to change or to delete one, but for what is
taken out of them when somebody is erased.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index


class Line(Main):
    """One deed: written in the transaction that did it."""

    __tablename__ = "audit_log"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    """Whose deed it was: of somebody of this tenant, or done to it from the command line."""
    actor: Mapped[str]
    """A user's id at the API, or `cli:` and the login on the machine."""
    means: Mapped[str]
    """By what they had proved who they are: a key's id, a session's, or `shell`."""
    address: Mapped[str | None]
    action: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, object]]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None]
    """The user who did it; when they are erased, the line loses its address."""
    about_id: Mapped[UUID | None]
    """The user whose it is about; when they are erased, the line loses its details."""


Index("ix_audit_log_tenant_id", Line.tenant_id, Line.id)
Index("ix_audit_log_actor", Line.tenant_id, Line.actor, Line.id)
Index("ix_audit_log_subject", Line.tenant_id, Line.subject, Line.id)
partial_index("ix_audit_log_by", Line.by_id, where=Line.by_id.is_not(None))
partial_index("ix_audit_log_about", Line.about_id, where=Line.about_id.is_not(None))
