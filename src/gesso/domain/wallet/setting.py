"""Setting limits and alerts: what somebody may spend, and when they want to be warned."""

from uuid import UUID

from sqlalchemy import select, update

from gesso.domain.identity import Tenant
from gesso.domain.wallet.balance import Balance, lock_owners, write
from gesso.domain.wallet.errors import BadAmount
from gesso.domain.wallet.limit_tables import SpendLimit
from gesso.domain.wallet.limits import turn_day
from gesso.domain.wallet.tables import Wallet
from gesso.infra.db import Tx, moment
from gesso.infra.errors import NotFound
from gesso.kit.ids import new_id
from gesso.kit.money import LARGEST


async def set_limit(
    tx: Tx, tenant_id: UUID, subject: tuple[str, UUID], *, daily: int | None, total: int | None
) -> SpendLimit:
    """Limit what a subject spends a day and in all, from now on; None lifts that bound. What was
    counted before stays. The wallets that the subject pays from must be marked, see below.
    """
    if any(most is not None and not 0 <= most <= LARGEST for most in (daily, total)):
        raise BadAmount("A limit is nothing or more, and at most a milliard credits.")
    kind, subject_id = subject
    query = (
        select(SpendLimit)
        .where(SpendLimit.kind == kind, SpendLimit.subject_id == subject_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    limit, today = await tx.scalar(query), moment(tx).date()
    if limit is None:
        limit = SpendLimit(
            id=new_id(), tenant_id=tenant_id, kind=kind, subject_id=subject_id,
            day=today, spent_today=0, spent_total=0, updated_at=moment(tx),
        )  # fmt: skip
        tx.add(limit)
    turn_day(limit, today)
    limit.daily, limit.total, limit.updated_at = daily, total, moment(tx)
    await tx.flush()
    return limit


async def limit_user(
    tx: Tx,
    user_id: UUID,
    subject: tuple[str, UUID],
    *,
    daily: int | None,
    total: int | None,
) -> SpendLimit:
    """Limit a user, or one of their keys; whoever spends for them waits. Shared wallets look for
    limits at all times, so the user's own is the only one to mark.
    """
    balance = await _own(tx, user_id)
    await _mark(tx, Wallet.id == balance.wallet_id)
    return await set_limit(tx, balance.tenant_id, subject, daily=daily, total=total)


async def limit_tenant(
    tx: Tx, tenant_id: UUID, *, daily: int | None, total: int | None
) -> SpendLimit:
    """Limit everybody of a tenant together; wallets that are opened meanwhile are marked as well,
    for opening one waits for this.
    """
    # Whoever spends meanwhile refers to the tenant with a wallet in hand, and must not wait here.
    held = select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(key_share=True)
    await tx.execute(held)
    unmarked = (
        select(Wallet.id)
        .where(Wallet.tenant_id == tenant_id, Wallet.is_limited.is_(False))
        .order_by(Wallet.owner_id.is_(None), Wallet.id)
        .with_for_update(key_share=True)
    )
    if (await tx.scalars(unmarked)).all():
        await _mark(tx, Wallet.tenant_id == tenant_id)
    return await set_limit(tx, tenant_id, ("tenant", tenant_id), daily=daily, total=total)


async def note_tenants_limit(tx: Tx, wallet_id: UUID, tenant_id: UUID) -> None:
    """Mark a wallet that was just opened, where its tenant is limited."""
    waited = select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(read=True)
    await tx.execute(waited)
    limited = select(SpendLimit.id).where(
        SpendLimit.kind == "tenant", SpendLimit.subject_id == tenant_id
    )
    await _mark(tx, Wallet.id == wallet_id, limited.exists())


async def alert_below(tx: Tx, user_id: UUID, amount: int | None) -> None:
    """Have the owner told once whenever less than this can be spent; None: never. Where it is less
    already, they are told now.
    """
    if amount is not None and not 0 < amount <= LARGEST:
        raise BadAmount("An alert is at more than nothing, and at most a milliard credits.")
    balance = await _own(tx, user_id)
    await set_alert(tx, balance, amount)


async def set_alert(tx: Tx, balance: Balance, amount: int | None) -> None:
    """The same for a locked wallet."""
    await tx.execute(
        update(Wallet)
        .where(Wallet.id == balance.wallet_id)
        .values(alert_below=amount)
        .execution_options(synchronize_session=False)
    )
    balance.alert_below, balance.is_low = amount, False
    await write(tx, [balance])


async def _own(tx: Tx, user_id: UUID) -> Balance:
    balance = (await lock_owners(tx, [user_id])).get(user_id)
    if balance is None:
        raise NotFound("There is no such wallet.")
    return balance


async def _mark(tx: Tx, *which: object) -> None:
    marked = update(Wallet).where(*which, Wallet.is_limited.is_(False)).values(is_limited=True)  # type: ignore[arg-type]
    await tx.execute(marked.execution_options(synchronize_session=False))
