"""Money moved by hand, and limits set, by operators for their tenant's people."""

import hashlib
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import Path, Request
from fastapi.responses import PlainTextResponse, Response

from gesso.domain import auditlog, identity
from gesso.domain.identity import (
    Caller,
    NoSuchTenant,
    NoSuchUser,
    Scope,
    TenantOperatorDep,
)
from gesso.domain.wallet import codes, limits, references, service, setting, sharing
from gesso.domain.wallet.acting import Acting, ActingDep
from gesso.domain.wallet.errors import (
    BadAmount,
    BadExpiry,
    KeyRequired,
    NoSharedWallet,
    NoSuchBatch,
    NotCovered,
)
from gesso.domain.wallet.tables import Wallet
from gesso.domain.wallet.wire import (
    AdjustIn,
    BatchOut,
    CodesIn,
    GrantIn,
    LimitIn,
    LimitOut,
    LimitsOut,
    MovedOut,
    batch_out,
    limit_out,
    moved_out,
)
from gesso.infra.db import Tx, View, moment
from gesso.infra.errors import Conflict
from gesso.infra.web import (
    REPLAYED,
    KeyHeader,
    MissingScope,
    Page,
    PageDep,
    TxDep,
    ViewDep,
    answer,
    check_key,
    new_router,
    problems,
)
from gesso.kit.ids import parse_id, public_id
from gesso.kit.money import micro_credits

router = new_router("wallet")

UserPath = Annotated[str, Path(max_length=40, description="A user's id.")]


@router.post(
    "/grants",
    status_code=201,
    response_model=MovedOut,
    responses=problems(NoSuchUser, NoSharedWallet, KeyRequired, BadExpiry),
)
async def grant_credits(
    request: Request,
    tx: TxDep,
    acting: ActingDep,
    body: GrantIn,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Give somebody credits, for ever or until a day; without a user, to the shared wallet."""
    reference = _reference("grant", acting, idempotency_key)
    purse, amount = await _wallet(tx, acting, body.user_id), micro_credits(body.amount)
    given = await service.grant(
        tx, purse.id, amount, reference=reference,
        memo=body.reason, expires_at=body.expires_at, actor_id=acting.operator.user_id,
    )  # fmt: skip
    if given:
        about = {"amount": body.amount, "reason": body.reason, "expires_at": body.expires_at}
        await _note(tx, request, "credits.grant", body.user_id or "shared", about)
    else:
        await references.check_same(tx, reference, kind="grant", wallet_id=purse.id, amount=amount)
    return await _moved(tx, acting, body.user_id, is_new=given)


@router.post(
    "/adjustments",
    status_code=201,
    response_model=MovedOut,
    responses=problems(NoSuchUser, NoSharedWallet, KeyRequired, NotCovered, BadAmount),
)
async def adjust_wallet(
    request: Request,
    tx: TxDep,
    acting: ActingDep,
    body: AdjustIn,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Put right by hand what somebody's wallet holds, up or down, with a reason; for admins. What
    is not free is not taken.
    """
    if Scope.ADMIN not in acting.operator.scopes:
        raise MissingScope("Putting a wallet right is for admins.", scope=Scope.ADMIN)
    reference = _reference("adjust", acting, idempotency_key)
    purse, amount = await _wallet(tx, acting, body.user_id), micro_credits(body.amount)
    done = await service.adjust(
        tx, purse.id, amount, reason=body.reason,
        reference=reference, actor_id=acting.operator.user_id,
    )  # fmt: skip
    if done:
        about = {"amount": body.amount, "reason": body.reason}
        await _note(tx, request, "credits.adjust", body.user_id or "shared", about)
    else:
        await references.check_same(tx, reference, kind="adjust", wallet_id=purse.id, amount=amount)
    return await _moved(tx, acting, body.user_id, is_new=done)


@router.get("/users/{user_id}/limits", responses=problems(NoSuchUser))
async def get_user_limits(
    view: ViewDep, operator: TenantOperatorDep, user_id: UserPath
) -> LimitsOut:
    """Show what somebody has limited themselves to, and what operators have."""
    user = await _user(view, operator, user_id)
    found = await limits.of_subjects(view, [("own", user), ("user", user)])
    return LimitsOut(items=[limit_out(limit, moment(view).date()) for limit in found])


@router.put("/users/{user_id}/limits", responses=problems(NoSuchUser))
async def set_user_limits(
    request: Request, tx: TxDep, operator: TenantOperatorDep, user_id: UserPath, body: LimitIn
) -> LimitOut:
    """Limit what somebody spends; they cannot lift it."""
    user = await _user(tx, operator, user_id)
    limit = await setting.limit_user(tx, user, ("user", user), **body.bounds)
    await _note(tx, request, "limit.set", user_id, body.model_dump(mode="json"))
    return limit_out(limit, moment(tx).date())


@router.get("/tenants/{tenant_id}/limits", responses=problems(NoSuchTenant))
async def get_tenant_limits(
    view: ViewDep,
    operator: TenantOperatorDep,
    tenant_id: Annotated[str, Path(max_length=40, description="A tenant's id.")],
) -> LimitsOut:
    """Show what all of a tenant may spend together."""
    found = await limits.of_subjects(view, [("tenant", _tenant(operator, tenant_id))])
    return LimitsOut(items=[limit_out(limit, moment(view).date()) for limit in found])


@router.put("/tenants/{tenant_id}/limits", responses=problems(NoSuchTenant))
async def set_tenant_limits(
    request: Request,
    tx: TxDep,
    operator: TenantOperatorDep,
    tenant_id: Annotated[str, Path(max_length=40, description="A tenant's id.")],
    body: LimitIn,
) -> LimitOut:
    """Limit what all of a tenant spend together."""
    limit = await setting.limit_tenant(tx, _tenant(operator, tenant_id), **body.bounds)
    await _note(tx, request, "limit.set", tenant_id, body.model_dump(mode="json"))
    return limit_out(limit, moment(tx).date())


@router.post(
    "/credit-codes",
    status_code=201,
    response_class=PlainTextResponse,
    responses=problems(BadExpiry, Conflict),
)
async def make_codes(
    request: Request,
    tx: TxDep,
    acting: ActingDep,
    body: CodesIn,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Make redeem codes. The answer is a CSV file with a code a line; they are shown this once, for
    only their hashes are kept. Under a key that has made its codes there is a 409.
    """
    new = codes.NewBatch(
        name=body.name, amount=micro_credits(body.amount), count=body.count,
        max_uses=body.max_uses, expires_at=body.expires_at, lasts_days=body.lasts_days,
        key=check_key(idempotency_key),
    )  # fmt: skip
    batch, made = await codes.make_batch(
        tx, acting.tenant_id, new, created_by=acting.operator.user_id
    )
    batch_id = public_id("codes", batch.id)
    about = body.model_dump(mode="json", exclude_none=True)
    await _note(tx, request, "codes.make", batch_id, about)
    lines = ["code", *made]
    return Response(
        "\r\n".join(lines) + "\r\n",
        201,
        {
            "Gesso-Batch": batch_id,
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{batch_id}.csv"',
        },
        "text/csv; charset=utf-8",
    )


@router.get("/credit-codes")
async def list_codes(view: ViewDep, acting: ActingDep, page: PageDep) -> Page[BatchOut]:
    """List the batches of codes, the newest first, with how often they were redeemed."""
    after = page.after(UUID)
    found = await codes.batches(
        view, acting.tenant_id, after=after[0] if after else None, limit=page.limit + 1
    )
    rows, cursor = page.cut(found, lambda row: (row[0].id,))
    return Page(items=[batch_out(*row) for row in rows], next_cursor=cursor)


@router.post("/credit-codes/{batch_id}/disable", status_code=204, responses=problems(NoSuchBatch))
async def disable_codes(
    request: Request,
    tx: TxDep,
    acting: ActingDep,
    batch_id: Annotated[str, Path(max_length=40, description="A batch's id.")],
) -> Response:
    """Let nobody redeem these codes any more; what was redeemed stays."""
    found = parse_id("codes", batch_id)
    if found is None:
        raise NoSuchBatch("There is no such batch.")
    await codes.disable(tx, acting.tenant_id, found)
    await _note(tx, request, "codes.disable", batch_id, {})
    return Response(status_code=204)


async def _note(
    tx: Tx, request: Request, action: str, subject: str, about: Mapping[str, object]
) -> None:
    await auditlog.note(tx, auditlog.actor(request), action, subject, about)


def _reference(kind: str, acting: Acting, key: str | None) -> str:
    """What a movement by hand is called in the ledger: the same key, the same movement."""
    checked = check_key(key)
    if checked is None:
        raise KeyRequired("Moving money by hand wants an Idempotency-Key.")
    return f"{kind}:{acting.tenant_id}:{hashlib.sha256(checked.encode()).hexdigest()[:40]}"


async def _user(view: View, operator: Caller, text: str) -> UUID:
    return await sharing.user_in(view, operator.tenant_id, parse_id("user", text))


async def _wallet(view: View, acting: Acting, user: str | None) -> Wallet:
    """The wallet of whoever is named, whichever tenant's they are; else the tenant's shared one."""
    if user is None:
        return await sharing.of_tenant(view, acting.tenant_id)
    found = parse_id("user", user)
    if found is None:
        raise NoSuchUser("There is no such user.")
    return await service.of_owner(view, (await identity.get_user(view, found)).id)


async def _moved(tx: Tx, acting: Acting, user: str | None, *, is_new: bool) -> Response:
    out = moved_out(await _wallet(tx, acting, user), replayed=not is_new)
    return answer(out, status=201, headers=None if is_new else REPLAYED)


def _tenant(operator: Caller, text: str) -> UUID:
    """The operator's own tenant; NoSuchTenant for any other."""
    if parse_id("tenant", text) != operator.tenant_id:
        raise NoSuchTenant("There is no such tenant.")
    return operator.tenant_id
