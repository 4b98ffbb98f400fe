"""Files of this machine, read and written off the event loop."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final

import anyio

_CHUNK: Final = 1 << 18


async def read_chunks(file: Path) -> AsyncIterator[bytes]:
    """A file's bytes; a small file costs one hop to a thread."""
    head, source = await asyncio.to_thread(_begin, file)
    yield head
    if source is None:
        return
    with source:
        while chunk := await asyncio.to_thread(source.read, _CHUNK):
            yield chunk


async def write_chunks(file: Path, chunks: AsyncIterator[bytes]) -> str:
    """Write these bytes to a new file, and tell their SHA-256 in lower-case hex."""
    digest = hashlib.sha256()
    async with await anyio.open_file(file, "xb") as out:
        async for chunk in chunks:
            digest.update(chunk)
            await out.write(chunk)
    return digest.hexdigest()


def _begin(file: Path) -> tuple[bytes, BinaryIO | None]:
    """The first bytes of a file, and the file where more may follow."""
    source = file.open("rb")
    try:
        head = source.read(_CHUNK)
        is_all = len(head) < _CHUNK
    except BaseException:
        source.close()
        raise
    if is_all:
        source.close()
    return head, None if is_all else source
