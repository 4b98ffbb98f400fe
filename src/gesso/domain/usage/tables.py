"""What was used, added up: in the analytics bind, derived from the main database and never the
other way round.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Analytics

WHOLE_DAY = -1
"""In place of a slice's number: the day is over and added up."""


class Rollup(Analytics):
    """What ended within a slice of a day (UTC), or within a whole day that is over.

    Money is in micro-credits, what providers take in millionths of their currency.
    """

    __tablename__ = "usage_rollup"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    slice: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    operation: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    completed: Mapped[int]
    """Tasks by the status that they ended in, at the provider of their last piece."""
    failed: Mapped[int]
    cancelled: Mapped[int]
    expired: Mapped[int]
    charged: Mapped[int]
    """Of the holds that were settled: what was taken, and what was given back."""
    released: Mapped[int]
    attempts: Mapped[int]
    """Submissions whose fate became known."""
    provider_cost: Mapped[int]
    loss: Mapped[int]
    """The part of the cost for which nothing was delivered."""
    pieces: Mapped[int]
    """Pieces delivered, and the milliseconds from order to delivery, in all and by length."""
    took: Mapped[int]
    took_1: Mapped[int]
    took_2: Mapped[int]
    took_5: Mapped[int]
    took_10: Mapped[int]
    took_20: Mapped[int]
    took_30: Mapped[int]
    took_60: Mapped[int]
    took_120: Mapped[int]
    took_300: Mapped[int]
    took_600: Mapped[int]
    took_1800: Mapped[int]
    took_longer: Mapped[int]


Index("ix_usage_rollup_slice", Rollup.slice, Rollup.day)


class Progress(Analytics):
    """How far the adding up has come; there is one row."""

    __tablename__ = "usage_progress"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    complete_to: Mapped[datetime | None]
    """Everything that ended before this instant is counted."""


KEYS = ("tenant_id", "day", "slice", "operation", "provider")
MEASURES = tuple(column.key for column in Rollup.__table__.c if column.key not in KEYS)
