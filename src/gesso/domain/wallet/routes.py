"""The wallet over HTTP: what there is, and every movement that led to it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from gesso.domain import events
from gesso.domain.identity import Caller, Scope, require
from gesso.domain.wallet.service import of_owner, statement
from gesso.domain.wallet.tables import LedgerTxn
from gesso.infra.web import Page, PageDep, ViewDep, new_router
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text

router = new_router("wallet")

ReaderDep = Annotated[Caller, require(Scope.WALLET_READ)]


class WalletOut(BaseModel):
    """A wallet in credits: `available` can be spent,
    `frozen` is held for tasks, `total` is both.
    """

    available: str
    frozen: str
    total: str
    rev: int
    as_of: str


class EntryOut(BaseModel):
    """One movement, numbered without gaps; `available_after` and `frozen_after` are the running
    balance.
    """

    seq: int
    kind: Literal["grant", "freeze", "capture", "release", "reversal", "adjust", "loss"]
    available: str = Field(description="What it did to the credits that can be spent.")
    frozen: str = Field(description="What it did to the credits that are held.")
    available_after: str
    frozen_after: str
    task_id: str | None
    memo: str | None
    at: datetime


@router.get("/wallet")
async def get_wallet(view: ViewDep, caller: ReaderDep) -> WalletOut:
    """Show what there is."""
    as_of = await events.as_of(view, caller.user_id)
    wallet = await of_owner(view, caller.user_id)
    return WalletOut(
        available=credits_text(wallet.posted - wallet.held),
        frozen=credits_text(wallet.held),
        total=credits_text(wallet.posted),
        rev=wallet.seq,
        as_of=as_of,
    )


@router.get("/wallet/entries")
async def list_entries(view: ViewDep, caller: ReaderDep, page: PageDep) -> Page[EntryOut]:
    """List the movements, newest first."""
    wallet = await of_owner(view, caller.user_id)
    after = page.after(int)
    rows = await statement(
        view, wallet.id, before=after[0] if after else None, limit=page.limit + 2
    )
    pairs = list(zip(rows, [*rows[1:], None], strict=True))
    kept, cursor = page.cut(pairs[: page.limit + 1], lambda pair: (pair[0].seq or 0,))
    return Page(items=[_entry(row, before) for row, before in kept], next_cursor=cursor)


def _entry(row: LedgerTxn, before: LedgerTxn | None) -> EntryOut:
    """A movement's own amounts are the difference to the balance before it."""
    posted, held = row.posted_after or 0, row.held_after or 0
    posted_before = (before.posted_after or 0) if before else 0
    held_before = (before.held_after or 0) if before else 0
    return EntryOut(
        seq=row.seq or 0,
        kind=row.kind,  # type: ignore[arg-type]  # checked by the database
        available=credits_text((posted - held) - (posted_before - held_before)),
        frozen=credits_text(held - held_before),
        available_after=credits_text(posted - held),
        frozen_after=credits_text(held),
        task_id=_task(row.task_id),
        memo=row.memo,
        at=row.at,
    )


def _task(task_id: UUID | None) -> str | None:
    return public_id("task", task_id) if task_id else None
