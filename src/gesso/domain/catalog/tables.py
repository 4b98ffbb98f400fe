"""What operators have changed of the catalogue, every version of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class CatalogRevision(Main):
    """One entry as it was set by an operator; the newest of an id is in force, and none is ever
    changed. A hold's version of the prices names the newest revision of its time.
    """

    __tablename__ = "catalog_revision"
    __table_args__ = (CheckConstraint("revision > 0", name="revision"),)

    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    model_id: Mapped[str]
    entry: Mapped[dict[str, object]]
    made_by: Mapped[UUID | None]
    """None: from the command line."""
    created_at: Mapped[datetime]


Index("ix_catalog_revision_model", CatalogRevision.model_id, CatalogRevision.revision)
