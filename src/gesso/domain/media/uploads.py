"""Uploads: a file that somebody sends is examined like any other stranger's, and becomes an asset.

Room is taken before the first byte is, and given back unless an asset comes of it:

    nothing ──reserve──▶ upload ──complete──▶ asset
                           └──────drop, sweep, erasure──────▶ nothing

A row of `upload` says that something may lie under its key. Whoever takes the row away has looked
after the bytes first, so a process that is killed leaves nothing that nobody knows of.
"""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import structlog
from sqlalchemy import delete, func, select

from gesso.domain.identity import Caller, User
from gesso.domain.media.errors import BadUpload, NoRoom, UploadBusy, UploadGone, UploadRunning
from gesso.domain.media.keeping import Kept, keep, thumbnail_of
from gesso.domain.media.tables import Asset, Upload
from gesso.infra.branches import MediaSettings
from gesso.infra.db import Database, DatabaseAway, Tx, View, insert_rows, moment
from gesso.infra.errors import Invalid, Unavailable
from gesso.infra.examiner import Examiner
from gesso.infra.files import write_chunks
from gesso.infra.inspect import Rejected
from gesso.infra.pool import TookTooLong, WorkerDied
from gesso.infra.storage import Storage
from gesso.kit.ids import new_id

log = structlog.get_logger()

SOURCE: Final = "source_sha256"
"""The detail of an asset that says what was sent, before anything was stripped from it."""

_LEFT_BEHIND: Final = timedelta(hours=24)
"""No upload is under way for so long."""


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

    async def take(
        self, caller: Caller, body: AsyncIterator[bytes], *, size: int, key: str | None
    ) -> Taken:
        """Make an asset of the `size` bytes of a body; the same key and bytes again make it once.

        NoRoom and UploadBusy before anything is read; BadUpload for what is not taken, or is not as
        long as was said; what the storage raises.
        """
        asset_id = uuid5(caller.user_id, f"upload {key}") if key else new_id()
        async with self._db.view(tenant=caller.tenant_id) as view:
            known = await view.get(Asset, asset_id)
        if known is not None:
            return await _again(known, body)
        async with self._db.tx(tenant=caller.tenant_id) as tx:
            upload = await reserve(tx, caller, asset_id, size=size, settings=self._settings)
        try:
            return Taken(await self._make(caller, upload, body), is_new=True)
        except DatabaseAway:
            raise  # whether it is an asset by now cannot be known; the sweep will
        except BaseException:
            await asyncio.shield(self._drop(upload))
            raise

    async def _make(self, caller: Caller, upload: Upload, body: AsyncIterator[bytes]) -> Asset:
        folder = self._scratch / f"upload-{upload.id}"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        try:
            file = folder / "file"
            source = await write_chunks(file, _exactly(upload.size, body))
            examined = await self._examiner.examine(file)
            kept = await keep(
                self._storage, upload.key, file, examined, limit=self._settings.max_bytes
            )
        except Rejected as error:
            raise BadUpload(error.message, code=error.code) from error
        except (TookTooLong, WorkerDied) as error:
            raise BadUpload("The file could not be examined.", code="media_broken") from error
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        kept = replace(kept, details={**kept.details, SOURCE: source})
        async with self._db.tx(tenant=caller.tenant_id) as tx:
            asset = await complete(tx, upload, kept)
        if asset is None:
            await _forget_bytes(self._storage, upload.key)
            raise UploadGone("This account does not take anything in any more.")
        return asset

    async def _drop(self, upload: Upload) -> None:
        try:
            await drop(self._db, self._storage, upload)
        except Unavailable as error:
            log.warning("upload_left_behind", upload=str(upload.id), reason=error.message)


async def reserve(
    tx: Tx, caller: Caller, asset_id: UUID, *, size: int, settings: MediaSettings
) -> Upload:
    """Take room for an upload of so many bytes, if there is any left for its owner."""
    # Those of one owner take turns, so that two of them do not take the same room.
    await tx.execute(select(User.id).where(User.id == caller.user_id).with_for_update())
    if await tx.get(Upload, asset_id) is not None:
        raise UploadRunning("An upload with this key is under way.")
    coming, count = (
        await tx.execute(
            select(func.coalesce(func.sum(Upload.size), 0), func.count()).where(
                Upload.owner_id == caller.user_id
            )
        )
    ).one()
    if count >= settings.uploads_at_once:
        raise UploadBusy("Wait until one of your uploads has ended.")
    used = await _used(tx, caller.user_id) + coming
    if used + size > settings.upload_bytes:
        raise NoRoom(
            "There is no room left for your uploads.",
            used_bytes=used,
            max_bytes=settings.upload_bytes,
        )
    now = moment(tx)
    upload = Upload(
        id=asset_id,
        tenant_id=caller.tenant_id,
        owner_id=caller.user_id,
        size=size,
        key=f"{caller.tenant_id}/{now:%Y/%m}/upload-{asset_id}",
        created_at=now,
    )
    tx.add(upload)
    return upload


async def complete(tx: Tx, upload: Upload, kept: Kept) -> Asset | None:
    """Make the asset, ready from the commit on; None when the upload was given up meanwhile."""
    if not await _settle(tx, upload.id):
        return None
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


async def drop(db: Database, storage: Storage, upload: Upload) -> None:
    """Give an upload up: forget its bytes, and then give its room back."""
    async with db.view() as view:
        if await view.get(Upload, upload.id) is None:
            return
    await _forget_bytes(storage, upload.key)
    async with db.tx() as tx:
        await _settle(tx, upload.id)


async def sweep(db: Database, storage: Storage) -> int:
    """Give up the uploads whose process was killed; how many it was."""
    async with db.view() as view:
        late = select(Upload).where(Upload.created_at < moment(view) - _LEFT_BEHIND)
        found = (await view.scalars(late)).all()
    return await _drop_all(db, storage, found)


async def drop_of(db: Database, storage: Storage, owner_id: UUID) -> int:
    """Give up every upload of somebody's; how many it was."""
    async with db.view() as view:
        found = (await view.scalars(select(Upload).where(Upload.owner_id == owner_id))).all()
    return await _drop_all(db, storage, found)


async def under_way(view: View, owner_id: UUID) -> bool:
    """Whether an upload of somebody's has neither become an asset nor been given up."""
    query = select(func.count()).select_from(Upload).where(Upload.owner_id == owner_id)
    return bool(await view.scalar(query))


async def _drop_all(db: Database, storage: Storage, found: Sequence[Upload]) -> int:
    for upload in found:
        await drop(db, storage, upload)
    return len(found)


async def _settle(tx: Tx, upload_id: UUID) -> bool:
    """Take an upload's row away; False when somebody else has."""
    gone = delete(Upload).where(Upload.id == upload_id).returning(Upload.id)
    return await tx.scalar(gone) is not None


async def _used(view: View, owner_id: UUID) -> int:
    """Bytes of somebody's uploads that are assets."""
    total = select(func.coalesce(func.sum(Asset.size), 0)).where(
        Asset.owner_id == owner_id, Asset.job_id.is_(None)
    )
    return int(await view.scalar(total) or 0)


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


async def _forget_bytes(storage: Storage, key: str) -> None:
    for each in (key, thumbnail_of(key)):
        await storage.delete(each)
