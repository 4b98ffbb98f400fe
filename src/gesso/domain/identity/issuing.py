"""Issuing: keys are made, changed, renewed and taken back.

Whoever does it with a key, or with a client's token, cannot reach beyond that: what it makes,
changes or renews opens no more, lives no longer and is good from nowhere else (ADR 0051). Taking
back is always allowed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

from sqlalchemy import func, or_, select, update

from gesso.domain.identity.errors import (
    BadKeyRequest,
    KeyNotUsable,
    KeyTooWeak,
    NoSuchKey,
    ScopeNotAllowed,
    TooManyKeys,
)
from gesso.domain.identity.keys import digest_of, new_key_text, prefix_of
from gesso.domain.identity.networks import Networks, covers, read_networks
from gesso.domain.identity.rules import Caller, Role, Scope, scopes_for
from gesso.domain.identity.tables import ApiKey, User
from gesso.infra.db import Tx, View, moment
from gesso.kit.ids import new_id

USUAL_LIFE: Final = timedelta(days=90)
"""How long a key lives where nobody says otherwise."""
LONGEST_OVERLAP: Final = timedelta(days=7)
_MOST_KEYS: Final = 100
_MOST_LISTED: Final = 500
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different about a key; None leaves a thing as it is."""

    name: str | None = None
    scopes: Collection[Scope] | None = None
    addresses: Sequence[str] | None = None
    expires_at: datetime | None = None
    never_expires: bool = False


async def create_key(
    tx: Tx,
    user: User,
    *,
    name: str,
    scopes: Collection[Scope | str],
    expires_at: datetime | None = None,
    addresses: Sequence[str] = (),
    by: Caller | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return its text, which cannot be shown again: only its hash is stored.

    Made `by` a key that is bound to addresses, it is bound to the same unless others are given.
    """
    granted = {Scope(scope) for scope in scopes}
    networks = read_networks(addresses) or (by.networks if by else ())
    _check(tx, user, name=name, scopes=granted, expires_at=expires_at)
    if by is not None:
        _check_reach(by, granted, networks, expires_at)
    if await _count_usable(tx, user) >= _MOST_KEYS:
        raise TooManyKeys(f"A user has at most {_MOST_KEYS} keys; revoke one first.")
    return await _issue(
        tx,
        user,
        name=name.strip(),
        scopes=sorted(granted),
        addresses=[str(network) for network in networks],
        expires_at=expires_at,
        lineage=by.keys if by else (),
    )


async def change_key(
    tx: Tx, user: User, key_id: UUID, changes: Changes, *, by: Caller | None = None
) -> ApiKey:
    """Change what a usable key is called, opens, and from where and until when it does."""
    key = await _usable(tx, user, key_id)
    _check_key(by, key)
    if changes.name is not None:
        key.name = changes.name.strip()
    if changes.scopes is not None:
        key.scopes = list[object](sorted(Scope(scope).value for scope in changes.scopes))
    if changes.addresses is not None:
        key.addresses = [str(network) for network in read_networks(changes.addresses)]
    if changes.never_expires or changes.expires_at is not None:
        key.expires_at = None if changes.never_expires else changes.expires_at
    granted = {Scope(str(scope)) for scope in key.scopes}
    _check(tx, user, name=key.name, scopes=granted, expires_at=key.expires_at)
    _check_key(by, key)
    await tx.flush()
    return key


async def rotate_key(
    tx: Tx, user: User, key_id: UUID, *, overlap: timedelta, by: Caller | None = None
) -> tuple[ApiKey, str]:
    """Put a new key in the place of a usable one, which dies after the overlap: at once, if that is
    zero. The new one opens the same for as long as the old one was made for.
    """
    old = await _usable(tx, user, key_id)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise BadKeyRequest(f"An overlap is at most {LONGEST_OVERLAP.days} days.")
    _check_key(by, old)
    expires_at = old.expires_at and moment(tx) + (old.expires_at - old.created_at)
    is_other = by is not None and not by.is_person and by.key_id != old.id
    if by is not None and is_other and by.expires_at and expires_at:
        # A key may renew itself for as long as it was made for; others it cannot make outlive it.
        expires_at = min(expires_at, by.expires_at)
    made = await _issue(
        tx,
        user,
        name=old.name,
        scopes=[str(scope) for scope in old.scopes],
        addresses=list(old.addresses),
        expires_at=expires_at,
        lineage=(*[UUID(str(each)) for each in old.lineage], old.id),
    )
    if overlap:
        ends = moment(tx) + overlap
        old.expires_at = ends if old.expires_at is None else min(ends, old.expires_at)
    else:
        old.revoked_at = moment(tx)
    await tx.flush()
    return made


async def revoke_key(tx: Tx, user: User, prefix: str) -> ApiKey:
    """Take a key back; within a second it opens nothing. A second call changes nothing."""
    key = await tx.scalar(select(ApiKey).where(ApiKey.user_id == user.id, ApiKey.prefix == prefix))
    if key is None:
        raise NoSuchKey("There is no such key.")
    return await revoke(tx, user, key.id)


async def revoke(tx: Tx, user: User, key_id: UUID) -> ApiKey:
    """Take a key back by its id; NoSuchKey for a stranger's. A second call changes nothing."""
    await tx.execute(
        update(ApiKey)
        .where(ApiKey.user_id == user.id, ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=moment(tx))
        .execution_options(synchronize_session=False)
    )
    return await find_key(tx, user, key_id)


async def revoke_all(tx: Tx, user_id: UUID) -> int:
    """Take back every key of a user; how many still opened something."""
    usable = ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None)
    taken = update(ApiKey).where(*usable).values(revoked_at=moment(tx)).returning(ApiKey.id)
    return len((await tx.scalars(taken.execution_options(synchronize_session=False))).all())


async def revoke_tree(tx: Tx, user: User, key_id: UUID) -> ApiKey:
    """Take a key back with every key that comes from it: what was made or renewed with it, and
    with those. NoSuchKey for a stranger's. A second call changes nothing.
    """
    key = await revoke(tx, user, key_id)
    open_ones = select(ApiKey).where(ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None))
    # A lineage is JSON, which the two databases look into differently.
    made = [each.id for each in await tx.scalars(open_ones) if str(key_id) in each.lineage]
    await tx.execute(
        update(ApiKey)
        .where(ApiKey.id.in_(made), ApiKey.revoked_at.is_(None))
        .values(revoked_at=moment(tx))
        .execution_options(synchronize_session=False)
    )
    return key


async def find_key(view: View, user: User, key_id: UUID) -> ApiKey:
    """The user's key with this id; NoSuchKey for a stranger's."""
    query = (
        select(ApiKey)
        .where(ApiKey.user_id == user.id, ApiKey.id == key_id)
        .execution_options(populate_existing=True)
    )
    key = await view.scalar(query)
    if key is None:
        raise NoSuchKey("There is no such key.")
    return key


async def list_keys(
    view: View, user: User, *, after: UUID | None = None, limit: int = _MOST_LISTED
) -> Sequence[ApiKey]:
    """A user's keys, revoked ones too, the newest first and at most five hundred."""
    keys = select(ApiKey).where(ApiKey.user_id == user.id).order_by(ApiKey.id.desc())
    if after is not None:
        keys = keys.where(ApiKey.id < after)
    return (await view.scalars(keys.limit(min(limit, _MOST_LISTED)))).all()


async def _issue(
    tx: Tx,
    user: User,
    *,
    name: str,
    scopes: Sequence[str],
    addresses: Sequence[object],
    expires_at: datetime | None,
    lineage: Sequence[UUID],
) -> tuple[ApiKey, str]:
    text = new_key_text()
    key = ApiKey(
        id=new_id(),
        tenant_id=user.tenant_id,
        user_id=user.id,
        name=name,
        prefix=cast(str, prefix_of(text)),
        digest=digest_of(text),
        scopes=[str(scope) for scope in scopes],
        addresses=list(addresses),
        created_at=moment(tx),
        expires_at=expires_at,
        parent_id=lineage[-1] if lineage else None,
        lineage=[str(each) for each in lineage],
    )
    tx.add(key)
    await tx.flush()
    return key, text


async def _usable(tx: Tx, user: User, key_id: UUID) -> ApiKey:
    """The key, locked, while it opens something."""
    query = (
        select(ApiKey)
        .where(ApiKey.user_id == user.id, ApiKey.id == key_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    key = await tx.scalar(query)
    if key is None:
        raise NoSuchKey("There is no such key.")
    is_over = key.expires_at is not None and key.expires_at <= moment(tx)
    if key.revoked_at is not None or is_over:
        raise KeyNotUsable("This key opens nothing any more; make another.")
    return key


def _check(
    tx: Tx, user: User, *, name: str, scopes: Collection[Scope], expires_at: datetime | None
) -> None:
    if not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise BadKeyRequest(f"A key has a name of 1 to {_LONGEST_NAME} characters.")
    if not scopes:
        raise BadKeyRequest("A key without a scope opens nothing.")
    if expires_at is not None and expires_at <= moment(tx):
        raise BadKeyRequest("This key would have expired already.")
    if denied := set(scopes) - scopes_for(Role(user.role)):
        raise ScopeNotAllowed("The user's role does not carry this scope.", scope=min(denied))


def _check_key(by: Caller | None, key: ApiKey) -> None:
    """KeyTooWeak unless whoever comes with a key could have made this one with it."""
    if by is None:
        return
    networks = read_networks([str(each) for each in key.addresses])
    _check_reach(by, {Scope(str(scope)) for scope in key.scopes}, networks, key.expires_at)


def _check_reach(
    by: Caller, scopes: Collection[Scope], networks: Networks, expires_at: datetime | None
) -> None:
    if by.is_person:
        return  # a session is the person, who may do all that the role allows
    if more := set(scopes) - by.scopes:
        raise KeyTooWeak("What you come with does not have this scope itself.", scope=min(more))
    if by.expires_at is not None and (expires_at is None or expires_at > by.expires_at):
        raise KeyTooWeak("What you come with does not live that long itself.")
    if not covers(by.networks, networks):
        raise KeyTooWeak("What you come with is not good from there itself.")


async def _count_usable(tx: Tx, user: User) -> int:
    usable = (
        ApiKey.user_id == user.id,
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > moment(tx)),
    )
    return await tx.scalar(select(func.count()).select_from(ApiKey).where(*usable)) or 0
