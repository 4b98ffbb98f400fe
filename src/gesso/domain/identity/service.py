"""The verbs of identity: users come in, keys are made, recognised and taken back."""

import hmac
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gesso.domain.identity.errors import (
    BadKeyRequest,
    EmailTaken,
    NoSuchKey,
    NoSuchUser,
    ScopeNotAllowed,
    TooManyKeys,
)
from gesso.domain.identity.keys import digest_of, new_key_text, prefix_of
from gesso.domain.identity.rules import Caller, Role, Scope, clean_email, scopes_for, usable_scopes
from gesso.domain.identity.tables import ApiKey, Tenant, User
from gesso.infra.db import Main, Tx, View, moment, rowset
from gesso.kit.ids import new_id

DEFAULT_TENANT: Final = "default"
_MOST_KEYS: Final = 100
_MOST_LISTED: Final = 500
_LONGEST_NAME: Final = 100
_NOBODY: Final = "0" * 64
"""Compared with when there is no such key, so that the answer takes as long."""

_KEY_FACTS = (
    ApiKey.prefix,
    ApiKey.id,
    ApiKey.digest,
    ApiKey.scopes,
    ApiKey.expires_at,
    ApiKey.revoked_at,
    ApiKey.user_id,
    User.tenant_id,
    User.role,
    User.status,
)


async def create_user(
    tx: Tx, email: str, *, role: Role | str = Role.USER, tenant: str = DEFAULT_TENANT
) -> User:
    """Take somebody in; EmailTaken if they are here already. The tenant is made when it is new."""
    values = {
        "id": new_id(),
        "tenant_id": await _tenant(tx, tenant),
        "email": clean_email(email),
        "role": Role(role).value,
        "status": "active",
        "created_at": moment(tx),
    }
    if not await _insert_once(tx, User, values):
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


async def create_key(
    tx: Tx,
    user: User,
    *,
    name: str,
    scopes: Collection[Scope | str],
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return its text, which cannot be shown again: only its hash is stored."""
    granted = {Scope(scope) for scope in scopes}
    if not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise BadKeyRequest(f"A key has a name of 1 to {_LONGEST_NAME} characters.")
    if not granted:
        raise BadKeyRequest("A key without a scope opens nothing.")
    if expires_at is not None and expires_at <= moment(tx):
        raise BadKeyRequest("This key would have expired already.")
    if denied := granted - scopes_for(Role(user.role)):
        raise ScopeNotAllowed("The user's role does not carry this scope.", scope=min(denied))
    if await _count_usable(tx, user) >= _MOST_KEYS:
        raise TooManyKeys(f"A user has at most {_MOST_KEYS} keys; revoke one first.")
    text = new_key_text()
    key = ApiKey(
        id=new_id(),
        tenant_id=user.tenant_id,
        user_id=user.id,
        name=name.strip(),
        prefix=cast(str, prefix_of(text)),
        digest=digest_of(text),
        scopes=sorted(scope.value for scope in granted),
        created_at=moment(tx),
        expires_at=expires_at,
    )
    tx.add(key)
    await tx.flush()
    return key, text


async def revoke_key(tx: Tx, user: User, prefix: str) -> ApiKey:
    """Take a key back; within a second it opens nothing. A second call changes nothing."""
    mine = (ApiKey.user_id == user.id, ApiKey.prefix == prefix)
    await tx.execute(
        update(ApiKey).where(*mine, ApiKey.revoked_at.is_(None)).values(revoked_at=moment(tx))
    )
    key = await tx.scalar(select(ApiKey).where(*mine).execution_options(populate_existing=True))
    if key is None:
        raise NoSuchKey("There is no such key.")
    return key


async def list_keys(view: View, user: User) -> Sequence[ApiKey]:
    """A user's keys, revoked ones too, the newest first and at most five hundred."""
    keys = select(ApiKey).where(ApiKey.user_id == user.id).order_by(ApiKey.id.desc())
    return (await view.scalars(keys.limit(_MOST_LISTED))).all()


async def authenticate(view: View, presented: Sequence[str]) -> list[Caller | None]:
    """Whose keys these are, in their order.

    None for one that is unknown, revoked or expired, or whose user is disabled.

    What is no key by its checksum is not looked up; what is compared is compared in constant time.
    """
    prefixes = [prefix_of(text) for text in presented]
    wanted = sorted({prefix for prefix in prefixes if prefix})
    v = rowset(view, prefix=(ApiKey.prefix, wanted))
    query = (
        select(*_KEY_FACTS)
        .join(v, v.c.prefix == ApiKey.prefix)
        .join(User, User.id == ApiKey.user_id)
    )
    found = {row.prefix: row for row in await view.execute(query)} if wanted else {}
    return [
        _caller(view, found.get(prefix) if prefix else None, text)
        for prefix, text in zip(prefixes, presented, strict=True)
    ]


def _caller(view: View, row: Any, presented: str) -> Caller | None:
    genuine = hmac.compare_digest(row.digest if row else _NOBODY, digest_of(presented))
    if not (genuine and row) or row.revoked_at or row.status != "active":
        return None
    if row.expires_at is not None and row.expires_at <= moment(view):
        return None
    role = Role(row.role)
    return Caller(
        user_id=row.user_id,
        tenant_id=row.tenant_id,
        role=role,
        scopes=usable_scopes(role, row.scopes),
        key_id=row.id,
        expires_at=row.expires_at,
    )


async def note_use(tx: Tx, uses: Mapping[UUID, datetime]) -> None:
    """Write down when keys were last used; an older use never overwrites a newer one."""
    keys = sorted(uses)
    seen = rowset(tx, id=(ApiKey.id, keys), at=(ApiKey.last_used_at, [uses[key] for key in keys]))
    await tx.execute(
        update(ApiKey)
        .where(
            ApiKey.id == seen.c.id,
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < seen.c.at),
        )
        .values(last_used_at=seen.c.at)
        .execution_options(synchronize_session=False)
    )


async def _tenant(tx: Tx, name: str) -> UUID:
    known = select(Tenant.id).where(Tenant.name == name)
    found = await tx.scalar(known)
    if found is None:
        await _insert_once(tx, Tenant, {"id": new_id(), "name": name, "created_at": moment(tx)})
        found = await tx.scalar(known)
    return cast(UUID, found)


async def _count_usable(tx: Tx, user: User) -> int:
    usable = (ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None))
    return await tx.scalar(select(func.count()).select_from(ApiKey).where(*usable)) or 0


async def _insert_once(tx: Tx, entity: type[Main], values: Mapping[str, object]) -> bool:
    """Whether the row is new; False when a unique index holds such a row already."""
    is_sqlite = tx.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert if is_sqlite else postgresql.insert
    statement = insert(entity).values(**values).on_conflict_do_nothing()
    inserted = await tx.execute(statement.returning(entity.__table__.c.id))
    return inserted.first() is not None
