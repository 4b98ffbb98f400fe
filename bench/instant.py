"""A provider that delivers at once: what is left of a task's time is gesso's own.

A plugin like any other: named in `GESSO_PLUGINS`, with a catalogue that gives it the pictures.
"""

import struct
import zlib
from pathlib import Path

from gesso.providers import (
    Absent,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    Offers,
    Piece,
    Provider,
    Submission,
    Ticket,
)

CATALOG = """
version: bench
queues:
  instant: {max_concurrency: 1000, timeout_seconds: 3600}
models:
  - id: bench/instant
    makes: text_to_image
    provider: instant
    model: dot
    queue: instant
    price: 1
"""


def _chunk(kind: bytes, content: bytes) -> bytes:
    sealed = kind + content
    return struct.pack(">I", len(content)) + sealed + struct.pack(">I", zlib.crc32(sealed))


def tiny_png(edge: int = 16) -> bytes:
    """A square picture in one colour."""
    rows = (b"\0" + b"\x40\x80\xc0" * edge) * edge
    head = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


class Instant(Provider):
    """Answers a submission with its result."""

    name = "instant"
    offers = Offers(lookup=True, cancel=True)
    _delivered = Delivered((Piece(data=tiny_png()),), cost=0)

    def submit(self, order: Submission) -> Flow[Delivered]:  # noqa: ARG002
        """Deliver."""
        return self._delivered
        yield

    def poll(self, ticket: Ticket) -> Flow[Failed]:  # noqa: ARG002
        """Never asked, for nothing is ever under way."""
        return Failed("interrupted", "It was never under way.", again=True)
        yield

    def cancel(self, ticket: Ticket) -> Flow[Cancelled]:  # noqa: ARG002
        """Always possible."""
        return Cancelled()
        yield

    def lookup(self, ticket: Ticket) -> Flow[Absent]:  # noqa: ARG002
        """Nothing exists that was not delivered."""
        return Absent()
        yield


PROVIDERS = (Instant,)


def settings(folder: Path) -> dict[str, str]:
    """The environment of a server that works with this provider; its catalogue goes to `folder`."""
    catalog = folder / "instant.yaml"
    catalog.write_text(CATALOG)
    return {"GESSO_PLUGINS": '["bench.instant"]', "GESSO_CATALOG": str(catalog)}
