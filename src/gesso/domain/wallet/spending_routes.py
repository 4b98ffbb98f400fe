"""One's own money over HTTP: codes, limits, alerts, what expires, and which wallet pays."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Path, Request
from fastapi.responses import Response
from sqlalchemy import select

from gesso.domain import events
from gesso.domain.identity import ApiKey, Caller, NoSuchKey, Scope, require
from gesso.domain.wallet import codes, limits, setting, sharing
from gesso.domain.wallet.errors import (
    CodeSpent,
    NoSharedWallet,
    NoSuchCode,
    OwnLimit,
    TooManyGuesses,
)
from gesso.domain.wallet.lots import open_lots, remaining
from gesso.domain.wallet.service import of_owner
from gesso.domain.wallet.wire import (
    AlertIn,
    AlertOut,
    LimitIn,
    LimitOut,
    LimitsOut,
    LotOut,
    LotsOut,
    PaysFrom,
    RedeemIn,
    RedeemOut,
    limit_out,
)
from gesso.infra.db import View, moment
from gesso.infra.errors import GessoError
from gesso.infra.web import (
    REPLAYED,
    KeyHeader,
    TxDep,
    ViewDep,
    answer,
    check_key,
    client_address,
    house_of,
    new_router,
    problems,
)
from gesso.kit.ids import parse_id
from gesso.kit.money import credits_text, micro_credits

router = new_router("wallet")

ReaderDep = Annotated[Caller, require(Scope.WALLET_READ)]
WriterDep = Annotated[Caller, require(Scope.WALLET_WRITE)]
KeyPath = Annotated[str, Path(max_length=40, description="An API key's id.")]
_MOST_LOTS = 100


@router.post(
    "/wallet/redeem",
    response_model=RedeemOut,
    responses=problems(NoSuchCode, CodeSpent, TooManyGuesses),
)
async def redeem_code(
    request: Request, caller: WriterDep, body: RedeemIn, idempotency_key: KeyHeader = None
) -> Response:
    """Turn a code into credits. A code gives something once to each person."""
    key = check_key(idempotency_key)
    address = client_address(request) or None
    async with house_of(request).db.tx(tenant=caller.tenant_id) as tx:
        given = await codes.redeem(tx, caller, body.code, key=key, address=address)
        purse = await of_owner(tx, caller.user_id)
    # Only now: a refusal that was raised inside would not count the guess.
    if isinstance(given, GessoError):
        raise given
    out = RedeemOut(
        amount=credits_text(given.amount),
        expires_at=given.expires_at,
        available=credits_text(purse.posted - purse.held),
    )
    return answer(out, headers=None if given.is_new else REPLAYED)


@router.get("/wallet/lots")
async def list_lots(view: ViewDep, caller: ReaderDep) -> LotsOut:
    """List the credits that expire, the soonest first and at most a hundred, with what is left of
    each.
    """
    purse = await of_owner(view, caller.user_id)
    lots = await open_lots(view, purse.id)
    left = await remaining(view, purse.id, lots)
    return LotsOut(
        items=[
            LotOut(
                amount=credits_text(lot.amount),
                left=credits_text(left[lot.id]),
                expires_at=lot.expires_at,
            )
            for lot in lots[:_MOST_LOTS]
        ]
    )


@router.get("/wallet/limits")
async def get_limits(view: ViewDep, caller: ReaderDep) -> LimitsOut:
    """Show every limit that counts for what this caller spends."""
    member = await sharing.member_of(view, caller.user_id)
    named = (
        ("own", caller.user_id),
        ("user", caller.user_id),
        ("tenant", caller.tenant_id),
        *(("key", key) for key in caller.keys),
        ("member", member.id if member else None),
    )
    subjects = [(kind, subject) for kind, subject in named if subject is not None]
    return await _limits(view, subjects)


@router.put("/wallet/limits", responses=problems(OwnLimit))
async def set_limits(tx: TxDep, caller: WriterDep, body: LimitIn) -> LimitOut:
    """Limit what one spends oneself, whichever key is used; it counts from now on. A key that is
    limited itself may not.
    """
    await _may_set(tx, caller)
    subject = ("own", caller.user_id)
    limit = await setting.limit_user(tx, caller.user_id, subject, **body.bounds)
    return limit_out(limit, moment(tx).date())


@router.get("/api-keys/{api_key_id}/limits", responses=problems(NoSuchKey))
async def get_key_limits(view: ViewDep, caller: ReaderDep, api_key_id: KeyPath) -> LimitsOut:
    """Show what one of one's keys may spend; empty where nothing bounds it."""
    return await _limits(view, [("key", await _own_key(view, caller, api_key_id))])


@router.put("/api-keys/{api_key_id}/limits", responses=problems(NoSuchKey, OwnLimit))
async def set_key_limits(
    tx: TxDep, caller: WriterDep, api_key_id: KeyPath, body: LimitIn
) -> LimitOut:
    """Limit what one of one's keys may spend, from now on. A key that is limited itself may not."""
    subject = ("key", await _own_key(tx, caller, api_key_id))
    await _may_set(tx, caller)
    limit = await setting.limit_user(tx, caller.user_id, subject, **body.bounds)
    return limit_out(limit, moment(tx).date())


@router.get("/wallet/alert")
async def get_alert(view: ViewDep, caller: ReaderDep) -> AlertOut:
    """Show when one is told that the wallet is low."""
    purse = await of_owner(view, caller.user_id)
    below = purse.alert_below
    return AlertOut(below=None if below is None else credits_text(below), is_low=purse.is_low)


@router.put("/wallet/alert")
async def set_alert(tx: TxDep, caller: WriterDep, body: AlertIn) -> AlertOut:
    """Be told, by an event `wallet.low`, whenever less than this can be spent; once each time."""
    below = None if body.below is None else micro_credits(body.below)
    await setting.alert_below(tx, caller.user_id, below)
    await events.flush(tx)
    return await get_alert(tx, caller)


@router.put("/wallet/default", responses=problems(NoSharedWallet))
async def set_default_wallet(tx: TxDep, caller: WriterDep, body: PaysFrom) -> PaysFrom:
    """Say which wallet pays for orders that name none."""
    await sharing.pay_from(tx, caller.user_id, body.wallet)
    return body


async def _limits(view: View, subjects: Sequence[tuple[str, UUID]]) -> LimitsOut:
    found, today = await limits.of_subjects(view, subjects), moment(view).date()
    bounding = [each for each in found if each.daily is not None or each.total is not None]
    return LimitsOut(items=[limit_out(limit, today) for limit in bounding])


async def _may_set(view: View, caller: Caller) -> None:
    own = [("key", key) for key in caller.keys]
    if own and (await _limits(view, own)).items:
        raise OwnLimit("A key that is limited itself may not change limits.")


async def _own_key(view: View, caller: Caller, text: str) -> UUID:
    key_id = parse_id("key", text)
    mine = select(ApiKey.id).where(ApiKey.id == key_id, ApiKey.user_id == caller.user_id)
    if key_id is None or await view.scalar(mine) is None:
        raise NoSuchKey("There is no such key.")
    return key_id
