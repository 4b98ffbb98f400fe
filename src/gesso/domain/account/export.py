"""Export: everything that there is of one person, as a zip that is made while it is sent.

It needs the memory of a page and of a piece of a file, however much there is: a zip's list of
contents comes at its end, and the size of each entry behind the entry (APPNOTE 4.3.9).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, cast
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from gesso.domain.account.parts import PARTS, Giving, Lines, all_assets, file_name
from gesso.domain.account.service import end_export, keep_export
from gesso.domain.identity import User
from gesso.infra.storage import Missing

_ENOUGH: Final = 64 << 10
_KEEP_EVERY: Final = 15.0
_README: Final = b"""Everything that this gesso has of you.

profile.json     who you are, how you are known, what you prefer
api_keys.ndjson  your keys by their beginnings; a key itself is not known here
sessions.ndjson  where you signed in, with what, and until when
tasks.ndjson     what you asked for, and what came of it
assets.ndjson    your files; `url` works for a while, `file` is where it is in here, if it is
wallet.ndjson    every movement of your credits
expiring.ndjson  credits of yours that expire
payments.ndjson  what you bought credits for
events.ndjson    what happened, in its order

An .ndjson file holds one JSON text a line.
"""


class _Sink:
    """Takes what the zip writes until it is sent on. It cannot seek, and says so by not trying."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """There is nothing behind it."""

    def take(self) -> bytes:
        """What was written since."""
        taken, self._pieces, self.size = b"".join(self._pieces), [], 0
        return taken


async def export(
    house: Giving, user: User, holder: UUID, *, with_files: bool
) -> AsyncGenerator[bytes, None]:
    """The zip's bytes; its place is given back when it has been sent, or nobody takes it."""
    keeping = asyncio.create_task(_keep(house, user, holder))
    try:
        async with aclosing(_zip(house, user, with_files=with_files)) as pieces:
            async for piece in pieces:
                yield piece
    finally:
        keeping.cancel()
        async with house.db.tx(tenant=user.tenant_id) as tx:
            await end_export(tx, holder)


async def _zip(house: Giving, user: User, *, with_files: bool) -> AsyncGenerator[bytes, None]:
    sink = _Sink()
    with ZipFile(cast(Any, sink), "w", ZIP_DEFLATED) as book:
        book.writestr(_entry(user, "README.txt"), _README)
        for name, part in PARTS.items():
            entry = _entry(user, name)
            async with aclosing(_written(book, entry, sink, part(house, user))) as pieces:
                async for piece in pieces:
                    yield piece
        if with_files:
            async for asset in all_assets(house, user):
                entry = _entry(user, f"files/{file_name(asset)}", ZIP_STORED)
                content = _bytes(house, asset.key)
                # An entry must be closed before its book, also where nobody takes the rest.
                async with aclosing(_written(book, entry, sink, content)) as pieces:
                    async for piece in pieces:
                        yield piece
    yield sink.take()


async def _written(
    book: ZipFile, entry: ZipInfo, sink: _Sink, lines: Lines
) -> AsyncGenerator[bytes, None]:
    """Write an entry, handing on what has come together now and then."""
    with book.open(entry, "w", force_zip64=True) as file:
        async for line in lines:
            file.write(line)
            if sink.size >= _ENOUGH:
                yield sink.take()


async def _bytes(house: Giving, key: str) -> Lines:
    try:
        async for chunk in await house.storage.open(key):
            yield chunk
    except Missing:
        return  # an empty file tells it; the rest is still worth having


def _entry(user: User, name: str, how: int = ZIP_DEFLATED) -> ZipInfo:
    # A zip tells local time without a zone; that of the account's beginning is no secret to it.
    made = ZipInfo(name, date_time=user.created_at.timetuple()[:6])
    made.compress_type = how
    made.external_attr = 0o600 << 16
    return made


async def _keep(house: Giving, user: User, holder: UUID) -> None:
    """Hold the place as long as the export is sent."""
    while True:
        await asyncio.sleep(_KEEP_EVERY)
        async with house.db.tx(tenant=user.tenant_id) as tx:
            await keep_export(tx, holder)
