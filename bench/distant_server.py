"""The distant provider itself, in a process of its own, with a truth of its own.

Run as `python -m bench.distant_server`; it prints its address and serves until SIGTERM. Nothing is
finished before the window opens (`POST /window`): then each job is, at a random moment within it.
`GET /truth` tells when that was, in Unix time, and how often it was asked.
"""

import asyncio
import random
import time
from typing import Any, Final

from aiohttp import web

from bench.distant import KEY
from bench.instant import tiny_png

LATENCY: Final = 0.1
"""Seconds until an answer, as over a continent."""


class Distant:
    """The jobs that it has taken, and when each is finished."""

    def __init__(self) -> None:
        self._jobs: dict[str, float] = {}
        """The place of each job's end in the window, between 0 and 1."""
        self._window: tuple[float, float] | None = None
        self._polls = 0
        self._refused = 0
        self._dice = random.Random(1)
        self._picture = tiny_png()

    def routes(self) -> list[web.RouteDef]:
        """Its protocol, and behind it what the benchmark asks."""
        return [
            web.post("/jobs", self.take),
            web.get("/jobs/{id}", self.tell),
            web.get("/files/{id}", self.hand_out),
            web.post("/ill", self.refuse),
            web.post("/window", self.open_window),
            web.get("/truth", self.truth),
        ]

    async def take(self, request: web.Request) -> web.Response:
        """Take a job; who asks twice has two."""
        await self._answer_late(request)
        name = str(len(self._jobs) + 1)
        self._jobs[name] = self._dice.random()
        return web.json_response({"id": name}, status=201)

    async def tell(self, request: web.Request) -> web.Response:
        """How far a job is, as it stands when the answer leaves."""
        self._polls += 1
        await self._answer_late(request)
        name = request.match_info["id"]
        ends = self._ends(name)
        if ends is None or self._window is None:
            return web.json_response({"progress": 0.0})
        now, (opened, _) = time.time(), self._window
        if now >= ends:
            url = str(request.url.with_path(f"/files/{name}"))
            return web.json_response({"progress": 1.0, "url": url})
        return web.json_response({"progress": round((now - opened) / (ends - opened), 2)})

    async def hand_out(self, _request: web.Request) -> web.Response:
        """A result."""
        return web.Response(body=self._picture, content_type="image/png")

    async def refuse(self, request: web.Request) -> web.Response:
        """Take nothing, as a server that is overwhelmed."""
        self._refused += 1
        await self._answer_late(request)
        return web.Response(status=503)

    async def open_window(self, request: web.Request) -> web.Response:
        """Have everything finished from now on, within so many seconds."""
        self._window = (time.time(), float((await request.json())["seconds"]))
        return web.json_response({})

    async def truth(self, _request: web.Request) -> web.Response:
        """What was taken, when each was finished, and how many were asked about and refused."""
        ends = {name: self._ends(name) for name in self._jobs}
        told = {"ends": ends, "polls": self._polls, "refused": self._refused}
        return web.json_response(told)

    def _ends(self, name: str) -> float | None:
        if name not in self._jobs:
            raise web.HTTPNotFound
        if self._window is None:
            return None
        opened, seconds = self._window
        return opened + self._jobs[name] * seconds

    async def _answer_late(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            raise web.HTTPUnauthorized
        await asyncio.sleep(LATENCY)


async def main() -> None:
    """Serve until the process is told to end."""
    app = web.Application()
    app.add_routes(Distant().routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address: Any = runner.addresses[0]
    print(f"http://{address[0]}:{address[1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
