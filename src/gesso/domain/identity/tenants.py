"""Tenants and the standing of the people in them: verbs of admins and owners."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update

from gesso.domain.identity.erasures import is_leaving
from gesso.domain.identity.errors import (
    AccountErased,
    BadTenantName,
    HouseTenant,
    LastOwner,
    NoSuchTenant,
    NoSuchUser,
    TenantClosed,
    TenantNameTaken,
)
from gesso.domain.identity.rules import Role
from gesso.domain.identity.service import DEFAULT_TENANT, insert_once
from gesso.domain.identity.tables import Channel, Tenant, User
from gesso.infra.db import Tx, View, moment, turn
from gesso.kit.ids import new_id

_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class UserFilters:
    """Which users are wanted; `search` is a part of the address, in whatever case."""

    search: str | None = None
    roles: Sequence[str] = ()
    statuses: Sequence[str] = ()


async def get_tenant(view: View, tenant_id: UUID) -> Tenant:
    """The tenant with this id, or NoSuchTenant."""
    found = await view.scalar(
        select(Tenant).where(Tenant.id == tenant_id).execution_options(populate_existing=True)
    )
    if found is None:
        raise NoSuchTenant("There is no such tenant.")
    return found


async def page_tenants(view: View, *, after: UUID | None, limit: int) -> Sequence[Tenant]:
    """Tenants, closed ones too, the newest first."""
    query = select(Tenant).order_by(Tenant.id.desc()).limit(limit)
    if after is not None:
        query = query.where(Tenant.id < after)
    return (await view.scalars(query)).all()


async def create_tenant(tx: Tx, name: str) -> Tenant:
    """A new organisation; TenantNameTaken where there is one of this name."""
    values = {"id": new_id(), "name": _clean(name), "created_at": moment(tx)}
    if not await insert_once(tx, Tenant, values):
        raise TenantNameTaken("There is a tenant of this name.")
    return await get_tenant(tx, UUID(str(values["id"])))


async def rename_tenant(tx: Tx, tenant_id: UUID, name: str) -> Tenant:
    """Call a tenant otherwise; the house's own keeps its name."""
    wanted = _clean(name)
    await turn(tx, "tenant-names")
    tenant = await get_tenant(tx, tenant_id)
    if tenant.name == wanted:
        return tenant
    _check_not_house(tenant)
    if await tx.scalar(select(Tenant.id).where(Tenant.name == wanted)) is not None:
        raise TenantNameTaken("There is a tenant of this name.")
    await _set(tx, update(Tenant).where(Tenant.id == tenant_id).values(name=wanted))
    return await get_tenant(tx, tenant_id)


async def close_tenant(tx: Tx, tenant_id: UUID) -> Tenant:
    """Let nobody of this tenant in any more: its doors close and its people are disabled, so that
    keys and sessions end at once. What they ordered goes on; a second call changes nothing.
    """
    _check_not_house(await get_tenant(tx, tenant_id))
    open_one = update(Tenant).where(Tenant.id == tenant_id, Tenant.closed_at.is_(None))
    await _set(tx, open_one.values(closed_at=moment(tx)))
    await _set(
        tx,
        update(Channel)
        .where(Channel.tenant_id == tenant_id, Channel.is_active)
        .values(is_active=False, rev=Channel.rev + 1, updated_at=moment(tx)),
    )
    people = update(User).where(User.tenant_id == tenant_id, User.status == "active")
    await _set(tx, people.values(status="disabled"))
    return await get_tenant(tx, tenant_id)


async def find_member(view: View, tenant_id: UUID, user_id: UUID) -> User:
    """The user of this tenant; NoSuchUser for anybody else's."""
    mine = select(User).where(User.id == user_id, User.tenant_id == tenant_id)
    user = await view.scalar(mine.execution_options(populate_existing=True))
    if user is None:
        raise NoSuchUser("There is no such user.")
    return user


async def page_users(
    view: View, tenant_id: UUID, filters: UserFilters, *, after: UUID | None, limit: int
) -> Sequence[User]:
    """The people of a tenant, the newest first."""
    query = select(User).where(User.tenant_id == tenant_id).order_by(User.id.desc()).limit(limit)
    if filters.search:
        part = filters.search.lower()
        query = query.where(func.lower(User.email).contains(part, autoescape=True))
    if filters.roles:
        query = query.where(User.role.in_(list(filters.roles)))
    if filters.statuses:
        query = query.where(User.status.in_(list(filters.statuses)))
    if after is not None:
        query = query.where(User.id < after)
    return (await view.scalars(query)).all()


async def set_role(tx: Tx, user: User, role: Role) -> User:
    """Give somebody another role; in force within a second, in what their keys open too. LastOwner
    where nobody else could appoint admins then; AccountErased for somebody who is leaving.
    """
    return await _stand(tx, user, role=role.value)


async def set_active(tx: Tx, user: User, *, active: bool) -> User:
    """Let somebody in again, or no more: then their keys and sessions end within a second.
    AccountErased where somebody who is leaving, or has left, should be let in.
    """
    if active:
        tenant = await get_tenant(tx, user.tenant_id)
        if tenant.closed_at is not None:
            raise TenantClosed("This tenant is closed.")
    return await _stand(tx, user, status="active" if active else "disabled")


async def _stand(tx: Tx, user: User, **change: str) -> User:
    # One change of this kind at a time: two owners may not dismiss each other.
    await turn(tx, f"standing:{user.tenant_id}")
    if change.get("status") != "disabled" and await is_leaving(tx, user.id):
        raise AccountErased("This account is being erased, or was.")
    now = await find_member(tx, user.tenant_id, user.id)
    stays = {"role": now.role, "status": now.status, **change}
    if (now.role, now.status) == ("owner", "active") and stays != {
        "role": "owner",
        "status": "active",
    }:
        await _check_another_owner(tx, now)
    await _set(tx, update(User).where(User.id == user.id).values(**change))
    return await find_member(tx, user.tenant_id, user.id)


async def _check_another_owner(tx: Tx, user: User) -> None:
    others = select(User.id).where(
        User.tenant_id == user.tenant_id,
        User.id != user.id,
        User.role == Role.OWNER.value,
        User.status == "active",
    )
    if await tx.scalar(others.limit(1)) is None:
        raise LastOwner("This is the last owner; make somebody else an owner first.")


async def _set(tx: Tx, write: Any) -> None:
    await tx.execute(write.execution_options(synchronize_session=False))


def _check_not_house(tenant: Tenant) -> None:
    if tenant.name == DEFAULT_TENANT:
        raise HouseTenant("The house's own tenant keeps its name, and is not closed.")


def _clean(name: str) -> str:
    cleaned = name.strip()
    if not 0 < len(cleaned) <= _LONGEST_NAME or not cleaned.isprintable():
        raise BadTenantName(f"A tenant has a name of 1 to {_LONGEST_NAME} printable characters.")
    return cleaned
