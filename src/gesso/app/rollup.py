"""Rolling usage up: a registered function that goes on from wherever the last run of it stopped."""

from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from gesso.domain import usage
from gesso.domain.registry import Context, Retry, register_task
from gesso.infra import metrics
from gesso.infra.errors import Unavailable

_AGAIN = 5.0
"""Seconds until the next try while a database is away."""

_behind = metrics.gauge("usage_behind_seconds", "Age of what the usage figures are complete to.")


class RolledUp(BaseModel):
    """How far it came."""

    slices: int
    behind_seconds: float


@register_task(
    name="gesso.rollup", timeout=1800, max_attempts=10, backoff=(5.0, 60.0), parallel=False
)
async def roll_up(context: Context) -> RolledUp:
    """Bring the usage figures up to date: a slice at a time, and again when the bind is back."""
    main, analytics = context.house.db, context.house.analytics
    slices, more = 0, True
    behind = 0.0
    try:
        while more:
            step = await usage.roll_up(main, await analytics.ready())
            slices, more = slices + 1, step.more
            behind = (main.now() - step.complete_to).total_seconds()
            _behind.set(behind)
    except Unavailable as error:
        raise Retry(error.message, after=_AGAIN) from error
    except DBAPIError:
        analytics.doubt()
        raise
    return RolledUp(slices=slices, behind_seconds=behind)
