"""Uploads: a file that somebody sends is examined like any other stranger's, and becomes an asset.

Room is taken before the first byte is, and given back unless an asset comes of it:

    nothing ──reserve──▶ upload ──complete──▶ asset
                           └──────given up──────▶ nothing

A row of `upload` says that something may lie under its key, which no other try shares. Whoever
takes the row away has looked after the bytes first, so a process that is killed leaves nothing that
nobody knows of. Whoever works on an upload says so again and again; one of which nothing was heard
for a minute is dead, and is cleared away by whoever comes along.
"""

import asyncio
import errno
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, select, update

from gesso.domain.identity import Caller, User
from gesso.domain.media.errors import (
    BadUpload,
    NoRoom,
    NotExamined,
    UploadBusy,
    UploadGone,
    UploadRunning,
)
from gesso.domain.media.keeping import Kept, keep, thumbnail_of
from gesso.domain.media.tables import Asset, Upload
from gesso.infra.branches import MediaSettings
from gesso.infra.db import Database, DatabaseAway, Tx, View, insert_rows, moment
from gesso.infra.errors import Invalid, Unavailable
from gesso.infra.examiner import Examiner
from gesso.infra.files import write_chunks
from gesso.infra.inspect import Rejected
from gesso.infra.pool import TookTooLong, WorkerDied
from gesso.infra.storage import Storage, StorageFull
from gesso.kit.ids import new_id

log = structlog.get_logger()

SOURCE: Final = "source_sha256"
"""The detail of an asset that says what was sent, before anything was stripped from it."""

FOLDER: Final = "upload-"
"""How the scratch folders of uploads are called, and their keys."""
_SAID_EVERY: Final = 15.0
_DEAD_AFTER: Final = timedelta(seconds=60)
_COMPLETE_AGAIN: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds between tries to make the asset while the database is away: the bytes are there."""
_AT_ONCE: Final = 200
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
                    async with self._db.tx() as tx:
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
            await _clear(self._db, self._storage, upload)
        except Unavailable as error:
            log.warning("upload_left_behind", upload=str(upload.id), reason=error.message)

    def _check_scratch(self, size: int) -> None:
        """Leave the disk as much as the storage leaves it: a database may live there too."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._scratch).free - size < self._settings.upload_reserve:
            raise StorageFull("There is no room for this upload.")


async def reserve(
    tx: Tx, caller: Caller, asset_id: UUID, *, size: int, settings: MediaSettings
) -> Upload | Asset:
    """Take room for an upload of so many bytes, if there is any left for its owner; or tell what
    has come of it before.
    """
    # Those of one owner take turns, so that two of them do not take the same room.
    owner = select(User.id).where(User.id == caller.user_id)
    await tx.execute(owner.with_for_update(key_share=True))
    if (known := await tx.get(Asset, asset_id)) is not None:
        return known
    if await tx.get(Upload, asset_id) is not None:
        raise UploadRunning("An upload with this key is under way.")
    coming = await _sum(tx, Upload.size, Upload.owner_id == caller.user_id)
    there = await _sum(tx, Asset.size, Asset.owner_id == caller.user_id, Asset.job_id.is_(None))
    if coming.count >= settings.uploads_at_once:
        raise UploadBusy("Wait until one of your uploads has ended.")
    used, count = coming.bytes + there.bytes, coming.count + there.count
    if used + size > settings.upload_bytes or count >= settings.uploads:
        raise NoRoom(
            "There is no room left for your uploads.",
            used_bytes=used,
            max_bytes=settings.upload_bytes,
            files=count,
            max_files=settings.uploads,
        )
    now = moment(tx)
    upload = Upload(
        id=asset_id,
        tenant_id=caller.tenant_id,
        owner_id=caller.user_id,
        size=size,
        key=f"{caller.tenant_id}/{now:%Y/%m}/{FOLDER}{new_id()}",
        created_at=now,
        seen_at=now,
        is_given_up=False,
    )
    tx.add(upload)
    return upload


async def complete(tx: Tx, upload: Upload, kept: Kept) -> Asset | None:
    """Make the asset, ready from the commit on; doing it twice is doing it once. None when the
    upload was given up meanwhile.
    """
    mine = and_(Upload.key == upload.key, Upload.is_given_up.is_(False))
    gone = await tx.scalar(delete(Upload).where(mine).returning(Upload.id))
    if gone is None:
        made = await tx.get(Asset, upload.id)
        return made if made is not None and made.key == upload.key else None
    row = {
        "id": upload.id,
        "tenant_id": upload.tenant_id,
        "owner_id": upload.owner_id,
        "task_id": None,
        "job_id": None,
        "idx": 0,
        "status": "ready",
        "created_at": moment(tx),
        **kept.columns,
    }
    await insert_rows(tx, Asset, [row])
    return Asset(**row)


async def clear_dead(db: Database, storage: Storage, *, owner_id: UUID | None = None) -> int:
    """Clear away the uploads, of somebody or of all, on which nobody works any more; how many."""
    async with db.view() as view:
        query = select(Upload).where(Upload.seen_at < moment(view) - _DEAD_AFTER)
        if owner_id is not None:
            query = query.where(Upload.owner_id == owner_id)
        found = (await view.scalars(query.limit(_AT_ONCE))).all()
    for upload in found:
        await _clear(db, storage, upload)
    return len(found)


async def give_up(tx: Tx, owner_id: UUID) -> None:
    """Have nothing come of somebody's uploads; whoever works on one clears it away."""
    theirs = update(Upload).where(Upload.owner_id == owner_id)
    await tx.execute(theirs.values(is_given_up=True))


async def under_way(view: View, owner_id: UUID) -> bool:
    """Whether an upload of somebody's has neither become an asset nor been cleared away."""
    query = select(func.count()).select_from(Upload).where(Upload.owner_id == owner_id)
    return bool(await view.scalar(query))


async def _clear(db: Database, storage: Storage, upload: Upload) -> None:
    """Let nothing come of an upload from now on; then forget its bytes, and then its row."""
    this = Upload.key == upload.key
    async with db.tx() as tx:
        marked = update(Upload).where(this).values(is_given_up=True).returning(Upload.id)
        is_there = await tx.scalar(marked) is not None
        became = await tx.scalar(select(Asset.id).where(Asset.key == upload.key))
    if became is not None:
        return
    for key in (upload.key, thumbnail_of(upload.key)):
        await storage.delete(key)
    if is_there:
        async with db.tx() as tx:
            await tx.execute(delete(Upload).where(this))


@dataclass(frozen=True, slots=True)
class _Sum:
    bytes: int
    count: int


async def _sum(view: View, column: Any, *of: ColumnElement[bool]) -> _Sum:
    query = select(func.coalesce(func.sum(column), 0), func.count()).where(*of)
    total, count = (await view.execute(query)).one()
    return _Sum(int(total), count)


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
