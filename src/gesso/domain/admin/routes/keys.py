"""The API keys of an organisation's people over HTTP, for its operators and admins."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request

from gesso.domain import auditlog, identity
from gesso.domain.identity import (
    ApiKey,
    ApiKeyOut,
    NoSuchKey,
    NoSuchUser,
    TenantOperatorDep,
    User,
    key_out,
)
from gesso.infra.db import View, moment
from gesso.infra.web import Page, PageDep, TxDep, ViewDep, new_router, problems
from gesso.kit.ids import parse_id, public_id

router = new_router("users")

UserPath = Annotated[str, Path(max_length=40, description="A user's id.")]
KeyPath = Annotated[str, Path(max_length=40, description="A key's id.")]
Descendants = Annotated[
    bool, Query(description="With every key that was made or renewed with it, for a stolen one.")
]


@router.get("/users/{user_id}/api-keys", responses=problems(NoSuchUser))
async def list_api_keys_of(
    view: ViewDep, operator: TenantOperatorDep, user_id: UserPath, page: PageDep
) -> Page[ApiKeyOut]:
    """List the keys of somebody in one's tenant, the newest first."""
    user = await _neighbour(view, operator.tenant_id, user_id)
    after, now = page.after(UUID), moment(view)
    found = await identity.list_keys(
        view, user, after=after[0] if after else None, limit=page.limit + 1
    )
    rows, cursor = page.cut(found, _place)
    return Page(items=[key_out(key, now) for key in rows], next_cursor=cursor)


@router.delete("/users/{user_id}/api-keys/{key_id}", responses=problems(NoSuchUser, NoSuchKey))
async def revoke_api_key_of(
    request: Request,
    tx: TxDep,
    operator: TenantOperatorDep,
    user_id: UserPath,
    key_id: KeyPath,
    *,
    descendants: Descendants = False,
) -> ApiKeyOut:
    """Take back a key of somebody in one's tenant. A second call changes nothing."""
    user, known = await _neighbour(tx, operator.tenant_id, user_id), parse_id("key", key_id)
    if known is None:
        raise NoSuchKey("There is no such key.")
    was_open = (await identity.find_key(tx, user, known)).revoked_at is None
    take = identity.revoke_tree if descendants else identity.revoke
    key = await take(tx, user, known)
    if was_open or descendants:
        about = {"user": public_id("user", user.id), "descendants": descendants}
        await auditlog.note(tx, auditlog.actor(request), "api_key.revoke", key_id, about)
    return key_out(key, moment(tx))


def _place(key: ApiKey) -> tuple[UUID]:
    return (key.id,)


async def _neighbour(view: View, tenant_id: UUID, text: str) -> User:
    """The user of this id in the tenant; NoSuchUser for anybody else."""
    found = parse_id("user", text)
    if found is None:
        raise NoSuchUser("There is no such user.")
    return await identity.find_member(view, tenant_id, found)
