"""The walls between tenants on PostgreSQL: roles, row security and what each role may touch.

A migration that makes a table of a tenant's calls `build` at its end; a second call changes nothing
of the walls that stand. On SQLite there is nothing to build, see `gesso.infra.db.tenancy`.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from gesso.infra.db.tenancy import SHARED, TENANT_ROLE, TENANT_SETTING

HOUSE_ROLE = "gesso_house"
"""Whoever is a member of it sees every tenant's rows: the role under which gesso logs in."""

LEADS = {
    "tenant": "id = {tenant}",
    "attempt": "exists (select 1 from job p where p.id = job_id)",
    "idempotency_key": "exists (select 1 from user_account p where p.id = owner_id)",
    "stream": "exists (select 1 from user_account p where p.id = stream.id)",
    "event": "exists (select 1 from user_account p where p.id = stream_id)",
    "untold": "exists (select 1 from user_account p where p.id = stream_id)",
    "ledger_txn": "exists (select 1 from wallet p where p.id = wallet_id)",
    "ledger_entry": "exists (select 1 from ledger_txn p where p.id = txn_id)",
}
"""Whose a row is in a table without `tenant_id`; what is asked here has a wall itself."""

WRITTEN_FIRST = {"ledger_entry": "true"}
"""What is asked of a new row instead: an entry is written before its movement, which is walled."""

_TENANT = f"nullif(current_setting('{TENANT_SETTING}', true), '')::uuid"
_ROLES = f"create role {HOUSE_ROLE} nologin; create role {TENANT_ROLE} nologin;"


class RolesMissing(RuntimeError):
    """This login may not make the roles; the sentence says what to run, as one that may."""


def build(connection: Connection) -> None:
    """Put a wall around every table of tenants' that has none yet; the roles are made first."""
    if connection.dialect.name != "postgresql":
        return
    _ensure_roles(connection)
    schema = connection.scalar(text("select quote_ident(current_schema())"))
    _tell(connection, f"grant usage on schema {schema} to {TENANT_ROLE}")
    for table in _unwalled(connection):
        _tell(connection, f"alter table {table} enable row level security")
        _tell(connection, f"alter table {table} force row level security")
        _tell(
            connection,
            f"create policy wall_house on {table} to {HOUSE_ROLE} using (true) with check (true)",
        )
        mine = LEADS.get(table, "tenant_id = {tenant}").format(tenant=_TENANT)
        check = WRITTEN_FIRST.get(table, mine)
        _tell(
            connection,
            f"create policy wall_tenant on {table} to {TENANT_ROLE}"
            f" using ({mine}) with check ({check})",
        )
        _tell(connection, f"grant select, insert, update, delete on {table} to {TENANT_ROLE}")
    for table, verbs in SHARED.items():
        _tell(connection, f"grant {', '.join(verbs)} on {table} to {TENANT_ROLE}")


def raze(connection: Connection) -> None:
    """Take the walls down; the roles stay, for other databases of this server may use them."""
    if connection.dialect.name != "postgresql":
        return
    for table in _walled(connection):
        for policy in ("wall_house", "wall_tenant"):
            _tell(connection, f"drop policy {policy} on {table}")
        _tell(connection, f"alter table {table} no force row level security")
        _tell(connection, f"alter table {table} disable row level security")
        _tell(connection, f"revoke all on {table} from {TENANT_ROLE}")
    for table in SHARED:
        _tell(connection, f"revoke all on {table} from {TENANT_ROLE}")
    schema = connection.scalar(text("select quote_ident(current_schema())"))
    _tell(connection, f"revoke usage on schema {schema} from {TENANT_ROLE}")


def _ensure_roles(connection: Connection) -> None:
    """Make the roles, and this login a member of both: what may be done here is done here."""
    has_set = (connection.dialect.server_version_info or (0,)) >= (16,)
    for role, use in ((HOUSE_ROLE, "usage"), (TENANT_ROLE, "set" if has_set else "member")):
        lacks_it = f"to_regrole('{role}') is null"
        is_no_member = f"not pg_has_role(current_user, '{role}', '{use}')"
        _try(connection, f"create role {role} nologin", lacks_it)
        _try(connection, f"grant {role} to current_user", is_no_member)


def _try(connection: Connection, command: str, needed: str) -> None:
    """Do it where it is needed; another migration of this server may do it at the same moment."""
    if not connection.scalar(text(f"select {needed}")):
        return
    _tell(
        connection,
        f"do $$ begin {command}; exception when insufficient_privilege"
        " or duplicate_object or unique_violation then null; end $$",
    )
    if connection.scalar(text(f"select {needed}")):
        login = connection.scalar(text("select quote_ident(current_user)"))
        raise RolesMissing(
            "The login of gesso may not make the roles that keep tenants apart. Run this once as "
            f"one that may, then begin again: {_ROLES} "
            f"grant {HOUSE_ROLE}, {TENANT_ROLE} to {login};"
        )


def _unwalled(connection: Connection) -> Sequence[str]:
    found = text(
        "select c.relname from pg_class c where c.relnamespace = quote_ident(current_schema())::regnamespace"
        " and c.relkind = 'r' and not c.relrowsecurity and c.relname not like 'usage\\_%'"
        " and (c.relname = any(:leads) or exists (select 1 from pg_attribute a"
        " where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))"
        " order by c.relname"
    )
    return connection.scalars(found, {"leads": list(LEADS)}).all()


def _walled(connection: Connection) -> Sequence[str]:
    found = text(
        "select tablename from pg_policies where policyname = 'wall_tenant'"
        " and schemaname = current_schema() order by 1"
    )
    return connection.scalars(found).all()


def _tell(connection: Connection, command: str) -> None:
    connection.execute(text(command))
