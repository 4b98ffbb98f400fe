"""A server that does what it is told to do with each connection, byte by byte if need be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Manner = Callable[["Exchange"], Awaitable[None]]


@dataclass
class Exchange:
    """One request as it came, and the way back to whoever sent it."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, content: bytes) -> None:
        """These bytes and no others."""
        self.writer.write(content)
        await self.writer.drain()

    async def answer(
        self, status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        """A whole answer; its length is right unless `headers` say otherwise."""
        told = {"Content-Length": str(len(body)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        await self.say(f"HTTP/1.1 {status} So\r\n{head}\r\n".encode() + body)

    def reset(self) -> None:
        """Cut the connection as a crash would."""
        self.writer.transport.abort()


@dataclass
class Rough:
    """The server's address, what it was asked, and how it behaves."""

    manner: Manner
    url: str = ""
    seen: list[Exchange] = field(default_factory=list)
    connections: int = 0

    @property
    def place(self) -> str:
        """Its host and port."""
        return self.url.removeprefix("http://")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either end has had enough."""
        self.connections += 1
        try:
            while not writer.is_closing():
                exchange = await _read(reader, writer)
                self.seen.append(exchange)
                await self.manner(exchange)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Exchange(method, path, headers, body, reader, writer)


@asynccontextmanager
async def rough(manner: Manner) -> AsyncIterator[Rough]:
    """Serve on a free port of this machine while the block lasts."""
    server = Rough(manner)
    at_work: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_work.add(asyncio.create_task(server.serve(reader, writer)))

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
