"""The console's stream: the counters once a second while they change, and the tail of events for
whoever wants to see it.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final, Protocol

from gesso.domain import events
from gesso.domain.admin.overview import ConsoleHouse, overview
from gesso.infra.db import DatabaseAway
from gesso.kit.ids import public_id

_TICK: Final = 1.0
_HEARTBEAT: Final = 15.0
_RECHECK: Final = 30.0
_LIFE: Final = 1800.0

Welcome = Callable[[], Awaitable[bool]]


class TailedHouse(ConsoleHouse, Protocol):
    """What the console's stream needs of the house."""

    @property
    def tail(self) -> events.Tail:
        """Watches the ends of all streams."""


async def frames(
    house: TailedHouse, is_welcome: Welcome, *, with_tail: bool
) -> AsyncGenerator[bytes, None]:
    """The stream's bytes. Nothing in it has an `id`: whoever comes back sees how things stand."""
    with house.tail.seat():
        yield events.console_frame("hello", {"heartbeat": _HEARTBEAT})
        async with (
            aclosing(house.tail.follow()) as tail,
            # Closed before the tail is, which it may be waiting for.
            aclosing(_run(house, is_welcome, tail if with_tail else None)) as run,
        ):
            async for data in run:
                yield data


async def _run(
    house: TailedHouse, is_welcome: Welcome, tail: AsyncGenerator[Any, None] | None
) -> AsyncGenerator[bytes, None]:
    now = asyncio.get_running_loop().time
    ends, beat, check, known = now() + _LIFE, now(), now() + _RECHECK, ""
    line = asyncio.create_task(anext(tail)) if tail else None
    try:
        while now() < ends and not house.tail.is_closed:
            data = b""
            if tail and line and line.done():
                data, line = _batch(line.result()), asyncio.create_task(anext(tail))
            counters, known = await _counters(house, known)
            if data or counters:
                yield data + counters
                beat = now()
            elif now() - beat >= _HEARTBEAT:
                yield events.console_frame("heartbeat", {})
                beat = now()
            if now() >= check:
                if not await is_welcome():
                    yield events.console_frame("bye", {"reason": "unwelcome"})
                    return
                check = now() + _RECHECK
            await asyncio.sleep(_TICK)
    finally:
        if line is not None:
            line.cancel()
            await asyncio.gather(line, return_exceptions=True)
    reason = "closing" if house.tail.is_closed else "renew"
    yield events.console_frame("bye", {"reason": reason})


async def _counters(house: TailedHouse, known: str) -> tuple[bytes, str]:
    """The counters, if they have changed."""
    try:
        told = await overview(house)
    except DatabaseAway:
        return b"", known
    text = told.model_dump_json(exclude={"at"})
    if text == known:
        return b"", known
    return events.console_frame("ops.counters", told.model_dump(mode="json")), text


def _batch(batch: Any) -> bytes:
    told = [
        {
            "owner_id": public_id("user", row.stream_id),
            "seq": row.seq,
            "type": row.type,
            "task_id": public_id("task", row.task_id) if row.task_id else None,
            "job_id": public_id("job", row.job_id) if row.job_id else None,
            "at": row.at.isoformat().replace("+00:00", "Z"),
            "data": row.data,
        }
        for row in batch.events
    ]
    return events.console_frame("ops.events", {"events": told, "left_out": batch.left_out})
