"""The organisations over HTTP, for admins of the house."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request

from gesso.domain import auditlog, identity
from gesso.domain.admin import service
from gesso.domain.admin.wire import TenantChange, TenantIn, TenantOut, tenant_out
from gesso.domain.identity import (
    BadEmail,
    BadTenantName,
    HouseAdminDep,
    HouseTenant,
    NoSuchTenant,
    TenantNameTaken,
)
from gesso.infra.web import Page, PageDep, TxDep, ViewDep, new_router, problems
from gesso.kit.ids import parse_id

router = new_router("tenants")

TenantPath = Annotated[str, Path(max_length=40, description="A tenant's id.")]


@router.get("/tenants")
async def list_tenants(view: ViewDep, _admin: HouseAdminDep, page: PageDep) -> Page[TenantOut]:
    """List the organisations, closed ones too, the newest first."""
    after = page.after(UUID)
    found = await identity.page_tenants(
        view, after=after[0] if after else None, limit=page.limit + 1
    )
    rows, cursor = page.cut(found, lambda tenant: (tenant.id,))
    return Page(items=[tenant_out(tenant) for tenant in rows], next_cursor=cursor)


@router.post(
    "/tenants", status_code=201, responses=problems(BadTenantName, BadEmail, TenantNameTaken)
)
async def create_tenant(
    request: Request, tx: TxDep, _admin: HouseAdminDep, body: TenantIn
) -> TenantOut:
    """Make an organisation, with its first owner where one is named."""
    by = auditlog.actor(request)
    return tenant_out(await service.make_tenant(tx, by, body.name, body.owner))


@router.get("/tenants/{tenant_id}", responses=problems(NoSuchTenant))
async def get_tenant(view: ViewDep, _admin: HouseAdminDep, tenant_id: TenantPath) -> TenantOut:
    """Look at one."""
    return tenant_out(await identity.get_tenant(view, _known(tenant_id)))


@router.patch(
    "/tenants/{tenant_id}",
    responses=problems(NoSuchTenant, BadTenantName, TenantNameTaken, HouseTenant),
)
async def rename_tenant(
    request: Request, tx: TxDep, _admin: HouseAdminDep, tenant_id: TenantPath, body: TenantChange
) -> TenantOut:
    """Call an organisation otherwise; the house's own keeps its name."""
    by = auditlog.actor(request)
    return tenant_out(await service.rename_tenant(tx, by, _known(tenant_id), body.name))


@router.post("/tenants/{tenant_id}/close", responses=problems(NoSuchTenant, HouseTenant))
async def close_tenant(
    request: Request, tx: TxDep, _admin: HouseAdminDep, tenant_id: TenantPath
) -> TenantOut:
    """Let nobody of an organisation in any more: its doors close, its people are disabled, their
    keys and sessions end. What they ordered goes on, and what they own stays.
    """
    by = auditlog.actor(request)
    return tenant_out(await service.close_tenant(tx, by, _known(tenant_id)))


def _known(text: str) -> UUID:
    found = parse_id("tenant", text)
    if found is None:
        raise NoSuchTenant("There is no such tenant.")
    return found
