"""Accounts: a person, their wallet and its first credits are one fact,
so they are written as one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from gesso.domain import identity, wallet
from gesso.domain.identity import ApiKey, Role, Scope, Tenant, User
from gesso.domain.wallet import LedgerTxn, Wallet
from gesso.infra.db import Tx, View, moment

DEFAULT_TENANT = "default"
_VISIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Account:
    """A person with what is in their wallet, in micro-credits."""

    email: str
    tenant: str
    role: str
    status: str
    available: int
    frozen: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of a wallet's statement: what it did to the available and the frozen micro-credits,
    and what was left to spend.
    """

    seq: int
    at: datetime
    kind: str
    available: int
    frozen: int
    left: int
    task_id: UUID | None
    memo: str | None


async def open_account(
    tx: Tx,
    email: str,
    *,
    amount: int = 0,
    role: Role = Role.USER,
    tenant: str = DEFAULT_TENANT,
) -> User:
    """Take somebody in with a wallet of `amount` micro-credits, all or nothing; EmailTaken if
    known.
    """
    user = await identity.create_user(tx, email, role=role, tenant=tenant)
    wallet_id = await wallet.open_wallet(tx, user.tenant_id, user.id)
    if amount:
        await wallet.grant(tx, wallet_id, amount, reference=f"welcome:{user.id}", memo="welcome")
    return user


async def account_of(view: View, email: str, *, tenant: str = DEFAULT_TENANT) -> User:
    """The person with this address, or NoSuchUser with the address in its sentence."""
    user = await identity.find_user(view, email, tenant=tenant)
    if user is None:
        raise identity.NoSuchUser(f"There is no user {email} in the tenant {tenant}.")
    return user


async def top_up(tx: Tx, user: User, amount: int, *, memo: str) -> int:
    """Grant what is missing to have `amount` available, in micro-credits; what was granted, often
    0.
    """
    found = await wallet.of_owner(tx, user.id)
    missing = max(0, amount - (found.posted - found.held))
    if missing:
        await wallet.grant(tx, found.id, missing, memo=memo)
    return missing


async def visit(tx: Tx, user: User, name: str) -> tuple[ApiKey, str]:
    """A key for one errand: it dies by itself after a day,
    and takes its dead predecessors along.
    """
    for key in await identity.list_keys(tx, user):
        is_over = key.expires_at is not None and key.expires_at <= moment(tx)
        if key.name == name and is_over and key.revoked_at is None:
            await identity.revoke_key(tx, user, key.prefix)
    scopes = identity.usual_scopes(Role(user.role)) - {Scope.OPERATOR}
    expires_at = moment(tx) + _VISIT
    return await identity.create_key(tx, user, name=name, scopes=scopes, expires_at=expires_at)


async def new_key(
    tx: Tx,
    user: User,
    *,
    name: str,
    scopes: Collection[Scope],
    days: int | None,
    addresses: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """A key with these scopes, or those that are usual for the role; its text cannot be had again.
    Without `days` it lives until it is revoked.
    """
    wanted = scopes or identity.usual_scopes(Role(user.role))
    expires_at = None if days is None else moment(tx) + timedelta(days=days)
    return await identity.create_key(
        tx, user, name=name, scopes=wanted, expires_at=expires_at, addresses=addresses
    )


async def revoke_by_prefix(
    tx: Tx, prefix: str, *, descendants: bool = False
) -> tuple[ApiKey, User]:
    """Take back the key that begins so, whoever holds it, and with `descendants` every key that
    comes from it; NoSuchKey when there is none.
    """
    key, user = await _named(tx, prefix)
    take = identity.revoke_tree if descendants else identity.revoke
    return await take(tx, user, key.id), user


async def rotate_by_prefix(tx: Tx, prefix: str, overlap: timedelta) -> tuple[ApiKey, str]:
    """Put a new key in the place of the one that begins so, whoever holds it."""
    key, user = await _named(tx, prefix)
    return await identity.rotate_key(tx, user, key.id, overlap=overlap)


async def _named(tx: Tx, prefix: str) -> tuple[ApiKey, User]:
    key = await tx.scalar(select(ApiKey).where(ApiKey.prefix == prefix))
    if key is None:
        raise identity.NoSuchKey(f"There is no key {prefix}.")
    return key, await identity.get_user(tx, key.user_id)


async def anybody(view: View) -> bool:
    """Whether there is a user at all."""
    return bool(await view.scalar(select(select(User.id).exists())))


async def accounts(view: View) -> Sequence[Account]:
    """Everybody, the oldest first."""
    query = (
        select(
            User.email,
            Tenant.name,
            User.role,
            User.status,
            func.coalesce(Wallet.posted - Wallet.held, 0),
            func.coalesce(Wallet.held, 0),
            User.created_at,
        )
        .join(Tenant, Tenant.id == User.tenant_id)
        .outerjoin(Wallet, Wallet.owner_id == User.id)
        .order_by(User.id)
    )
    return [Account(*row) for row in (await view.execute(query))]


async def statement(view: View, owner_id: UUID, *, limit: int) -> list[Movement]:
    """The newest movements of an owner's wallet, the newest first."""
    owned = await wallet.of_owner(view, owner_id)
    # One more than asked: what a line changed is its figures less those of the line before.
    lines = await wallet.statement(view, owned.id, before=None, limit=limit + 1)
    before: list[LedgerTxn | None] = [*lines[1:], None]
    return [_movement(line, then) for line, then in zip(lines, before, strict=True)][:limit]


def _movement(line: LedgerTxn, before: LedgerTxn | None) -> Movement:
    left, frozen = _figures(line)
    left_before, frozen_before = _figures(before)
    return Movement(
        seq=line.seq or 0,
        at=line.at,
        kind=line.kind,
        available=left - left_before,
        frozen=frozen - frozen_before,
        left=left,
        task_id=line.task_id,
        memo=line.memo,
    )


def _figures(line: LedgerTxn | None) -> tuple[int, int]:
    """What a wallet had to spend and what was frozen in it after this line."""
    if line is None:
        return 0, 0
    held = line.held_after or 0
    return (line.posted_after or 0) - held, held
