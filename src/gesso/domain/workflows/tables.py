"""Workflows: a row a version. What a version says never changes, for jobs are made by it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main

ORIGINS = ("file", "api")


class Workflow(Main):
    """One version of a workflow."""

    __tablename__ = "workflow"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("origin in ('file', 'api')", name="origin"),
        UniqueConstraint("name", "version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    """The template as JSON, the same text for the same template."""
    digest: Mapped[str]
    origin: Mapped[str]
    """Whether it came from a file of the folder or over the API."""
    active: Mapped[bool] = mapped_column(default=True)
    """Whether it may be ordered; jobs that were, go on either way."""
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
