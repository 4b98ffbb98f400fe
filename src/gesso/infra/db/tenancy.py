"""Walls between tenants: a unit of work of one tenant sees and changes that tenant's rows, whatever
a query asks for.

PostgreSQL keeps the wall itself: the transaction runs in the role `gesso_tenant`, which row
security holds to the tenant named in `gesso.tenant`. Both are set for the transaction only, so a
connection takes neither along to its next user. SQLite has no such thing; there the same conditions
are added to every statement of the session, and what they cannot be added to is refused.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    FromClause,
    Insert,
    Select,
    Update,
    Uuid,
    column,
    event,
    exists,
    select,
    table,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    ORMExecuteState,
    Session,
    SessionTransaction,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors

from gesso.infra.db.schema import Main

TENANT_ROLE: Final = "gesso_tenant"
"""The role in which PostgreSQL runs what is done for one tenant."""
TENANT_SETTING: Final = "gesso.tenant"
"""Where a transaction says which tenant it is for."""

SHARED: Final[Mapping[str, Sequence[str]]] = {
    "code_guess": ("select", "insert", "update", "delete"),
    "epoch": ("select",),
    "queue": ("select", "update"),
    "fair_clock": ("select", "insert", "update"),
    "workflow": ("select",),
}
"""What of the house's every tenant's work touches, and how."""

_BIND: Final = (
    f"select set_config('role', '{TENANT_ROLE}', true), set_config('{TENANT_SETTING}', $1, true)"
)
_LEAVE: Final = text("select set_config('role', 'none', true)")
_RETURN: Final = text(f"select set_config('role', '{TENANT_ROLE}', true)")

_through: dict[type[DeclarativeBase], Callable[[UUID], ColumnElement[bool]]] = {}


class AcrossTenants(RuntimeError):
    """A unit of work of one tenant reached for another's rows, or in a way that cannot be watched:
    a fault of ours.
    """


def belongs(
    entity: type[DeclarativeBase], key: InstrumentedAttribute[Any], *path: tuple[str, str]
) -> None:
    """Declare whose the rows are of a table that has no `tenant_id`: `key` is the id of a row in
    the first of these tables; each names its column that leads on, the last one `tenant_id`.
    Without a table it is the tenant's own id.
    """

    def condition(tenant: UUID) -> ColumnElement[bool]:
        return _leads(key, path, tenant)

    _through[entity] = condition


def _leads(
    key: ColumnElement[Any] | InstrumentedAttribute[Any],
    path: Sequence[tuple[str, str]],
    tenant: UUID,
) -> ColumnElement[bool]:
    if not path:
        return key == tenant
    (name, onward), *rest = path
    parent = table(name, column("id", Uuid()), column(onward, Uuid())).alias(f"whose_{name}")
    # Row by row, by the primary key: a list of all ids would be made anew for every statement.
    inner = select(1).where(parent.c.id == key, _leads(parent.c[onward], rest, tenant))
    return exists(inner.correlate_except(parent))


class TenantSession(Session):
    """A session whose transactions are one tenant's; `info["tenant"]` says whose."""


def bind_session(session: AsyncSession, tenant: UUID) -> None:
    """Have the session's transactions be this tenant's."""
    session.info["tenant"] = tenant


@asynccontextmanager
async def beyond_tenant(session: AsyncSession) -> AsyncIterator[None]:
    """Step out of the tenant for as long as the block lasts: for a count or a sum over everybody
    that gives nobody's rows away, or for what the house writes down of its own. To be used where
    the answer says why.
    """
    on_server = session.get_bind().dialect.name == "postgresql"
    await session.connection()  # a transaction that begins in here would never be bound
    tenant = session.info.pop("tenant", None)
    if tenant is not None and on_server:
        await session.execute(_LEAVE)
    try:
        yield
    finally:
        if tenant is not None:
            session.info["tenant"] = tenant
            if on_server:
                # A transaction that has failed asks nothing more, and the next one is bound anew.
                with suppress(DBAPIError):
                    await session.execute(_RETURN)


@event.listens_for(TenantSession, "after_begin")
def _enter(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    tenant = session.info.get("tenant")
    if tenant is not None and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_BIND, (str(tenant),))


@event.listens_for(TenantSession, "do_orm_execute")
def _hold(state: ORMExecuteState) -> None:
    tenant = state.session.info.get("tenant")
    if tenant is None or state.session.get_bind().dialect.name != "sqlite":
        return
    statement = state.statement
    _check_reach(statement)
    if isinstance(statement, Insert):
        _check_rows(statement, tenant)
        return
    # Only what it names: a condition for every table there is costs more than the statement does.
    criteria, named = _criteria(tenant), _tables(statement)
    held = [criteria[name] for name in named if name in criteria]
    if not isinstance(statement, Select | Update | Delete) or (held and not state.is_orm_statement):
        raise AcrossTenants("This statement cannot be held to one tenant.")
    state.statement = statement.options(*held)


@event.listens_for(TenantSession, "before_flush")
def _check_new(session: Session, _context: object, _instances: object) -> None:
    tenant = session.info.get("tenant")
    for row in session.new if tenant is not None else ():
        if getattr(row, "tenant_id", tenant) != tenant:
            raise AcrossTenants("A row of another tenant was about to be written.")


def check_rows(session: AsyncSession, lists: Mapping[str, Sequence[object]]) -> None:
    """AcrossTenants where rows that are about to be written in bulk are another tenant's."""
    tenant = session.info.get("tenant")
    if tenant is not None and any(each != tenant for each in lists.get("tenant_id", ())):
        raise AcrossTenants("Rows of another tenant were about to be written.")


def _check_reach(statement: Any) -> None:
    """AcrossTenants where a statement touches what PostgreSQL grants to no tenant's work."""
    kinds = ((Insert, "insert"), (Update, "update"), (Delete, "delete"))
    verb = next((verb for kind, verb in kinds if isinstance(statement, kind)), "select")
    written = None if verb == "select" else statement.table.name
    for name in _tables(statement):
        needed = verb if name == written else "select"
        if name in _of_house() and needed not in SHARED.get(name, ()):
            raise AcrossTenants(f"No tenant's work may {needed} in {name}: it is the house's.")


@lru_cache(maxsize=1)
def _of_house() -> frozenset[str]:
    return frozenset(Main.metadata.tables) - walled()


def _check_rows(statement: Insert, tenant: UUID) -> None:
    if "tenant_id" not in statement.table.c:
        return
    given = statement.compile().params.get("tenant_id")
    if given != tenant:
        raise AcrossTenants("A row of another tenant was about to be written.")


@lru_cache(maxsize=1024)
def _criteria(tenant: UUID) -> Mapping[str, Any]:
    """What is added for each table that a statement names; kept, for it is the same every time."""
    return {
        str(entity.__tablename__): with_loader_criteria(
            entity, condition(tenant), include_aliases=True
        )
        for entity, condition in _conditions().items()
    }


def _conditions() -> dict[type[DeclarativeBase], Callable[[UUID], ColumnElement[bool]]]:
    own = {
        mapper.class_: _own(mapper.class_)
        for mapper in Main.registry.mappers
        if "tenant_id" in mapper.columns
    }
    return {**own, **_through}


def _own(entity: Any) -> Callable[[UUID], ColumnElement[bool]]:
    return lambda tenant: entity.tenant_id == tenant


def walled() -> set[str]:
    """The names of the tables whose rows are tenants'."""
    return {str(entity.__tablename__) for entity in _conditions()}


def _tables(statement: Any) -> list[str]:
    """The names of all tables in a statement, however deep inside."""
    found: dict[str, None] = {}
    for each in visitors.iterate(statement):
        source = each if isinstance(each, FromClause) else getattr(each, "table", None)
        name = getattr(source, "name", None)
        if name is not None:
            found[str(name)] = None
    return list(found)
