"""The audit log over HTTP, for admins: their own organisation's deeds, or the house's."""

from collections.abc import AsyncIterator
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from gesso.domain.auditlog import service
from gesso.domain.auditlog.service import Filters
from gesso.domain.auditlog.wire import AuditLineOut, LogQuery, csv_head, csv_lines, line_out
from gesso.domain.identity import AdminDep
from gesso.infra.db import Database
from gesso.infra.web import Page, PageDep, ViewDep, house_of, new_router

router = new_router("audit log", prefix="/api/v1/audit-log")

_AT_ONCE: Final = 500
"""Lines of an export that are read at once; in between no connection is held."""


@router.get("")
async def list_audit_log(
    view: ViewDep, admin: AdminDep, page: PageDep, asked: Annotated[LogQuery, Query()]
) -> Page[AuditLineOut]:
    """List who changed what, the newest first."""
    after = page.after(UUID)
    found = await service.page(
        view,
        admin.tenant_id,
        asked.filters(),
        after=after[0] if after else None,
        limit=page.limit + 1,
    )
    rows, cursor = page.cut(found, lambda line: (line.id,))
    return Page(items=[line_out(line) for line in rows], next_cursor=cursor)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "One line a deed."}},
)
async def export_audit_log(
    request: Request, admin: AdminDep, asked: Annotated[LogQuery, Query()]
) -> StreamingResponse:
    """Send every such line as CSV, the newest first."""
    lines = _export(house_of(request).db, admin.tenant_id, asked.filters())
    name = {"Content-Disposition": 'attachment; filename="audit-log.csv"'}
    return StreamingResponse(lines, 200, name, "text/csv; charset=utf-8; header=present")


async def _export(db: Database, tenant_id: UUID, filters: Filters) -> AsyncIterator[bytes]:
    yield csv_head()
    after: UUID | None = None
    while True:
        async with db.view(tenant=tenant_id) as view:
            lines = await service.page(view, tenant_id, filters, after=after, limit=_AT_ONCE)
        if not lines:
            return
        yield csv_lines(lines)
        after = lines[-1].id
