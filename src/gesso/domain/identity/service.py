"""The verbs of identity that concern people: they come in, and are found again."""

from collections.abc import Collection, Mapping
from typing import Final, cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from gesso.domain.identity.errors import EmailTaken, NoSuchUser, TenantClosed
from gesso.domain.identity.rules import Role, clean_email
from gesso.domain.identity.tables import Tenant, User
from gesso.infra.db import Main, Tx, View, moment
from gesso.kit.ids import new_id

DEFAULT_TENANT: Final = "default"


async def tenants_of(view: View, user_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """To which tenant each of these users belongs; strangers are not listed."""
    query = select(User.id, User.tenant_id).where(User.id.in_(list(user_ids)))
    return dict((await view.execute(query)).all())


async def house_tenant(view: View) -> UUID | None:
    """The tenant whose operators run the house; None before the first start."""
    return await tenant_called(view, DEFAULT_TENANT)


async def tenant_called(view: View, name: str) -> UUID | None:
    """The tenant of this name; None where there is none."""
    found: UUID | None = await view.scalar(select(Tenant.id).where(Tenant.name == name))
    return found


async def create_user(
    tx: Tx,
    email: str,
    *,
    role: Role | str = Role.USER,
    tenant: str = DEFAULT_TENANT,
    tenant_id: UUID | None = None,
) -> User:
    """Take somebody in; EmailTaken if they are here already, TenantClosed where nobody comes in any
    more. The tenant is known by its id, or made when there is none of this name.
    """
    tenant_id = tenant_id or await tenant_named(tx, tenant)
    if await tx.scalar(select(Tenant.closed_at).where(Tenant.id == tenant_id)) is not None:
        raise TenantClosed("This tenant is closed.")
    values = {
        "id": new_id(),
        "tenant_id": tenant_id,
        "email": clean_email(email),
        "role": Role(role).value,
        "status": "active",
        "created_at": moment(tx),
    }
    if not await insert_once(tx, User, values):
        raise EmailTaken("There is a user with this e-mail address already.")
    return await get_user(tx, cast(UUID, values["id"]))


async def find_user(view: View, email: str, *, tenant: str = DEFAULT_TENANT) -> User | None:
    """The user with this address, in whatever case it is written; None when there is none."""
    found = (
        select(User)
        .join(Tenant, Tenant.id == User.tenant_id)
        .where(Tenant.name == tenant, func.lower(User.email) == clean_email(email))
    )
    return cast(User | None, await view.scalar(found))


async def get_user(view: View, user_id: UUID) -> User:
    """The user with this id, or NoSuchUser."""
    user = await view.get(User, user_id)
    if user is None:
        raise NoSuchUser("There is no such user.")
    return user


async def tenant_named(tx: Tx, name: str) -> UUID:
    """The tenant of this name, made when it is new."""
    known = select(Tenant.id).where(Tenant.name == name)
    found = await tx.scalar(known)
    if found is None:
        await insert_once(tx, Tenant, {"id": new_id(), "name": name, "created_at": moment(tx)})
        found = await tx.scalar(known)
    return cast(UUID, found)


async def insert_once(tx: Tx, entity: type[Main], values: Mapping[str, object]) -> bool:
    """Whether the row is new; False when a unique index holds such a row already."""
    is_sqlite = tx.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert if is_sqlite else postgresql.insert
    statement = insert(entity).values(**values).on_conflict_do_nothing()
    inserted = await tx.execute(statement.returning(entity.__table__.c.id))
    return inserted.first() is not None
