"""Assets: written down when their file is safely stored, read by their owner alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from gesso.domain.media.tables import Asset
from gesso.infra.db import Tx, View, insert_rows, moment
from gesso.infra.errors import Invalid, NotFound
from gesso.kit.ids import parse_id, public_id


@dataclass(frozen=True, slots=True)
class NewAsset:
    """A stored and examined piece of a job."""

    tenant_id: UUID
    owner_id: UUID
    task_id: UUID
    job_id: UUID
    idx: int
    kind: str
    content_type: str
    size: int
    sha256: str
    key: str
    thumbnail_key: str | None
    details: Mapping[str, Any]

    @property
    def id(self) -> UUID:
        """The same for the same piece of the same job,
        so that storing it twice is storing it once.
        """
        return uuid5(self.job_id, str(self.idx))

    @property
    def public_id(self) -> str:
        """The identifier as the API shows it."""
        return public_id("asset", self.id)


async def add(tx: Tx, assets: Sequence[NewAsset]) -> None:
    """Write down stored pieces; they are ready from the commit on."""
    rows = [
        {
            "id": asset.id,
            "tenant_id": asset.tenant_id,
            "owner_id": asset.owner_id,
            "task_id": asset.task_id,
            "job_id": asset.job_id,
            "idx": asset.idx,
            "kind": asset.kind,
            "status": "ready",
            "content_type": asset.content_type,
            "size": asset.size,
            "sha256": asset.sha256,
            "key": asset.key,
            "thumbnail_key": asset.thumbnail_key,
            "details": dict(asset.details),
            "created_at": moment(tx),
        }
        for asset in assets
    ]
    await insert_rows(tx, Asset, rows)


async def of_owner(view: View, owner_id: UUID, asset_id: UUID) -> Asset:
    """The owner's ready asset; NotFound for a stranger's."""
    asset = await view.scalar(
        select(Asset).where(
            Asset.id == asset_id, Asset.owner_id == owner_id, Asset.status == "ready"
        )
    )
    if asset is None:
        raise NotFound("There is no such asset.")
    return asset


async def of_jobs(view: View, job_ids: Sequence[UUID]) -> dict[UUID, Asset]:
    """The first asset of each of these jobs."""
    query = select(Asset).where(Asset.job_id.in_(list(job_ids)), Asset.idx == 0)
    return {asset.job_id: asset for asset in (await view.scalars(query)).all() if asset.job_id}


async def inputs(
    view: View, owner_id: UUID, wanted: Mapping[str, tuple[str, str]]
) -> dict[str, Asset]:
    """The assets that parameters name, as (public id, kind) by parameter; Invalid names the one
    that is wrong.
    """
    ids = {name: parse_id("asset", text) for name, (text, _) in wanted.items()}
    query = select(Asset).where(
        Asset.id.in_([i for i in ids.values() if i]),
        Asset.owner_id == owner_id,
        Asset.status == "ready",
    )
    found = {asset.id: asset for asset in (await view.scalars(query)).all()}
    named: dict[str, Asset] = {}
    for name, (_, kind) in wanted.items():
        asset = found.get(ids[name]) if ids[name] else None  # type: ignore[arg-type]
        if asset is None:
            raise Invalid(
                "There is no such asset of yours.", code="unknown_asset", pointer=f"#/{name}"
            )
        if asset.kind != kind:
            raise Invalid(f"This has to be a {kind}.", code="wrong_asset_kind", pointer=f"#/{name}")
        named[name] = asset
    return named
