"""The verbs of admins and owners: each deed with its line in the audit log, all or nothing."""

from uuid import UUID

from gesso.domain import auditlog, identity, sessions, wallet
from gesso.domain.auditlog import Actor
from gesso.domain.identity import Role, RoleAbove, Tenant, User, may_appoint
from gesso.infra.db import Tx
from gesso.kit.ids import public_id


async def take_in(
    tx: Tx, by: Actor, tenant_id: UUID, email: str, role: Role, *, rank: Role
) -> User:
    """A new user of the tenant, with an empty wallet; they come in through any of its doors.
    RoleAbove for a role that somebody in the role `rank` does not give.
    """
    _check(rank, role)
    user = await identity.create_user(tx, email, role=role, tenant_id=tenant_id)
    await wallet.open_wallet(tx, tenant_id, user.id)
    await auditlog.note(
        tx, by, "user.create", public_id("user", user.id), {"role": user.role}
    )  # addresses stand in no line: it outlives who they reach
    return user


async def change(
    tx: Tx, by: Actor, user: User, *, role: Role | None, status: str | None, rank: Role
) -> User:
    """Give somebody of the tenant another role or standing; what is so already changes nothing.

    RoleAbove for whoever is not below somebody in the role `rank`.
    """
    _check(rank, Role(user.role), role or Role(user.role))
    subject = public_id("user", user.id)
    if role is not None and role != user.role:
        details = {"from": user.role, "to": role.value}
        user = await identity.set_role(tx, user, role)
        await auditlog.note(tx, by, "user.change_role", subject, details)
    if status is not None and status != user.status:
        user = await identity.set_active(tx, user, active=status == "active")
        if status != "active":
            await sessions.end_all(tx, user.id, "revoked")
        action = "user.enable" if status == "active" else "user.disable"
        await auditlog.note(tx, by, action, subject)
    return user


async def make_tenant(tx: Tx, by: Actor, name: str, owner: str | None) -> Tenant:
    """A new tenant, and its first owner where one is named."""
    tenant = await identity.create_tenant(tx, name)
    details = {"name": tenant.name}  # who owns it stands in a line about them
    await auditlog.note(tx, by, "tenant.create", public_id("tenant", tenant.id), details)
    if owner is not None:
        await take_in(tx, by, tenant.id, owner, Role.OWNER, rank=Role.OWNER)
    return tenant


async def rename_tenant(tx: Tx, by: Actor, tenant_id: UUID, name: str) -> Tenant:
    """Call it otherwise."""
    before = (await identity.get_tenant(tx, tenant_id)).name
    tenant = await identity.rename_tenant(tx, tenant_id, name)
    details = {"from": before, "to": tenant.name}
    await auditlog.note(tx, by, "tenant.rename", public_id("tenant", tenant_id), details)
    return tenant


async def close_tenant(tx: Tx, by: Actor, tenant_id: UUID) -> Tenant:
    """Let nobody of it in any more; a second call changes nothing."""
    tenant = await identity.close_tenant(tx, tenant_id)
    await sessions.end_tenants(tx, tenant_id, "revoked")
    subject = public_id("tenant", tenant_id)
    await auditlog.note(tx, by, "tenant.close", subject, {"name": tenant.name})
    return tenant


def _check(rank: Role, *roles: Role) -> None:
    if not may_appoint(rank, *roles):
        raise RoleAbove("Only owners appoint, change and dismiss admins and owners.")
