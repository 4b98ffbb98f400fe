"""Assets: what is stored, with what was found out about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index


class Asset(Main):
    """A stored, checked and hashed file that belongs to one owner.
    It is never changed once ready.
    """

    __tablename__ = "asset"
    __table_args__ = (
        CheckConstraint("kind in ('image', 'video', 'model')", name="kind"),
        CheckConstraint("status in ('pending', 'ready', 'rejected')", name="status"),
        UniqueConstraint("job_id", "idx"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("task.id"))
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("job.id"))
    idx: Mapped[int]
    kind: Mapped[str]
    status: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    thumbnail_key: Mapped[str | None]
    details: Mapped[dict[str, object]]
    """What the kind has: width, height, mean colour; duration; triangles, size, watertightness."""
    created_at: Mapped[datetime]


Index("ix_asset_task", Asset.task_id)
Index("ix_asset_owner_created", Asset.owner_id, Asset.created_at, Asset.id)
partial_index(
    "ix_asset_uploaded",
    Asset.owner_id, Asset.created_at, Asset.id, Asset.size,
    where=Asset.job_id.is_(None),
)  # fmt: skip


class Upload(Main):
    """Room that was taken for a file which is on its way; something may lie under its key already.
    It becomes the asset with the same id, or goes.
    """

    __tablename__ = "upload"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    size: Mapped[int]
    """Bytes, as announced."""
    key: Mapped[str] = mapped_column(unique=True)
    """Where its bytes lie, if any do; no two tries share one."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When whoever works on it said so for the last time."""
    is_given_up: Mapped[bool]
    """Nothing can come of it any more."""
