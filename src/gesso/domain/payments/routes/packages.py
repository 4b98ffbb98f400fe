"""Packages over HTTP: for everybody who is signed in, and for operators who make them."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request

from gesso.domain import auditlog
from gesso.domain.identity import CallerDep
from gesso.domain.payments import packages
from gesso.domain.payments.errors import BadPackage, NoSuchPackage, PackageNameTaken
from gesso.domain.payments.wire import PackageChange, PackageIn, PackageOut, package_out
from gesso.domain.wallet import ActingDep
from gesso.infra.db import Tx
from gesso.infra.web import MissingScope, Page, PageDep, TxDep, ViewDep, new_router, problems
from gesso.kit.ids import parse_id

router = new_router("payments")

PackagePath = Annotated[str, Path(max_length=64, description="A package's id.")]


@router.get("/packages", responses=problems(MissingScope))
async def list_packages(
    view: ViewDep,
    caller: CallerDep,
    page: PageDep,
    *,
    retired: Annotated[bool, Query(description="Retired ones too; for operators.")] = False,
) -> Page[PackageOut]:
    """List the packages for sale in the caller's tenant, in the order of their places."""
    if retired and not caller.is_operator:
        raise MissingScope("Retired packages are for operators.", scope="operator")
    after = page.after(int, UUID)
    found = await packages.page(
        view, caller.tenant_id, retired=retired, after=after, limit=page.limit + 1
    )
    kept, cursor = page.cut(found, lambda offer: (offer.package.position, offer.package.id))
    return Page(items=[package_out(offer) for offer in kept], next_cursor=cursor)


@router.post("/packages", status_code=201, responses=problems(BadPackage, PackageNameTaken))
async def add_package(
    request: Request, tx: TxDep, acting: ActingDep, body: PackageIn
) -> PackageOut:
    """Put a package on sale in the caller's tenant."""
    offer = await packages.add(
        tx, acting.tenant_id, body.name, body.figures(), position=body.position
    )
    return await _noted(tx, request, "package.add", offer)


@router.patch(
    "/packages/{package_id}", responses=problems(NoSuchPackage, BadPackage, PackageNameTaken)
)
async def change_package(
    request: Request,
    tx: TxDep,
    acting: ActingDep,
    package_id: PackagePath,
    body: PackageChange,
) -> PackageOut:
    """Change a package. Another price or other credits make a new version; what was bought keeps
    its own.
    """
    offer = await packages.change(tx, acting.tenant_id, _known(package_id), body.wishes())
    return await _noted(tx, request, "package.change", offer)


@router.post("/packages/{package_id}/retire", responses=problems(NoSuchPackage))
async def retire_package(
    request: Request, tx: TxDep, acting: ActingDep, package_id: PackagePath
) -> PackageOut:
    """Take a package off sale for good; payments for it that are open go on."""
    offer = await packages.retire(tx, acting.tenant_id, _known(package_id))
    return await _noted(tx, request, "package.retire", offer)


async def _noted(tx: Tx, request: Request, action: str, offer: packages.Offer) -> PackageOut:
    """The package as it is now, with the deed in the audit log."""
    told = package_out(offer)
    about = told.model_dump(mode="json", exclude={"id"})
    await auditlog.note(tx, auditlog.actor(request), action, told.id, about)
    return told


def _known(package_id: str) -> UUID:
    known = parse_id("package", package_id)
    if known is None:
        raise NoSuchPackage("There is no such package.")
    return known
