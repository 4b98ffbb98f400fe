"""Shared wallets: a tenant's, from which its members pay, and who pays from which.

Somebody's own wallet is always there and always locked first; which of the two pays is said by the
order, or else by the wallet's owner. A tenant has at most one shared wallet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, update

from gesso.domain.identity import NoSuchUser, Tenant, User
from gesso.domain.wallet.balance import Balance, lock, lock_owners, lock_shared
from gesso.domain.wallet.errors import NoSharedWallet
from gesso.domain.wallet.limit_tables import WalletMember
from gesso.domain.wallet.tables import Wallet
from gesso.infra.db import Tx, View, moment
from gesso.infra.errors import NotFound
from gesso.kit.ids import new_id

PERSONAL, SHARED = "personal", "shared"


@dataclass(frozen=True, slots=True)
class Payer:
    """The locked wallet that pays, and by which membership where it is shared."""

    balance: Balance
    member_id: UUID | None = None


async def payers(
    tx: Tx, own: Mapping[UUID, Balance], wanted: Sequence[tuple[UUID, str | None]]
) -> list[Payer | None]:
    """Who pays for each of these, (user, what the order says); None where nobody does. `own` are
    the users' locked wallets; a shared one is locked after them, and only where it is needed.
    """
    chosen = [_choice(own.get(user), said) for user, said in wanted]
    asking = {user for (user, _), choice in zip(wanted, chosen, strict=True) if choice == SHARED}
    members = await lock_shared(tx, asking) if asking else {}
    found: list[Payer | None] = []
    for (user, _), choice in zip(wanted, chosen, strict=True):
        if choice == SHARED:
            member = members.get(user)
            found.append(Payer(member.balance, member.id) if member else None)
        else:
            found.append(Payer(own[user]) if user in own else None)
    return found


def _choice(own: Balance | None, said: str | None) -> str:
    if said is not None:
        return said
    return SHARED if own is not None and own.pays_from is not None else PERSONAL


async def payer_of_task(tx: Tx, user_id: UUID, wallet_id: UUID) -> Payer:
    """The wallet that paid for a task so far, locked; NoSharedWallet for who may not any more."""
    balance = (await lock(tx, [wallet_id]))[wallet_id]
    if balance.owner_id is not None:
        return Payer(balance)
    member = await member_of(tx, user_id)
    if member is None or member.wallet_id != wallet_id:
        raise NoSharedWallet("You are no member of the wallet that pays for this any more.")
    return Payer(balance, member.id)


async def paying(view: View, user_id: UUID, said: str | None) -> Wallet:
    """The wallet that would pay, as it stands; NotFound where there is none."""
    own = await view.scalar(_fresh(Wallet.owner_id == user_id))
    if said == PERSONAL or (said is None and own is not None and own.pays_from is None):
        if own is None:
            raise NotFound("There is no such wallet.")
        return own
    return (await shared_of(view, user_id))[0]


async def shared_of(view: View, user_id: UUID) -> tuple[Wallet, WalletMember]:
    """The shared wallet that this person may pay from; NoSharedWallet where there is none."""
    member = await member_of(view, user_id)
    found = await view.scalar(_fresh(Wallet.id == member.wallet_id)) if member else None
    if member is None or found is None:
        raise NoSharedWallet("There is no shared wallet for you.")
    return found, member


async def member_of(view: View, user_id: UUID) -> WalletMember | None:
    """This person's membership, unless it was taken back."""
    query = select(WalletMember).where(
        WalletMember.user_id == user_id, WalletMember.removed_at.is_(None)
    )
    return await view.scalar(query.execution_options(populate_existing=True))


async def of_tenant(view: View, tenant_id: UUID) -> Wallet:
    """The tenant's shared wallet; NoSharedWallet where there is none."""
    found = await view.scalar(_fresh(Wallet.tenant_id == tenant_id, Wallet.owner_id.is_(None)))
    if found is None:
        raise NoSharedWallet("The tenant has no shared wallet.")
    return found


async def open_shared(tx: Tx, tenant_id: UUID) -> tuple[Wallet, bool]:
    """The tenant's shared wallet, and whether it is new. It always looks for limits: members come
    and go, and with them limits.
    """
    wallet_id = new_id()
    # The tenant's lock, not a duplicate's refusal, says who of two is first.
    held = select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(key_share=True)
    await tx.execute(held)
    known = await tx.scalar(_fresh(Wallet.tenant_id == tenant_id, Wallet.owner_id.is_(None)))
    if known is not None:
        return known, False
    tx.add(
        Wallet(
            id=wallet_id, tenant_id=tenant_id, owner_id=None, created_at=moment(tx),
            posted=0, held=0, seq=0, covered=0, is_limited=True, is_low=False,
        )
    )  # fmt: skip
    await tx.flush()
    return await of_tenant(tx, tenant_id), True


async def user_in(view: View, tenant_id: UUID, user_id: UUID | None) -> UUID:
    """This user of the tenant; NoSuchUser for anybody else's."""
    user = await view.get(User, user_id) if user_id else None
    if user is None or user.tenant_id != tenant_id:
        raise NoSuchUser("There is no such user.")
    return user.id


async def add_member(tx: Tx, shared: Wallet, user_id: UUID, *, is_manager: bool) -> WalletMember:
    """Let somebody of the tenant pay from its wallet; what they were before is changed to that."""
    await user_in(tx, shared.tenant_id, user_id)
    await lock_owners(tx, [user_id])
    member = await tx.scalar(_membership(shared.id, user_id))
    if member is None:
        member = WalletMember(
            id=new_id(), tenant_id=shared.tenant_id, wallet_id=shared.id, user_id=user_id,
            is_manager=is_manager, created_at=moment(tx),
        )  # fmt: skip
        tx.add(member)
    member.is_manager, member.removed_at = is_manager, None
    await tx.flush()
    return member


async def remove_member(tx: Tx, shared: Wallet, user_id: UUID) -> None:
    """Let somebody pay from it no more; what they have asked for is still paid by it."""
    await lock_owners(tx, [user_id])
    member = await tx.scalar(_membership(shared.id, user_id))
    if member is None or member.removed_at is not None:
        raise NoSuchUser("There is no such member.")
    member.removed_at = moment(tx)
    await tx.flush()
    await _pays_from(tx, user_id, None)


async def members(
    view: View, wallet_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[tuple[WalletMember, str]]:
    """Who pays from a shared wallet, each with their address, the oldest member first."""
    query = (
        select(WalletMember, User.email)
        .join(User, User.id == WalletMember.user_id)
        .where(WalletMember.wallet_id == wallet_id, WalletMember.removed_at.is_(None))
        .order_by(WalletMember.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(WalletMember.id > after)
    return [(member, email) for member, email in await view.execute(query)]


async def pay_from(tx: Tx, user_id: UUID, choice: str) -> None:
    """Say which wallet pays where an order does not; NoSharedWallet for who has none."""
    await lock_owners(tx, [user_id])
    shared = (await shared_of(tx, user_id))[0].id if choice == SHARED else None
    await _pays_from(tx, user_id, shared)


async def _pays_from(tx: Tx, user_id: UUID, wallet_id: UUID | None) -> None:
    await tx.execute(
        update(Wallet)
        .where(Wallet.owner_id == user_id)
        .values(pays_from=wallet_id)
        .execution_options(synchronize_session=False)
    )


def _fresh(*which: ColumnElement[bool]) -> Select[Wallet]:
    return select(Wallet).where(*which).execution_options(populate_existing=True)


def _membership(wallet_id: UUID, user_id: UUID) -> Select[WalletMember]:
    return (
        select(WalletMember)
        .where(WalletMember.wallet_id == wallet_id, WalletMember.user_id == user_id)
        .execution_options(populate_existing=True)
    )
