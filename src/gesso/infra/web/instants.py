"""Instants as clients write them: with a time zone, and in years that every part can work with."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("an instant out of range") from error


Instant = Annotated[AwareDatetime, Field(strict=False, ge=_FIRST, le=_LAST)]
"""An instant from 2000 to 2200; a database would stumble over the first hours of the year 1."""

LooseInstant = Annotated[datetime, AfterValidator(_in_utc), Field(ge=_FIRST, le=_LAST)]
"""The same, where a time without a zone is UTC."""
