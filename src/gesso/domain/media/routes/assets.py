"""Assets over HTTP: what they are, and their bytes by signed links, in ranges where a player wants
them.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import format_datetime
from typing import Annotated, Any, Literal, Protocol, cast
from uuid import UUID

from fastapi import Header, Path, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import select

from gesso.domain.identity import Caller, GuardedHouse, Scope, require
from gesso.domain.media.links import CONTENT, THUMBNAIL, Links
from gesso.domain.media.ranges import BadRange, parse_range
from gesso.domain.media.service import of_owner
from gesso.domain.media.tables import Asset
from gesso.infra.errors import Forbidden, NotFound
from gesso.infra.storage import Download, Storage
from gesso.infra.web import ViewDep, house_of, new_router, problems
from gesso.kit.ids import parse_id, public_id

router = new_router("assets")


class MediaHouse(GuardedHouse, Protocol):
    """What these routes need of the house."""

    @property
    def links(self) -> Links:
        """Makes and checks signed links."""

    @property
    def storage(self) -> Storage:
        """Where the bytes are."""


class BadLink(Forbidden):
    """The link was altered, or its time is over; read the task again for a fresh one."""

    code = "bad_link"


class AssetOut(BaseModel):
    """A stored file and what was found out about it."""

    id: str
    kind: Literal["image", "video", "model"]
    content_type: str
    size: int
    sha256: str
    url: str
    thumbnail_url: str | None
    task_id: str | None = Field(description="Of which task it came; null for an upload.")
    width: int | None = None
    height: int | None = None
    mean_color: str | None = None
    duration: float | None = None
    fps: float | None = None
    triangles: int | None = None
    vertices: int | None = None
    watertight: bool | None = None
    bounds: list[float] | None = None
    created_at: datetime


ReaderDep = Annotated[Caller, require(Scope.ASSETS_READ)]
AssetPath = Annotated[str, Path(max_length=64, description="An asset's id.")]


class Conditions(BaseModel):
    """The headers by which a player asks for a part, or only for what it does not have yet."""

    range: str | None = Field(None, max_length=256)
    if_none_match: str | None = Field(None, max_length=512)
    if_range: str | None = Field(None, max_length=128)


ConditionsHeader = Annotated[Conditions, Header()]


class SignedQuery(BaseModel):
    """What makes a link a permission."""

    expires: int = Field(ge=0, le=2**53, description="From the signed link.")
    signature: str = Field(max_length=64, description="From the signed link.")


_ON_THE_WAY = 30
"""Seconds for which a redirection leads somewhere at the least."""

SignedDep = Annotated[SignedQuery, Query()]
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes.", "content": {"application/octet-stream": {}}},
    206: {"description": "The range that was asked for."},
    304: {"description": "What the client has is what there is."},
    307: {"description": "The bytes are at `Location`, where the storage hands them out itself."},
    416: {"description": "There are no such bytes."},
    **problems(NotFound, BadLink),
}


@router.get("/assets/{asset_id}", responses=problems(NotFound))
async def get_asset(
    request: Request, view: ViewDep, caller: ReaderDep, asset_id: AssetPath
) -> AssetOut:
    """Show what is known of an asset, with fresh links to its bytes."""
    asset = await of_owner(view, caller.user_id, _parse(asset_id))
    return asset_out(asset, cast(MediaHouse, house_of(request)).links)


def asset_out(asset: Asset, links: Links) -> AssetOut:
    """The asset as it is shown, with links that work from now on."""
    details: dict[str, Any] = {
        name: fact for name, fact in asset.details.items() if name in AssetOut.model_fields
    }
    return AssetOut(
        id=public_id("asset", asset.id),
        kind=asset.kind,  # type: ignore[arg-type]  # checked by the database
        content_type=asset.content_type,
        size=asset.size,
        sha256=asset.sha256,
        url=links.content(asset.id),
        thumbnail_url=links.thumbnail(asset.id) if asset.thumbnail_key else None,
        task_id=public_id("task", asset.task_id) if asset.task_id else None,
        created_at=asset.created_at,
        **details,
    )


@router.get("/assets/{asset_id}/content", response_class=StreamingResponse, responses=BYTES)
async def get_content(
    request: Request,
    asset_id: AssetPath,
    signed: SignedDep,
    asked: ConditionsHeader,
) -> Response:
    """Send the bytes behind a signed link, whole or in part. The link is the permission; no key is
    asked for.
    """
    house = cast(MediaHouse, house_of(request))
    asset = await _behind(house, asset_id, CONTENT, signed)
    tag = f'"{asset.sha256}"'
    headers = _headers(asset, asset.content_type, tag, _left(house, signed))
    if asked.if_none_match is not None and _matches(asked.if_none_match, tag):
        return Response(status_code=304, headers=headers)
    elsewhere = await _elsewhere(house, asset.key, headers, asset.content_type, signed)
    if elsewhere is not None:
        return elsewhere
    wanted = asked.range if asked.if_range in (None, tag) else None
    try:
        part = parse_range(wanted, asset.size)
    except BadRange:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{asset.size}"})
    start, end = part or (0, asset.size)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{asset.size}"
    headers["Content-Length"] = str(end - start)
    body: AsyncIterator[bytes] = await house.storage.open(asset.key, start, end)
    return StreamingResponse(body, 206 if part else 200, headers, asset.content_type)


@router.get("/assets/{asset_id}/thumbnail", response_class=StreamingResponse, responses=BYTES)
async def get_thumbnail(
    request: Request,
    asset_id: AssetPath,
    signed: SignedDep,
    asked: ConditionsHeader,
) -> Response:
    """Send the picture that shows an asset, as WebP."""
    house = cast(MediaHouse, house_of(request))
    asset = await _behind(house, asset_id, THUMBNAIL, signed)
    if asset.thumbnail_key is None:
        raise NotFound("There is no picture of it.")
    tag = f'"{asset.sha256}-thumbnail"'
    headers = _headers(asset, "image/webp", tag, _left(house, signed))
    if asked.if_none_match is not None and _matches(asked.if_none_match, tag):
        return Response(status_code=304, headers=headers)
    elsewhere = await _elsewhere(house, asset.thumbnail_key, headers, "image/webp", signed)
    if elsewhere is not None:
        return elsewhere
    return StreamingResponse(
        await house.storage.open(asset.thumbnail_key), 200, headers, "image/webp"
    )


async def _behind(house: MediaHouse, text: str, variant: str, signed: SignedQuery) -> Asset:
    """The asset behind a signed link; its owner is not asked for, whoever was given the link may
    follow it.
    """
    asset_id = _parse(text)
    if not house.links.allows(asset_id, variant, signed.expires, signed.signature):
        raise BadLink("This link is not valid, or not any more.")
    async with house.db.view() as view:
        asset = await view.scalar(
            select(Asset).where(Asset.id == asset_id, Asset.status == "ready", Asset.size > 0)
        )
    if asset is None:
        raise NotFound("There is no such asset.")
    return asset


async def _elsewhere(
    house: MediaHouse, key: str, headers: dict[str, str], content_type: str, signed: SignedQuery
) -> Response | None:
    """The way to a storage that hands out its bytes itself, for as long as our link works."""
    left = _left(house, signed)
    download = Download(
        # Who follows at the last moment still has to get there.
        seconds=max(left, _ON_THE_WAY),
        content_type=content_type,
        disposition=headers["Content-Disposition"],
        cache_control=headers["Cache-Control"],
    )
    link = await house.storage.link(key, download)
    if link is None:
        return None
    return RedirectResponse(link, 307, {"Cache-Control": f"private, max-age={left}"})


def _left(house: MediaHouse, signed: SignedQuery) -> int:
    """Seconds for which the link still works."""
    return max(0, signed.expires - int(house.db.now().timestamp()))


def _parse(text: str) -> UUID:
    found = parse_id("asset", text)
    if found is None:
        raise NotFound("There is no such asset.")
    return found


def _headers(asset: Asset, content_type: str, tag: str, seconds: int) -> dict[str, str]:
    """Nothing that is stored may run in a browser, whatever it turns out to be."""
    ending = {"model/gltf-binary": "glb"}.get(content_type, content_type.rpartition("/")[2])
    return {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": f"private, max-age={seconds}, immutable",
        "Last-Modified": format_datetime(asset.created_at, usegmt=True),
        "Content-Disposition": f'inline; filename="{public_id("asset", asset.id)}.{ending}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-site",
        "X-Content-Type-Options": "nosniff",
    }


def _matches(header: str, tag: str) -> bool:
    tags = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in tags or tag in tags
