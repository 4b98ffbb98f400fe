"""Uploads: a file that somebody sends is examined like any other stranger's, and becomes an asset.

What of it has to be true whoever dies when, `room` sees to.
"""

import asyncio
import errno
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import update

from gesso.domain.identity import Caller
from gesso.domain.media.errors import BadUpload, NotExamined, UploadGone
from gesso.domain.media.keeping import Kept, keep
from gesso.domain.media.room import clear, clear_dead, complete, reserve
from gesso.domain.media.tables import Asset, Upload
from gesso.infra.db import Database, DatabaseAway, moment
from gesso.infra.errors import Invalid, Unavailable
from gesso.infra.examiner import Examiner
from gesso.infra.files import write_chunks
from gesso.infra.inspect import Rejected
from gesso.infra.media_settings import MediaSettings
from gesso.infra.pool import TookTooLong, WorkerDied
from gesso.infra.storage import Storage, StorageFull
from gesso.kit.ids import new_id

log = structlog.get_logger()

SOURCE: Final = "source_sha256"
"""The detail of an asset that says what was sent, before anything was stripped from it."""

_SAID_EVERY: Final = 15.0
_COMPLETE_AGAIN: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds between tries to make the asset while the database is away: the bytes are there."""
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was uploaded, now or by the same request before."""

    asset: Asset
    is_new: bool


class Uploads:
    """Takes files in, in the process that receives them."""

    def __init__(
        self,
        db: Database,
        storage: Storage,
        examiner: Examiner,
        *,
        scratch: Path,
        settings: MediaSettings,
    ) -> None:
        self._db, self._storage, self._examiner = db, storage, examiner
        self._scratch, self._settings = scratch, settings
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def take(
        self, caller: Caller, body: AsyncIterator[bytes], *, size: int, key: str | None
    ) -> Taken:
        """Make an asset of the `size` bytes of a body; the same key and bytes again make it once.

        NoRoom, UploadBusy and StorageFull before anything is read; BadUpload for what is not taken,
        or is not as long as was said; NotExamined; what the storage raises.
        """
        asset_id = uuid5(caller.user_id, f"upload {key}") if key else new_id()
        await clear_dead(self._db, self._storage, owner_id=caller.user_id)
        await asyncio.to_thread(self._check_scratch, size)
        async with self._db.tx(tenant=caller.tenant_id) as tx:
            upload = await reserve(tx, caller, asset_id, size=size, settings=self._settings)
        if isinstance(upload, Asset):
            return await _again(upload, body)
        try:
            async with self._alive(upload):
                return Taken(await self._make(caller, upload, body), is_new=True)
        except DatabaseAway:
            raise  # whether it is an asset by now cannot be known here
        except BaseException:
            await asyncio.shield(self._drop(upload))
            raise

    async def _make(self, caller: Caller, upload: Upload, body: AsyncIterator[bytes]) -> Asset:
        folder = self._scratch / upload.key.rpartition("/")[2]
        try:
            await asyncio.to_thread(folder.mkdir, parents=True)
            file = folder / "file"
            source = await write_chunks(file, _exactly(upload.size, body))
            # One after the other, so that nobody's many files stand before everybody else's.
            async with self._turns.setdefault(caller.user_id, asyncio.Lock()):
                examined = await self._examiner.examine(file)
            limit = self._settings.max_bytes
            kept = await keep(self._storage, upload.key, file, examined, limit=limit)
        except Rejected as error:
            raise BadUpload(error.message, code=error.code) from error
        except (TookTooLong, WorkerDied) as error:
            raise NotExamined("The file could not be examined just now.") from error
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFull("There is no room for this upload.") from error
            raise
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        kept = replace(kept, details={**kept.details, SOURCE: source})
        asset = await self._complete(caller, upload, kept)
        if asset is None:
            raise UploadGone("This account does not take anything in any more.")
        return asset

    async def _complete(self, caller: Caller, upload: Upload, kept: Kept) -> Asset | None:
        for pause in (*_COMPLETE_AGAIN, None):
            try:
                async with self._db.tx(tenant=caller.tenant_id) as tx:
                    return await complete(tx, upload, kept)
            except DatabaseAway:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    @asynccontextmanager
    async def _alive(self, upload: Upload) -> AsyncIterator[None]:
        """Say that this upload is worked on, for as long as the block lasts."""

        async def say() -> None:
            while True:
                await asyncio.sleep(_SAID_EVERY)
                try:
                    async with self._db.tx(tenant=upload.tenant_id) as tx:
                        here = update(Upload).where(Upload.id == upload.id)
                        await tx.execute(here.values(seen_at=moment(tx)))
                except DatabaseAway as error:
                    log.warning("upload_not_renewed", upload=str(upload.id), reason=repr(error))

        saying = asyncio.create_task(say())
        try:
            yield
        finally:
            saying.cancel()
            await asyncio.wait([saying])

    async def _drop(self, upload: Upload) -> None:
        try:
            await clear(self._db, self._storage, upload)
        except Unavailable as error:
            log.warning("upload_left_behind", upload=str(upload.id), reason=error.message)

    def _check_scratch(self, size: int) -> None:
        """Leave the disk as much as the storage leaves it: a database may live there too."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._scratch).free - size < self._settings.upload_reserve:
            raise StorageFull("There is no room for this upload.")


async def _again(known: Asset, body: AsyncIterator[bytes]) -> Taken:
    """What was uploaded under this key before, if it was the same."""
    digest = hashlib.sha256()
    async for chunk in body:
        digest.update(chunk)
    if known.details.get(SOURCE) != digest.hexdigest():
        raise Invalid(
            "This idempotency key was used for another upload.", code="idempotency_key_reused"
        )
    return Taken(known, is_new=False)


async def _exactly(size: int, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes, as many as were announced: room was taken for no more."""
    taken = 0
    async for chunk in body:
        taken += len(chunk)
        if taken > size:
            break
        yield chunk
    if taken != size:
        raise BadUpload("The body is not as long as its Content-Length says.", code="bad_length")
