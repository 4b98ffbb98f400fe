"""Files that were sent in go again; here, because jobs may work from them."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

from fastapi import Path, Request
from fastapi.responses import Response
from sqlalchemy import select

from gesso.domain import media
from gesso.domain.identity import Caller, GuardedHouse, Scope, require
from gesso.domain.tasks.status import LIVE
from gesso.domain.tasks.tables import Job
from gesso.infra.db import View
from gesso.infra.errors import NotFound
from gesso.infra.storage import Storage, StorageUnavailable
from gesso.infra.web import house_of, new_router, problems
from gesso.kit.ids import parse_id

router = new_router("assets")

WriterDep = Annotated[Caller, require(Scope.ASSETS_WRITE)]


class FilesHouse(GuardedHouse, Protocol):
    """What this route needs of the house."""

    @property
    def storage(self) -> Storage:
        """Where the bytes are."""


@router.delete(
    "/assets/{asset_id}",
    status_code=204,
    responses=problems(NotFound, media.InUse, media.NotUploaded, StorageUnavailable),
)
async def delete_asset(
    request: Request,
    caller: WriterDep,
    asset_id: Annotated[str, Path(max_length=64, description="An asset's id.")],
) -> Response:
    """Take a file that you sent in back, for ever; its room is free again. The result of a task
    stays with it.
    """
    house, known = cast(FilesHouse, house_of(request)), parse_id("asset", asset_id)
    if known is None:
        raise NotFound("There is no such asset.")
    async with house.db.view(tenant=caller.tenant_id) as view:
        asset = await media.of_owner(view, caller.user_id, known)
        if asset.job_id is not None:
            raise media.NotUploaded("This is the result of a task.", task_id=str(asset.task_id))
        if await _is_used(view, caller.user_id, known):
            raise media.InUse("A job that has not ended works from this.")
    for key in filter(None, (asset.key, asset.thumbnail_key)):
        await house.storage.delete(key)
    async with house.db.tx(tenant=caller.tenant_id) as tx:
        await media.blank(tx, [known])
    return Response(status_code=204)


async def _is_used(view: View, owner_id: UUID, asset_id: UUID) -> bool:
    """Whether a job of the owner's that has not ended has this among its inputs."""
    live = select(Job.meta).where(LIVE, Job.owner_id == owner_id)
    metas: Iterable[Mapping[str, Any]] = await view.scalars(live)
    return any(str(asset_id) in meta.get("assets", {}).values() for meta in metas)
