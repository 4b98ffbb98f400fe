"""What an audit must find of lots, limits, codes, shared wallets and refunds."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Executable, insert

from gesso.domain.wallet.code_tables import RedeemCode
from gesso.domain.wallet.limit_tables import SpendLimit, WalletMember
from gesso.domain.wallet.lot_tables import Lot, LotCover
from gesso.domain.wallet.tables import LedgerTxn
from gesso.kit.ids import new_id
from tests.domain.faults import (
    PAST,
    STRANGER,
    Fault,
    both,
    both_sides,
    hold,
    reversal,
    task,
    wallet,
)
from tests.domain.world import LATER, NOW, World


def reversed_twice(world: World) -> list[Executable]:
    """Each of two reversals is as much as the charge, and they are told one after the other."""
    txn = new_id()
    whose = {"wallet_id": world.wallet, "reverses": world.movements["capture-made"]}
    numbers = {"seq": 10, "posted_after": 10, "held_after": 1}
    return [
        *reversal("capture-made", 1)(world),
        both_sides(txn, (world.account, 1), ("sys:revenue", -1)),
        insert(LedgerTxn).values(id=txn, kind="reversal", at=NOW, **numbers, **whose),
        *wallet(posted=10, seq=10)(world),
    ]


def lot(of: str = "grant", **values: Any) -> Callable[[World], list[Executable]]:
    """What a movement granted expires, or has expired."""
    row = {"seq": 1, "amount": 10, "remaining": 0, "counted": 9, "expired": 0, "status": "expired"}
    times = {"expires_at": PAST, "expired_at": PAST}

    def act(world: World) -> list[Executable]:
        whose = {"tenant_id": world.tenant, "wallet_id": world.wallet, "id": world.movements[of]}
        return [insert(Lot).values(**{**row, **times, **whose, **values})]

    return act


def cover(name: str, **values: Any) -> Callable[[World], list[Executable]]:
    """A hold keeps one credit of the grant's lot."""

    def act(world: World) -> list[Executable]:
        whose = {"tenant_id": world.tenant, "wallet_id": world.wallet}
        about = {"hold_id": world.holds[name], "lot_id": world.movements["grant"], "amount": 1}
        return [insert(LotCover).values(**{**whose, **about, **values})]

    return act


def spent(world: World) -> list[Executable]:
    what = {"kind": "own", "subject_id": world.owner, "spent_today": 0, "spent_total": 5}
    when = {"day": NOW.date(), "updated_at": NOW}
    return [insert(SpendLimit).values(id=new_id(), tenant_id=world.tenant, **what, **when)]


def used_code(world: World) -> list[Executable]:
    what = {"batch_id": new_id(), "digest": "x", "uses": 1, "max_uses": 1}
    return [insert(RedeemCode).values(id=new_id(), tenant_id=world.tenant, **what)]


def member(**values: Any) -> Callable[[World], list[Executable]]:
    """The owner is a member of a wallet."""

    def act(world: World) -> list[Executable]:
        whose = {"tenant_id": world.tenant, "user_id": world.owner, "wallet_id": world.wallet}
        what = {"id": new_id(), "is_manager": False, "created_at": NOW}
        return [insert(WalletMember).values(**{**whose, **what, **values})]

    return act


CREDIT_FAULTS = [
    Fault("I17", "two reversals of one charge that are too much together", reversed_twice),
    Fault("I17b", "a task that says more was refunded", task("made", refunded=1)),
    Fault("I23", "a lot of which more was left than has gone", lot(remaining=5, expired=3)),
    Fault("I23", "a lot that has gone without a movement", lot(remaining=5, expired=5)),
    Fault("I23b", "a wallet that keeps what no hold keeps", wallet(covered=1)),
    Fault(
        "I23b",
        "a hold that has ended and keeps something",
        both(lot(remaining=1), cover("made"), wallet(covered=1)),
    ),
    Fault(
        "I23b",
        "a hold that keeps more than it has",
        both(lot(remaining=2), cover("making", amount=2), wallet(covered=2)),
    ),
    Fault("I23c", "a wallet that waits for a lot that is not there", wallet(expires_at=LATER)),
    Fault("I23c", "a lot that the wallet does not know", lot(status="open", expired_at=None)),
    Fault("I23c", "a lot of what was no grant", lot("freeze-made")),
    Fault("I24", "a limit that counts what nobody froze", spent),
    Fault("I25", "a code that was used by nobody", used_code),
    Fault("I26", "an owner who was not told that the wallet is low", wallet(alert_below=100)),
    Fault("I15", "a member of a wallet that is somebody's", member()),
    Fault(
        "I15",
        "a shared wallet that pays for a stranger",
        wallet(owner_id=None),
    ),
    Fault("I15", "a wallet whose owner pays from where they may not", wallet(pays_from=STRANGER)),
    Fault("I15", "a lot in another tenant", lot(tenant_id=STRANGER)),
    Fault("I15", "a hold that another spends", hold("made", spender_id=STRANGER)),
]
