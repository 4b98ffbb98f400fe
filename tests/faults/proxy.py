"""A network between gesso and a server that can be cut, or swallow everything in silence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Weather = Literal["fair", "cut", "silent"]


class Proxy:
    """Passes bytes on in fair weather.

    `cut` resets what is open and what comes; `silent` takes everything and passes on nothing.
    Connections that lived through silence stay dead after it, as behind a firewall that has
    forgotten them.
    """

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._weather: Weather = "fair"
        self._open: set[_Line] = set()
        self.url = ""

    def turn(self, weather: Weather) -> None:
        """Change the weather now, for every connection."""
        self._weather = weather
        for line in list(self._open):
            if weather == "cut":
                line.reset()
            elif weather == "silent":
                line.is_dead = True

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Proxy"]:
        """Listen while the block runs; `url` is the server's address through here."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        user, at, _ = self._target.netloc.rpartition("@")
        self.url = urlunsplit(self._target._replace(netloc=f"{user}{at}127.0.0.1:{port}"))
        try:
            yield self
        finally:
            server.close()
            self.turn("cut")
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(writer)
        if self._weather == "cut":
            line.reset()
            return
        line.is_dead = self._weather == "silent"
        self._open.add(line)
        try:
            there = await asyncio.open_connection(self._target.hostname, self._target.port or 5432)
            line.ends.append(there[1])
            await asyncio.gather(line.carry(reader, there[1]), line.carry(there[0], writer))
        finally:
            self._open.discard(line)
            line.reset()


class _Line:
    """A connection: its two ends."""

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self.ends = [near]
        self.is_dead = False

    def reset(self) -> None:
        """Break it off at both ends."""
        for end in self.ends:
            end.transport.abort()

    async def carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Pass bytes on until one end breaks; those of a dead line fall into a hole."""
        with suppress(OSError):
            while data := await source.read(1 << 16):
                if not self.is_dead:
                    target.write(data)
                    await target.drain()
        if not self.is_dead:
            target.close()
