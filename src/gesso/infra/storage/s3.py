"""Storage in a bucket of an S3-compatible server: what it has acknowledged is whole and replaces
what was there in one step.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from gesso.infra.storage import (
    SCRATCH,
    Download,
    Missing,
    Room,
    StorageFull,
    StorageUnavailable,
    Stored,
    check_key,
)
from gesso.infra.storage.settings import StorageSettings
from gesso.infra.storage.upload import PART, Parts, upload
from gesso.infra.storage.uploads import Uploads
from gesso.kit.presign import Presigner, object_url

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Credential

READ_CHUNK: Final = 256 << 10
UPLOADS: Final = 8
"""Streams that are sent at once; each holds some parts in memory."""

_PROBE: Final = b"probe"
_FULL: Final = ("QuotaExceeded", "InsufficientCapacity", "507 Insufficient Storage")
_DAY: Final = timedelta(days=1)

_Result = TypeVar("_Result")


class S3Storage:
    """Objects under one prefix of one bucket; belongs to the event loop that first uses it."""

    def __init__(self, settings: StorageSettings) -> None:
        """Nothing is asked of the server yet; `check` finds out whether it lets us in."""
        self._settings = settings
        patience = timedelta(seconds=settings.timeout)
        # A request of ours is short; a download lasts as long as its reader takes, and is cut off
        # only when the server falls silent.
        self._calls = _store(settings, {"timeout": patience})
        self._streams = _store(settings, {"timeout": _DAY, "read_timeout": patience})
        self._sending = asyncio.Semaphore(UPLOADS)
        self._presigner = _presigner(settings)

    async def put(self, key: str, chunks: AsyncIterator[bytes], *, limit: int) -> Stored:
        """Send what fits into one part in one request, anything longer part by part.

        Of a stream that breaks off, is too long or is cancelled nothing appears under the key.
        """
        check_key(key)
        parts = Parts(chunks, limit)
        async with aclosing(parts.cut()) as pieces:
            first = await anext(pieces, b"")
            async with self._sending:
                if len(first) < PART:
                    await self._ask(obstore.put_async(self._calls, key, first, use_multipart=False))
                else:
                    await self._ask(upload(self._calls, key, first, pieces))
        return Stored(key=key, size=parts.size, sha256=parts.sha256)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream `start` up to but without `end`; a negative bound raises ValueError."""
        if start < 0 or (end is not None and end < 0):
            raise ValueError("a range has no negative bounds")
        if end is not None and start >= end:
            await self._known_size(key)
            return _nothing()
        wanted: Any = {"offset": start} if end is None else (start, end)
        asking = obstore.get_async(
            self._streams, check_key(key), options={"range": wanted} if start or end else {}
        )
        try:
            answer = await self._ask(asking)
        except _BeyondEnd:
            await self._known_size(key)
            return _nothing()
        return _read(answer)

    async def size(self, key: str) -> int | None:
        """Size in bytes; None means that nothing is stored there."""
        try:
            return await self._known_size(key)
        except Missing:
            return None

    async def delete(self, key: str) -> None:
        """Remove the object; a key that holds nothing is no error."""
        try:
            await self._ask(obstore.delete_async(self._calls, check_key(key)))
        except Missing:
            return

    async def check(self) -> Room:
        """Write, read and remove a probe; a server does not tell how much room it has."""
        key = f"{SCRATCH}/probe-{secrets.token_hex(8)}"
        try:
            async with asyncio.timeout(self._settings.timeout):
                await self._ask(obstore.put_async(self._calls, key, _PROBE))
                answer = await self._ask(obstore.get_async(self._calls, key))
                found = bytes(await self._ask(answer.bytes_async()))
                await self.delete(key)
        except (TimeoutError, Missing) as error:
            raise StorageUnavailable("The storage does not answer as it should.") from error
        if found != _PROBE:
            raise StorageUnavailable("The storage does not give back what it was given.")
        return Room(free=None, total=None)

    async def sweep_partial(self, older_than: timedelta) -> int:
        """Abort uploads that were begun that long ago; without a key of ours it is left to the
        bucket's lifecycle rule.
        """
        if self._presigner is None:
            return 0
        uploads = Uploads(self._presigner, self._settings)
        return await uploads.abort(before=datetime.now(UTC) - older_than)

    async def sweep(self, folder: str, older_than: timedelta) -> int:
        """Remove the objects under `folder` that were stored that long ago."""
        oldest, removed = datetime.now(UTC) - older_than, 0
        listed = obstore.list(self._calls, prefix=check_key(folder))
        while batch := await self._ask(anext(listed, [])):
            for item in batch:
                if item["last_modified"] <= oldest:
                    await self.delete(item["path"])
                    removed += 1
        return removed

    async def link(self, key: str, download: Download) -> str | None:
        """A signed address in the bucket, where clients are sent there; None where they are not."""
        if self._presigner is None or self._settings.downloads != "redirect":
            return None
        prefix = f"{self._settings.prefix}/" if self._settings.prefix else ""
        return self._presigner.url(
            "GET",
            object_url(self._settings.public_bucket_url, prefix + check_key(key)),
            at=datetime.now(UTC),
            seconds=download.seconds,
            query={
                "response-cache-control": download.cache_control,
                "response-content-disposition": download.disposition,
                "response-content-type": download.content_type,
            },
        )

    def path(self, key: str) -> Path | None:
        """None: the bytes are on another machine."""
        check_key(key)
        return None

    async def _known_size(self, key: str) -> int:
        try:
            head = await self._ask(obstore.head_async(self._calls, check_key(key)))
        except Missing:
            # An answer to HEAD has no body, so it cannot say that the whole bucket is missing.
            await self._ask(obstore.get_async(self._calls, key))
            raise
        return int(head["size"])

    async def _ask(self, asking: Awaitable[_Result]) -> _Result:
        """What the server answers, its refusals turned into the storage's own."""
        try:
            return await asking
        except (BaseError, FileNotFoundError) as error:
            raise _meaning(error) from error


class _BeyondEnd(StorageUnavailable):
    """The range begins where the object has ended."""


def _store(settings: StorageSettings, patience: "ClientConfig") -> S3Store:
    silence = timedelta(seconds=settings.timeout)
    config: S3Config = {
        "bucket": str(settings.bucket),
        "region": settings.region,
        "virtual_hosted_style_request": not settings.has_bucket_in_path,
        # Not every server knows how to delete many at once, and we delete one by one.
        "disable_bulk_delete": True,
    }
    if settings.endpoint is not None:
        in_path = settings.has_bucket_in_path
        config["endpoint"] = settings.endpoint.rstrip("/") if in_path else settings.bucket_url
    return S3Store(
        prefix=settings.prefix or None,
        config=config,
        client_options={
            "allow_http": (settings.endpoint or "").startswith("http://"),
            "connect_timeout": min(silence, timedelta(seconds=5)),
            **patience,
        },
        retry_config={"max_retries": 3, "retry_timeout": silence},
        credential_provider=_credentials(settings),
    )


def _credentials(settings: StorageSettings) -> "Callable[[], S3Credential] | None":
    """The key that was set; None leaves it to the environment and the machine's role."""
    if settings.access_key is None or settings.secret_key is None:
        return None
    credential: S3Credential = {
        "access_key_id": settings.access_key,
        "secret_access_key": settings.secret_key.get_secret_value(),
        "token": None,
        "expires_at": None,
    }
    # Given in this way it is all that counts: a session's token that stands in the environment
    # belongs to another key, and is not sent beside this one.
    return lambda: credential


def _presigner(settings: StorageSettings) -> Presigner | None:
    if settings.access_key is None or settings.secret_key is None:
        return None
    return Presigner(settings.access_key, settings.secret_key.get_secret_value(), settings.region)


def _meaning(error: Exception) -> Missing | StorageFull | StorageUnavailable:
    """What a refusal means to us. The library tells it by the class and, beyond that, by its text,
    which holds the server's own code.
    """
    text = str(error)
    if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in text:
        return Missing("Nothing is stored here.")
    if any(code in text for code in _FULL):
        return StorageFull("There is no room left in the storage.")
    if "416 Range Not Satisfiable" in text:
        return _BeyondEnd("The file is shorter than that.")
    return StorageUnavailable("The storage cannot be read or written just now.")


async def _read(answer: Any) -> AsyncIterator[bytes]:
    """The body, piece by piece; what breaks off raises, so that nobody takes a part for all."""
    start, end = answer.range
    left = end - start
    try:
        async for piece in answer.stream(min_chunk_size=READ_CHUNK):
            left -= len(piece)
            yield bytes(piece)
    except BaseError as error:
        raise _meaning(error) from error
    if left:
        raise StorageUnavailable("The storage broke off in the middle of a file.")


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
