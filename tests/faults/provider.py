"""A provider across the network: its jobs and its bill outlive whoever ordered them."""

import asyncio
import io
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from PIL import Image


@dataclass(slots=True)
class Taken:
    """A job that it has taken."""

    id: str
    ref: str
    prompt: str
    is_done: bool = False


@dataclass
class Outside:
    """Takes a job first and answers later: a client that dies in between does not know of it.

    Times are ranges of seconds. Every job that it takes is billed, whatever becomes of the client.
    """

    works: tuple[float, float] = (0.1, 0.6)
    answers: tuple[float, float] = (0.0, 0.1)
    url: str = ""
    jobs: dict[str, Taken] = field(default_factory=dict)
    bill: Counter[str] = field(default_factory=Counter)
    """How many renders were begun, by prompt."""
    most_at_once: int = 0
    lookups: int = 0
    """How often somebody asked whether it knows a reference."""
    _making: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def billed_twice(self) -> list[str]:
        """The prompts that were rendered more than once."""
        return [prompt for prompt, count in self.bill.items() if count > 1]

    async def has_taken(self, count: int, *, within: float = 20) -> None:
        """Wait until so many renders were begun; TimeoutError after so many seconds."""
        async with asyncio.timeout(within):
            while self.bill.total() < count:  # noqa: ASYNC110  # the server is another process
                await asyncio.sleep(0.05)

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application()
        app.router.add_post("/jobs", self._take)
        app.router.add_get("/jobs", self._find)
        app.router.add_get("/jobs/{id}", self._show)
        app.router.add_get("/results/{id}", self._hand_out)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        order = await request.json()
        job = Taken(f"out_{len(self.jobs) + 1}", order["ref"], order["prompt"])
        self.jobs[job.id] = job
        self.bill[job.prompt] += 1
        making = asyncio.create_task(self._make(job))
        self._making.add(making)
        making.add_done_callback(self._making.discard)
        self.most_at_once = max(self.most_at_once, len(self._making))
        await asyncio.sleep(random.uniform(*self.answers))
        return web.json_response({"id": job.id}, status=202)

    async def _make(self, job: Taken) -> None:
        await asyncio.sleep(random.uniform(*self.works))
        job.is_done = True

    async def _find(self, request: web.Request) -> web.Response:
        self.lookups += 1
        found = [job for job in self.jobs.values() if job.ref == request.query["ref"]]
        return web.json_response({"ids": [job.id for job in found]})

    async def _show(self, request: web.Request) -> web.Response:
        job = self.jobs[request.match_info["id"]]
        return web.json_response({"done": job.is_done, "url": f"{self.url}/results/{job.id}"})

    async def _hand_out(self, request: web.Request) -> web.Response:
        place = int(request.match_info["id"].rpartition("_")[2])
        content = io.BytesIO()
        Image.new("RGB", (64, 64), (place % 256, place // 256 % 256, 90)).save(content, "PNG")
        return web.Response(body=content.getvalue(), content_type="image/png")

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Outside"]:
        """Serve on a free port while the block runs."""
        runner = web.AppRunner(self.application(), shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()
