"""One's own files over HTTP: what there is, and what is sent in."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Protocol, cast
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import Response

from gesso.domain.identity import Caller, Scope, require
from gesso.domain.media.errors import (
    BadUpload,
    LengthMissing,
    NoRoom,
    NotExamined,
    UploadBusy,
    UploadGone,
    UploadRunning,
)
from gesso.domain.media.routes.assets import AssetOut, MediaHouse, ReaderDep, asset_out
from gesso.domain.media.service import page as page_of
from gesso.domain.media.uploads import Uploads
from gesso.infra.inspect import TAKEN
from gesso.infra.storage import StorageFull, StorageUnavailable
from gesso.infra.web import (
    REPLAYED,
    KeyHeader,
    Page,
    PageDep,
    ViewDep,
    answer,
    check_key,
    house_of,
    new_router,
    problems,
)
from gesso.infra.web.errors import BodyTooLarge
from gesso.kit.ids import public_id

router = new_router("assets")

UPLOAD_PATH: Final = "/api/v1/assets"
WriterDep = Annotated[Caller, require(Scope.ASSETS_WRITE)]
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}


class UploadHouse(MediaHouse, Protocol):
    """What these routes need of the house."""

    @property
    def uploads(self) -> Uploads:
        """Takes files in."""


@router.get("/assets")
async def list_assets(
    request: Request,
    view: ViewDep,
    caller: ReaderDep,
    page: PageDep,
    *,
    kind: Annotated[
        Literal["image", "video", "model"] | None, Query(description="Only these.")
    ] = None,
    uploaded: Annotated[
        bool | None, Query(description="Only those that you sent in, or only the others.")
    ] = None,
) -> Page[AssetOut]:
    """List your files, the newest first, with fresh links."""
    links = cast(MediaHouse, house_of(request)).links
    before = page.after(datetime, UUID)
    rows = await page_of(
        view,
        caller.user_id,
        before=(before[0], before[1]) if before else None,
        limit=page.limit + 1,
        kind=kind,
        uploaded=uploaded,
    )
    kept, cursor = page.cut(rows, lambda asset: (asset.created_at, asset.id))
    return Page(items=[asset_out(asset, links) for asset in kept], next_cursor=cursor)


@router.post(
    "/assets",
    status_code=201,
    response_model=AssetOut,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file itself. What it is, its own bytes say.",
            "content": dict.fromkeys(sorted(TAKEN), _FILE),
        }
    },
    responses={
        200: {"model": AssetOut, "description": "It was uploaded by the same request before."},
        **problems(
            BadUpload, LengthMissing, NoRoom, UploadBusy, UploadRunning, UploadGone, BodyTooLarge,
            NotExamined, StorageFull, StorageUnavailable,
        ),
    },
)  # fmt: skip
async def upload_asset(
    request: Request, caller: WriterDep, idempotency_key: KeyHeader = None
) -> Response:
    """Take in a file as the whole body of the request: a picture, a video or a GLB. It is looked
    through before it is kept, loses what tells where and by what it was made, and is yours from
    the answer on. `Content-Length` has to be there.
    """
    house = cast(UploadHouse, house_of(request))
    key, length = check_key(idempotency_key), request.headers.get("content-length", "")
    if not length.isdigit() or "transfer-encoding" in request.headers:
        raise LengthMissing("`Content-Length` has to say how long the file is.")
    if int(length) == 0:
        raise BadUpload("The body is empty.", code="bad_length")
    taken = await house.uploads.take(caller, request.stream(), size=int(length), key=key)
    headers: dict[str, Any] = {
        "Location": f"{UPLOAD_PATH}/{public_id('asset', taken.asset.id)}",
        **({} if taken.is_new else REPLAYED),
    }
    told = asset_out(taken.asset, house.links)
    return answer(told, status=201 if taken.is_new else 200, headers=headers)
