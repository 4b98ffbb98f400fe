"""The people of an organisation over HTTP, for its admins."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request

from gesso.domain import auditlog, identity
from gesso.domain.admin import service
from gesso.domain.admin.wire import UserChange, UserIn, UserOut, UserQuery, user_out
from gesso.domain.identity import (
    AdminDep,
    BadEmail,
    EmailTaken,
    LastOwner,
    NoSuchUser,
    RoleAbove,
    TenantClosed,
)
from gesso.infra.web import Page, PageDep, TxDep, ViewDep, new_router, problems
from gesso.kit.ids import parse_id

router = new_router("users")

UserPath = Annotated[str, Path(max_length=40, description="A user's id.")]


@router.get("/users")
async def list_users(
    view: ViewDep, admin: AdminDep, page: PageDep, asked: Annotated[UserQuery, Query()]
) -> Page[UserOut]:
    """List the people of one's organisation, the newest first."""
    after = page.after(UUID)
    found = await identity.page_users(
        view,
        admin.tenant_id,
        asked.filters(),
        after=after[0] if after else None,
        limit=page.limit + 1,
    )
    rows, cursor = page.cut(found, lambda user: (user.id,))
    return Page(items=[user_out(user) for user in rows], next_cursor=cursor)


@router.post("/users", status_code=201, responses=problems(BadEmail, EmailTaken, RoleAbove))
async def create_user(request: Request, tx: TxDep, admin: AdminDep, body: UserIn) -> UserOut:
    """Take somebody in, in a role below one's own; owners give any. They come in by their address,
    or by whatever their organisation signs in with.
    """
    by = auditlog.actor(request)
    user = await service.take_in(tx, by, admin.tenant_id, body.email, body.role, rank=admin.role)
    return user_out(user)


@router.get("/users/{user_id}", responses=problems(NoSuchUser))
async def get_user(view: ViewDep, admin: AdminDep, user_id: UserPath) -> UserOut:
    """Look at one."""
    return user_out(await identity.find_member(view, admin.tenant_id, _known(user_id)))


@router.patch(
    "/users/{user_id}", responses=problems(NoSuchUser, RoleAbove, LastOwner, TenantClosed)
)
async def change_user(
    request: Request, tx: TxDep, admin: AdminDep, user_id: UserPath, change: UserChange
) -> UserOut:
    """Give somebody another role, or let them in no more, or again. Only owners touch admins and
    owners; keys and sessions of somebody disabled end within a second or two.
    """
    user = await identity.find_member(tx, admin.tenant_id, _known(user_id))
    by = auditlog.actor(request)
    return user_out(
        await service.change(tx, by, user, role=change.role, status=change.status, rank=admin.role)
    )


def _known(text: str) -> UUID:
    found = parse_id("user", text)
    if found is None:
        raise NoSuchUser("There is no such user.")
    return found
