"""Room for uploads: taken before the first byte, and given back unless an asset comes of it.

    nothing ──reserve──▶ upload ──complete──▶ asset
                           └──────given up──────▶ nothing

A row of `upload` says that something may lie under its key, which no other try shares. Whoever
takes the row away has looked after the bytes first, so a process that is killed leaves nothing that
nobody knows of. Whoever works on an upload says so again and again; one of which nothing was heard
for a minute is dead, and is cleared away by whoever comes along.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from gesso.domain.identity import Caller, User
from gesso.domain.media.errors import NoRoom, UploadBusy, UploadRunning
from gesso.domain.media.keeping import Kept, thumbnail_of
from gesso.domain.media.tables import Asset, Upload
from gesso.infra.db import Database, Tx, View, insert_rows, moment
from gesso.infra.media_settings import MediaSettings
from gesso.infra.storage import Storage
from gesso.kit.ids import new_id

FOLDER: Final = "upload-"
"""How the keys of uploads are called, and their scratch folders."""
_DEAD_AFTER: Final = timedelta(seconds=60)
_AT_ONCE: Final = 200


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
        await clear(db, storage, upload)
    return len(found)


async def give_up(tx: Tx, owner_id: UUID) -> None:
    """Have nothing come of somebody's uploads; whoever works on one clears it away."""
    theirs = update(Upload).where(Upload.owner_id == owner_id)
    await tx.execute(theirs.values(is_given_up=True))


async def under_way(view: View, owner_id: UUID) -> bool:
    """Whether an upload of somebody's has neither become an asset nor been cleared away."""
    query = select(func.count()).select_from(Upload).where(Upload.owner_id == owner_id)
    return bool(await view.scalar(query))


async def clear(db: Database, storage: Storage, upload: Upload) -> None:
    """Let nothing come of an upload from now on; then forget its bytes, and then its row."""
    this = Upload.key == upload.key
    async with db.tx(tenant=upload.tenant_id) as tx:
        marked = update(Upload).where(this).values(is_given_up=True).returning(Upload.id)
        is_there = await tx.scalar(marked) is not None
        became = await tx.scalar(select(Asset.id).where(Asset.key == upload.key))
    if became is not None:
        return
    for key in (upload.key, thumbnail_of(upload.key)):
        await storage.delete(key)
    if is_there:
        async with db.tx(tenant=upload.tenant_id) as tx:
            await tx.execute(delete(Upload).where(this))


@dataclass(frozen=True, slots=True)
class _Sum:
    bytes: int
    count: int


async def _sum(view: View, column: Any, *of: ColumnElement[bool]) -> _Sum:
    query = select(func.coalesce(func.sum(column), 0), func.count()).where(*of)
    total, count = (await view.execute(query)).one()
    return _Sum(int(total), count)
