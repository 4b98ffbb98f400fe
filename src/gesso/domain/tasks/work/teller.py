"""The teller: passes a job's progress on while the work goes on."""

import asyncio
import time

import structlog

from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.news import Progress
from gesso.domain.tasks.work.desk import Desk
from gesso.infra.errors import Unavailable
from gesso.work import Grip

log = structlog.get_logger()

_TELL_EVERY = 0.5


class Teller:
    """Passes progress on, at most twice a second a job, without ever holding up the work."""

    def __init__(self, desk: Desk, job: Assignment) -> None:
        self._desk, self._job = desk, job
        self._last = 0.0
        self._sending: asyncio.Task[bool] | None = None

    def tell(self, share: float) -> None:
        """Note how far it is."""
        now = time.monotonic()
        busy = self._sending is not None and not self._sending.done()
        if busy or now - self._last < _TELL_EVERY:
            return
        self._last = now
        lease = self._desk.lease.total_seconds()
        news = Progress(Grip(self._job.job_id, self._job.fence), share, lease, stays=True)
        self._sending = asyncio.create_task(_quietly(self._desk, news))


async def _quietly(desk: Desk, news: Progress) -> bool:
    """Progress is a courtesy: the next one makes up for one that could not be written."""
    try:
        return await desk.advance(news)
    except Unavailable as error:
        log.info("progress_not_written", reason=error.message)
        return False
