"""The shared wallet over HTTP: its members look at it, operators open it and let people in."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request
from fastapi.responses import Response
from sqlalchemy import select

from gesso.domain import auditlog
from gesso.domain.identity import Caller, NoSuchUser, Scope, TenantOperatorDep, require
from gesso.domain.wallet import setting, sharing
from gesso.domain.wallet.balance import lock
from gesso.domain.wallet.errors import NoSharedWallet
from gesso.domain.wallet.ledger import wallet_account
from gesso.domain.wallet.service import of_owner
from gesso.domain.wallet.tables import Hold, LedgerEntry, LedgerTxn, Wallet
from gesso.domain.wallet.wire import (
    AlertIn,
    AlertOut,
    MemberIn,
    MemberOut,
    SharedEntryOut,
    SharedOut,
    bounds,
)
from gesso.infra.db import View
from gesso.infra.web import Page, PageDep, TxDep, ViewDep, answer, new_router, problems
from gesso.kit.ids import parse_id, public_id
from gesso.kit.money import credits_text, micro_credits

router = new_router("wallet")

ReaderDep = Annotated[Caller, require(Scope.WALLET_READ)]
UserPath = Annotated[str, Path(max_length=40, description="A user's id.")]


@router.get("/wallet/shared", responses=problems(NoSharedWallet))
async def get_shared_wallet(view: ViewDep, caller: ReaderDep) -> SharedOut:
    """Show the wallet that one shares with others."""
    shared, member = await sharing.shared_of(view, caller.user_id)
    own = await of_owner(view, caller.user_id)
    return _shared_out(shared, is_manager=member.is_manager, pays=own.pays_from == shared.id)


@router.get("/wallet/shared/entries", responses=problems(NoSharedWallet))
async def list_shared_entries(
    view: ViewDep, caller: ReaderDep, page: PageDep
) -> Page[SharedEntryOut]:
    """List the shared wallet's movements, the newest first, and who spent what. Managers see all of
    them; others what they have spent themselves.
    """
    shared, member = await sharing.shared_of(view, caller.user_id)
    query = (
        select(LedgerTxn, Hold)
        .outerjoin(Hold, Hold.id == LedgerTxn.hold_id)
        .where(LedgerTxn.wallet_id == shared.id)
        .order_by(LedgerTxn.seq.desc())
        .limit(page.limit + 1)
    )
    if not member.is_manager:
        query = query.where(Hold.spender_id == caller.user_id)
    if after := page.after(int):
        query = query.where(LedgerTxn.seq < after[0])
    found = [(txn, hold) for txn, hold in await view.execute(query)]
    rows, cursor = page.cut(found, lambda row: (row[0].seq or 0,))
    changes = await _changes(view, [txn.id for txn, _ in rows], shared.id)
    return Page(items=[_entry(txn, hold, changes) for txn, hold in rows], next_cursor=cursor)


@router.post(
    "/shared-wallet",
    status_code=201,
    response_model=SharedOut,
    responses={200: {"model": SharedOut, "description": "It is open already."}},
)
async def open_shared_wallet(request: Request, tx: TxDep, operator: TenantOperatorDep) -> Response:
    """Open the tenant's shared wallet; 200 where it is open."""
    shared, is_new = await sharing.open_shared(tx, operator.tenant_id)
    if is_new:
        subject = public_id("tenant", operator.tenant_id)
        await auditlog.note(tx, auditlog.actor(request), "shared_wallet.open", subject)
    out = _shared_out(shared, is_manager=True, pays=False)
    return answer(out, status=201 if is_new else 200)


@router.put("/shared-wallet/alert", responses=problems(NoSharedWallet))
async def set_shared_alert(
    request: Request, tx: TxDep, operator: TenantOperatorDep, body: AlertIn
) -> AlertOut:
    """Have the managers told, by `wallet.low`, when less than this can be spent."""
    shared = await sharing.of_tenant(tx, operator.tenant_id)
    below = None if body.below is None else micro_credits(body.below)
    balance = (await lock(tx, [shared.id]))[shared.id]
    await setting.set_alert(tx, balance, below)
    subject, about = public_id("tenant", operator.tenant_id), {"below": body.below}
    await auditlog.note(tx, auditlog.actor(request), "shared_wallet.set_alert", subject, about)
    return AlertOut(below=None if below is None else credits_text(below), is_low=balance.is_low)


@router.get("/shared-wallet/members", responses=problems(NoSharedWallet))
async def list_members(
    view: ViewDep, operator: TenantOperatorDep, page: PageDep
) -> Page[MemberOut]:
    """List who may pay from the shared wallet, the oldest member first."""
    shared, after = await sharing.of_tenant(view, operator.tenant_id), page.after(UUID)
    found = await sharing.members(
        view, shared.id, after=after[0] if after else None, limit=page.limit + 1
    )
    rows, cursor = page.cut(found, lambda row: (row[0].id,))
    return Page(
        items=[
            MemberOut(
                user_id=public_id("user", member.user_id),
                email=email,
                is_manager=member.is_manager,
                created_at=member.created_at,
            )
            for member, email in rows
        ],
        next_cursor=cursor,
    )


@router.put(
    "/shared-wallet/members/{user_id}",
    status_code=204,
    responses=problems(NoSuchUser, NoSharedWallet),
)
async def put_member(
    request: Request, tx: TxDep, operator: TenantOperatorDep, user_id: UserPath, body: MemberIn
) -> Response:
    """Let somebody of the tenant pay from the shared wallet, at most so much a day and in all; what
    was said before of them is replaced.
    """
    user = await sharing.user_in(tx, operator.tenant_id, parse_id("user", user_id))
    shared = await sharing.of_tenant(tx, operator.tenant_id)
    member = await sharing.add_member(tx, shared, user, is_manager=body.is_manager)
    subject = ("member", member.id)
    await setting.set_limit(tx, shared.tenant_id, subject, **bounds(body.daily, body.total))
    by, about = auditlog.actor(request), body.model_dump(mode="json")
    await auditlog.note(tx, by, "shared_wallet.put_member", user_id, about)
    return Response(status_code=204)


@router.delete(
    "/shared-wallet/members/{user_id}",
    status_code=204,
    responses=problems(NoSuchUser, NoSharedWallet),
)
async def delete_member(
    request: Request, tx: TxDep, operator: TenantOperatorDep, user_id: UserPath
) -> Response:
    """Let somebody pay from it no more. What they have asked for is still paid by it."""
    user = await sharing.user_in(tx, operator.tenant_id, parse_id("user", user_id))
    await sharing.remove_member(tx, await sharing.of_tenant(tx, operator.tenant_id), user)
    await auditlog.note(tx, auditlog.actor(request), "shared_wallet.remove_member", user_id)
    return Response(status_code=204)


def _shared_out(shared: Wallet, *, is_manager: bool, pays: bool) -> SharedOut:
    return SharedOut(
        available=credits_text(shared.posted - shared.held),
        frozen=credits_text(shared.held),
        total=credits_text(shared.posted),
        is_manager=is_manager,
        pays=pays,
        rev=shared.seq,
    )


async def _changes(view: View, txns: list[UUID], wallet_id: UUID) -> dict[tuple[UUID, str], int]:
    """What each of these movements did to the wallet, by layer."""
    query = select(LedgerEntry.txn_id, LedgerEntry.layer, LedgerEntry.amount).where(
        LedgerEntry.txn_id.in_(txns), LedgerEntry.account == wallet_account(wallet_id)
    )
    return {(txn, layer): amount for txn, layer, amount in await view.execute(query)}


def _entry(
    txn: LedgerTxn, hold: Hold | None, changes: dict[tuple[UUID, str], int]
) -> SharedEntryOut:
    spender = hold.spender_id if hold else None
    return SharedEntryOut(
        seq=txn.seq or 0,
        kind=txn.kind,
        amount=credits_text(changes.get((txn.id, "posted"), 0)),
        frozen=credits_text(changes.get((txn.id, "held"), 0)),
        task_id=public_id("task", txn.task_id) if txn.task_id else None,
        spender_id=public_id("user", spender) if spender else None,
        memo=txn.memo,
        at=txn.at,
    )
