"""Timing: when a schedule fires, by a cron line in a time zone or by an interval.

Cron lines have five fields and mean what they mean to Debian's cron, also when clocks change: what
stands at a fixed hour that is skipped runs right after the gap, and what stands at one that comes
twice runs once. A line with `*` as its minute or hour follows the clock that passes, so it has no
gap and no doubling. An interval is counted in seconds that pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from gesso.domain.registry.tables import NEVER
from gesso.infra.errors import Invalid

_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Timing:
    """A cron line in a time zone, or an interval: one of the two."""

    cron: str | None = None
    every_seconds: int | None = None
    time_zone: str = "UTC"

    def check(self, now: datetime) -> None:
        """Invalid for what cannot be understood, or would never fire."""
        if (self.cron is None) == (self.every_seconds is None):
            raise Invalid("Give either `cron` or `every_seconds`.", code="bad_timing")
        _zone(self.time_zone)
        if self.next(now) == NEVER:
            raise Invalid("This cron line never fires.", code="bad_timing", pointer="#/cron")

    def next(self, after: datetime) -> datetime:
        """The first moment behind `after`."""
        if self.every_seconds is not None:
            return after + timedelta(seconds=self.every_seconds)
        return next(self._moments(after), NEVER)

    def catch_up(self, due: datetime, now: datetime) -> tuple[datetime, datetime]:
        """Of the moments from `due` to `now` the latest, and the first one after now."""
        if self.every_seconds is not None:
            step = timedelta(seconds=self.every_seconds)
            latest = due + (now - due) // step * step
            return latest, latest + step
        latest = due
        for moment in self._moments(due):
            if moment > now:
                return latest, moment
            latest = moment
        return latest, NEVER

    def _moments(self, after: datetime) -> Iterator[datetime]:
        line = self.cron or ""
        if len(line.split()) != _FIELDS:
            raise Invalid("A cron line has five fields.", code="bad_timing", pointer="#/cron")
        try:
            moments = CronSim(line, after.astimezone(_zone(self.time_zone)))
        except CronSimError as error:
            message = f"This cron line makes no sense: {error}."
            raise Invalid(message, code="bad_timing", pointer="#/cron") from error
        return (moment.astimezone(UTC) for moment in moments)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(
            f"There is no time zone {name!r}.", code="bad_timing", pointer="#/time_zone"
        ) from error
