"""The beat: claims what is due and sends it to workers, and clears up what they left.

Serving processes send what their own commits have rung for; the beat sees to all the rest. As many
as you like may run, on as many machines: whoever claims a row first has it.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from gesso.app.engines import open_engine
from gesso.app.house import House, furnished, synchronise
from gesso.app.pulse import pulsing
from gesso.app.staff import gather_staff
from gesso.app.topic import telling
from gesso.infra.settings import Settings

log = structlog.get_logger()


def beat(settings: Settings, *, pulse: Path | None = None) -> None:
    """Beat until SIGTERM or SIGINT, and touch the file `pulse` for as long as all is well."""
    asyncio.run(_until_told(settings, pulse))


async def _until_told(settings: Settings, pulse: Path | None) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with beating(settings, pulse=pulse):
        log.info("beat_started")
        await told.wait()
    log.info("beat_stopped")


@asynccontextmanager
async def beating(settings: Settings, *, pulse: Path | None = None) -> AsyncIterator[House]:
    """Beat while the block runs."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(furnished(settings))
        staff = await stack.enter_async_context(gather_staff(house))
        opened = await stack.enter_async_context(open_engine(house, staff))
        await stack.enter_async_context(telling(house, here=True))
        house.bus.listen(opened.engine.ring)
        await opened.engine.start(
            *staff.companions,
            *opened.companions,
            synchronise(house.db),
        )
        if pulse is not None:
            await stack.enter_async_context(pulsing(pulse, opened.engine))
        try:
            yield house
        finally:
            await opened.engine.stop(patience=settings.server.shutdown_seconds)
