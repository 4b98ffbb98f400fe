"""Refunds over HTTP: operators give back what a task of their tenant's was charged."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gesso.domain import auditlog, events, wallet
from gesso.domain.identity import Caller, OperatorDep
from gesso.domain.tasks import refunds
from gesso.domain.wallet import KeyRequired, NothingToRefund
from gesso.infra.db import Tx
from gesso.infra.errors import NotFound
from gesso.infra.web import REPLAYED, KeyHeader, TxDep, answer, check_key, problems
from gesso.kit.ids import parse_id, public_id
from gesso.kit.money import credits_text, micro_credits


class RefundIn(BaseModel):
    """What of a task's charge goes back; all that is left of it where no amount is said."""

    model_config = ConfigDict(extra="forbid", strict=True)

    task_id: str = Field(max_length=40)
    amount: Decimal | None = Field(
        None, gt=0, le=10**9, max_digits=16, decimal_places=6, strict=False
    )
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class RefundOut(BaseModel):
    """What was given back, and what the task was charged and refunded in all."""

    task_id: str
    amount: str
    charged: str
    refunded: str


def _wish(operator: Caller, body: RefundIn, key: str | None) -> wallet.Refund:
    task_id = parse_id("task", body.task_id)
    if key is None:
        raise KeyRequired("Giving money back wants an Idempotency-Key.")
    if task_id is None:
        raise NotFound("There is no such task.")
    return wallet.Refund(
        task_id=task_id,
        tenant_id=None,
        key=key,
        amount=None if body.amount is None else micro_credits(body.amount),
        reason=body.reason,
        actor_id=operator.user_id,
    )


async def _note(tx: Tx, request: Request, body: RefundIn, amount: int) -> None:
    about = {"amount": credits_text(amount), "reason": body.reason}
    await auditlog.note(tx, auditlog.actor(request), "credits.refund", body.task_id, about)


def refunding(router: APIRouter) -> None:
    """Add the route to the others of tasks."""

    @router.post(
        "/refunds",
        status_code=201,
        response_model=RefundOut,
        responses=problems(NotFound, NothingToRefund, KeyRequired),
    )
    async def refund_task(
        request: Request,
        tx: TxDep,
        operator: OperatorDep,
        body: RefundIn,
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Give back what a task was charged, or a part of it, but never more. It goes into the
        wallet that has paid, and does not expire.
        """
        wish = _wish(operator, body, check_key(idempotency_key))
        task, made = await refunds.refund(tx, wish)
        if made.is_new:
            await _note(tx, request, body, made.amount)
        await events.flush(tx)
        out = RefundOut(
            task_id=public_id("task", task.id),
            amount=credits_text(made.amount),
            charged=credits_text(task.charged),
            refunded=credits_text(task.refunded),
        )
        return answer(out, status=201, headers=None if made.is_new else REPLAYED)
