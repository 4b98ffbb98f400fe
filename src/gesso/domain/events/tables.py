"""The event log: one numbered stream an owner, append-only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, belongs


class Stream(Main):
    """An owner's stream; holding this row while numbering
    makes commit order and number order one.
    """

    __tablename__ = "stream"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]


belongs(Stream, Stream.id, ("user_account", "tenant_id"))


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

belongs(Event, Event.stream_id, ("user_account", "tenant_id"))


class Untold(Main):
    """An owner with events that the topic has not been told; no row, nothing untold."""

    __tablename__ = "untold"

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    told: Mapped[int]
    """The number up to which everything has been told. It only rises, so it is the fence too."""
    since: Mapped[datetime]
    """Nothing that is untold is older than this."""
    due_at: Mapped[datetime] = mapped_column(index=True)
    """From when on anyone may take the row."""


belongs(Untold, Untold.stream_id, ("user_account", "tenant_id"))


class Epoch(Main):
    """The life of this database; a restored copy gets another, so that old cursors are not
    believed.
    """

    __tablename__ = "epoch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[str]
