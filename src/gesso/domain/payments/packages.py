"""Packages: made, changed and taken off sale by operators. A change is a new version; what was
bought keeps the one that it was bought at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, update

from gesso.domain.payments.errors import BadPackage, NoSuchPackage, PackageNameTaken
from gesso.domain.payments.tables import Package, PackageVersion
from gesso.infra.db import Tx, View, moment
from gesso.kit.ids import new_id
from gesso.kit.money import LARGEST

_PRICED = ("credits", "bonus", "price", "currency", "expires_days")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a package comes to: micro-credits, and a price in the currency's smallest unit."""

    credits: int
    bonus: int
    price: int
    currency: str
    expires_days: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A package with the version in force."""

    package: Package
    figures: PackageVersion


_IN_FORCE = and_(PackageVersion.package_id == Package.id, PackageVersion.version == Package.version)


async def add(tx: Tx, tenant_id: UUID, name: str, figures: Figures, *, position: int = 0) -> Offer:
    """Put a package on sale; PackageNameTaken, BadPackage."""
    _check(figures)
    await _check_name(tx, tenant_id, name)
    now = moment(tx)
    package = Package(
        id=new_id(), tenant_id=tenant_id, name=name, version=1, position=position,
        created_at=now, updated_at=now, retired_at=None,
    )  # fmt: skip
    tx.add(package)
    await tx.flush()
    return Offer(package, await _write(tx, package, figures))


async def change(tx: Tx, tenant_id: UUID, package_id: UUID, wishes: Mapping[str, Any]) -> Offer:
    """Change a package's name or place, or what it comes to: then it has one version more."""
    offer = await get(tx, tenant_id, package_id, lock=True)
    package, now_figures = offer.package, offer.figures
    if wishes.get("name", package.name) != package.name:
        await _check_name(tx, tenant_id, wishes["name"])
        package.name = wishes["name"]
    package.position = wishes.get("position", package.position)
    package.updated_at = moment(tx)
    figures = Figures(**{part: wishes.get(part, getattr(now_figures, part)) for part in _PRICED})
    _check(figures)
    if any(getattr(now_figures, part) != getattr(figures, part) for part in _PRICED):
        package.version += 1
        now_figures = await _write(tx, package, figures)
    await tx.flush()
    return Offer(package, now_figures)


async def retire(tx: Tx, tenant_id: UUID, package_id: UUID) -> Offer:
    """Take a package off sale for good; a second call changes nothing."""
    await get(tx, tenant_id, package_id)
    await tx.execute(
        update(Package)
        .where(Package.id == package_id, Package.retired_at.is_(None))
        .values(retired_at=moment(tx), updated_at=moment(tx))
        .execution_options(synchronize_session=False)
    )
    return await get(tx, tenant_id, package_id)


async def get(view: View, tenant_id: UUID, package_id: UUID, *, lock: bool = False) -> Offer:
    """The package with its version in force; NoSuchPackage for another tenant's."""
    query = (
        select(Package, PackageVersion)
        .join(PackageVersion, _IN_FORCE)
        .where(Package.id == package_id, Package.tenant_id == tenant_id)
        .execution_options(populate_existing=True)
    )
    if lock:
        query = query.with_for_update(of=Package)
    found = (await view.execute(query)).one_or_none()
    if found is None:
        raise NoSuchPackage("There is no such package.")
    return Offer(*found)


async def page(
    view: View, tenant_id: UUID, *, retired: bool, after: tuple[int, UUID] | None, limit: int
) -> Sequence[Offer]:
    """The tenant's packages by their places: those for sale, or with `retired` all of them."""
    query = (
        select(Package, PackageVersion)
        .join(PackageVersion, _IN_FORCE)
        .where(Package.tenant_id == tenant_id)
        .order_by(Package.position, Package.id)
        .limit(limit)
    )
    if not retired:
        query = query.where(Package.retired_at.is_(None))
    if after is not None:
        position, last = after
        query = query.where(
            (Package.position > position) | and_(Package.position == position, Package.id > last)
        )
    return [Offer(*row) for row in await view.execute(query)]


async def _write(tx: Tx, package: Package, figures: Figures) -> PackageVersion:
    version = PackageVersion(
        package_id=package.id, version=package.version, tenant_id=package.tenant_id,
        created_at=moment(tx), **{part: getattr(figures, part) for part in _PRICED},
    )  # fmt: skip
    tx.add(version)
    await tx.flush()
    return version


async def _check_name(tx: Tx, tenant_id: UUID, name: str) -> None:
    same = select(Package.id).where(Package.tenant_id == tenant_id, Package.name == name)
    if await tx.scalar(same) is not None:
        raise PackageNameTaken("Another package has this name.")


def _check(figures: Figures) -> None:
    if not 0 < figures.credits + figures.bonus <= LARGEST:
        raise BadPackage("A package has more than nothing and at most a milliard credits.")
