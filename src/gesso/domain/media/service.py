"""Assets: written down when their file is safely stored, read by their owner alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import literal, select, tuple_, update

from gesso.domain.media.keeping import Kept
from gesso.domain.media.tables import Asset
from gesso.infra.db import Tx, View, insert_rows, moment, rowset
from gesso.infra.errors import Invalid, NotFound
from gesso.kit.ids import parse_id, public_id

SHOWN: Final = (
    "width", "height", "mean_color", "duration", "triangles", "watertight", "bounds",
)  # fmt: skip
"""Of what was found out about a file, that which is told with it everywhere."""

ERASED: Final = "erased"
"""Where nothing is stored: the folder to which the keys of erased assets point."""


@dataclass(frozen=True, slots=True)
class NewAsset:
    """A stored and examined piece of a job."""

    tenant_id: UUID
    owner_id: UUID
    task_id: UUID
    job_id: UUID
    idx: int
    kept: Kept

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

    @property
    def facts(self) -> dict[str, Any]:
        """What whoever waits for it wants to know before it can be shown: its kind of file, how
        large it is, which colour it has.
        """
        details = self.kept.details
        told = {name: details[name] for name in SHOWN if details.get(name) is not None}
        return {"content_type": self.kept.content_type, "size": self.kept.size, **told}


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
            "status": "ready",
            **asset.kept.columns,
            "created_at": moment(tx),
        }
        for asset in assets
    ]
    await insert_rows(tx, Asset, rows)


async def of_owner(view: View, owner_id: UUID, asset_id: UUID) -> Asset:
    """The owner's ready asset; NotFound for a stranger's."""
    asset = await view.scalar(
        select(Asset).where(
            Asset.id == asset_id,
            Asset.owner_id == owner_id,
            Asset.status == "ready",
            Asset.size > 0,
        )
    )
    if asset is None:
        raise NotFound("There is no such asset.")
    return asset


async def of_jobs(view: View, job_ids: Sequence[UUID]) -> dict[UUID, list[Asset]]:
    """The assets of each of these jobs that has any, in the order in which they were delivered."""
    query = select(Asset).where(Asset.job_id.in_(list(job_ids))).order_by(Asset.job_id, Asset.idx)
    found: dict[UUID, list[Asset]] = {}
    for asset in (await view.scalars(query)).all():
        if asset.job_id is not None:
            found.setdefault(asset.job_id, []).append(asset)
    return found


class Thumb(NamedTuple):
    """As much of an asset as shows that it is there."""

    job_id: UUID
    id: UUID
    kind: str
    has_picture: bool
    details: Mapping[str, Any]


async def thumbs(view: View, job_ids: Sequence[UUID]) -> dict[UUID, Thumb]:
    """What stands for each of these jobs that has delivered a file: its first."""
    shown = (Asset.job_id, Asset.id, Asset.kind, Asset.thumbnail_key.is_not(None), Asset.details)
    query = select(*shown).where(Asset.job_id.in_(list(job_ids)), Asset.idx == 0)
    found = [Thumb._make(row) for row in await view.execute(query)]
    return {thumb.job_id: thumb for thumb in found}


async def inputs(
    view: View, owner_id: UUID, wanted: Mapping[str, tuple[str, str]]
) -> dict[str, Asset]:
    """The assets that parameters name, as (public id, kind) by parameter; Invalid names the one
    that is wrong.
    """
    ids = {name: parse_id("asset", text) for name, (text, _) in wanted.items()}
    found = await _ready(view, owner_id, ids.values())
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


async def strange(view: View, owner_id: UUID, texts: Collection[str]) -> list[str]:
    """Those of these ids that are no assets of the owner's, whatever their kind."""
    ids = {text: parse_id("asset", text) for text in texts}
    found = await _ready(view, owner_id, ids.values())
    return [text for text, asset_id in ids.items() if asset_id not in found]


async def _ready(view: View, owner_id: UUID, ids: Iterable[UUID | None]) -> dict[UUID, Asset]:
    query = select(Asset).where(
        Asset.id.in_([each for each in ids if each]),
        Asset.owner_id == owner_id,
        Asset.status == "ready",
        Asset.size > 0,
    )
    return {asset.id: asset for asset in (await view.scalars(query)).all()}


async def page(
    view: View,
    owner_id: UUID,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
    kind: str | None = None,
    uploaded: bool | None = None,
) -> Sequence[Asset]:
    """The owner's ready assets, the newest first, behind the one made at `before`; of one kind, or
    only those that were uploaded, or that were not.
    """
    query = select(Asset).where(Asset.owner_id == owner_id, Asset.status == "ready", Asset.size > 0)
    if kind is not None:
        query = query.where(Asset.kind == kind)
    if uploaded is not None:
        query = query.where(Asset.job_id.is_(None) if uploaded else Asset.job_id.is_not(None))
    if before is not None:
        query = query.where(tuple_(Asset.created_at, Asset.id) < tuple_(*map(literal, before)))
    newest = query.order_by(Asset.created_at.desc(), Asset.id.desc())
    return (await view.scalars(newest.limit(limit))).all()


async def kept_of(view: View, owner_id: UUID, *, room: int) -> Sequence[Asset]:
    """At most `room` assets of the owner's whose bytes have not been erased."""
    query = select(Asset).where(Asset.owner_id == owner_id, Asset.key.not_like(f"{ERASED}/%"))
    return (await view.scalars(query.limit(room))).all()


async def blank(tx: Tx, asset_ids: Sequence[UUID]) -> None:
    """Let nothing of these assets be known but that they were delivered; their bytes are gone
    already.
    """
    v = rowset(
        tx,
        id=(Asset.id, list(asset_ids)),
        key=(Asset.key, [f"{ERASED}/{each.hex}" for each in asset_ids]),
    )
    await tx.execute(
        update(Asset)
        .where(Asset.id == v.c.id)
        .values(key=v.c.key, thumbnail_key=None, sha256="", size=0, details={})
        .execution_options(synchronize_session=False)
    )
