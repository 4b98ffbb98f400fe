"""The event log: one numbered stream an owner, append-only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class Stream(Main):
    """An owner's stream; holding this row while numbering
    makes commit order and number order one.
    """

    __tablename__ = "stream"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]


class Event(Main):
    """One thing that happened, written in the transaction that made it happen."""

    __tablename__ = "event"

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str]
    task_id: Mapped[UUID | None]
    job_id: Mapped[UUID | None]
    data: Mapped[dict[str, object]]
    at: Mapped[datetime]


Index("ix_event_task", Event.task_id, Event.seq)


class Epoch(Main):
    """The life of this database; a restored copy gets another, so that old cursors are not
    believed.
    """

    __tablename__ = "epoch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[str]
