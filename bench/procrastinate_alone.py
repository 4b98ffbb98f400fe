"""The baseline on PostgreSQL alone: Procrastinate's jobs that do nothing."""

import asyncio
import time

from procrastinate import App, PsycopgConnector

from bench.figure import Broken
from bench.run import Run, plain

CONCURRENCY = 32
_TOGETHER = 1000
_PILOT = 200


def jobs_a_second(run: Run, url: str) -> tuple[float, dict[str, float]]:
    """How many jobs a second one worker works off; in the facts, how many are enqueued."""
    return asyncio.run(_measure(run, url))


async def _measure(run: Run, url: str) -> tuple[float, dict[str, float]]:
    app = App(connector=PsycopgConnector(conninfo=plain(url)))
    done = 0

    @app.task(name="noop")
    async def noop() -> None:
        nonlocal done
        done += 1

    async def enqueue(count: int) -> float:
        began = time.perf_counter()
        for first in range(0, count, _TOGETHER):
            some = min(_TOGETHER, count - first)
            await noop.batch_defer_async(*[{} for _ in range(some)])
        return time.perf_counter() - began

    async def work_off() -> float:
        began = time.perf_counter()
        await app.run_worker_async(
            wait=False, concurrency=CONCURRENCY, install_signal_handlers=False
        )
        return time.perf_counter() - began

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await enqueue(_PILOT)
        count = max(_PILOT, round(_PILOT / await work_off() * run.seconds * 1.5))
        enqueued, done = await enqueue(count), 0
        used = time.process_time()
        seconds = await work_off()
        if done != count:
            raise Broken(f"of {count} jobs Procrastinate did {done}")
    spent = (time.process_time() - used) / count * 1e6
    return count / seconds, {"jobs": count, "enqueued/s": count / enqueued, "µs a job": spent}
