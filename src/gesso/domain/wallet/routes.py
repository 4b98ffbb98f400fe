"""The wallet over HTTP: what there is, every movement that led to it, and what is frozen."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from gesso.domain import events
from gesso.domain.identity import Caller, Scope, require
from gesso.domain.wallet import (
    exports,
    hold_routes,
    manual_routes,
    shared_routes,
    spending_routes,
    statements,
)
from gesso.domain.wallet.service import of_owner
from gesso.domain.wallet.statement_wire import (
    EntryOut,
    HoldOut,
    SeriesOut,
    StatementFilter,
    StatementOut,
    WalletOut,
    day_out,
    entry_out,
    hold_out,
    statement_out,
)
from gesso.infra.db import moment
from gesso.infra.web import Page, PageDep, ViewDep, house_of, new_router
from gesso.kit.money import credits_text

router = new_router("wallet")
routers = (
    router,
    spending_routes.router,
    shared_routes.router,
    manual_routes.router,
    hold_routes.router,
)
"""Everything over HTTP that is the wallet's."""

ReaderDep = Annotated[Caller, require(Scope.WALLET_READ)]
FilterDep = Annotated[StatementFilter, Query()]


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
async def list_entries(
    view: ViewDep, caller: ReaderDep, page: PageDep, filters: FilterDep
) -> Page[EntryOut]:
    """List the movements, newest first."""
    wallet = await of_owner(view, caller.user_id)
    question, after = filters.question(), page.after(int)
    told = await statements.period(view, wallet.id, question)
    found = await statements.lines(
        view, wallet.id, question,
        above=told.opening.seq,
        up_to=min(told.closing.seq, after[0] - 1) if after else told.closing.seq,
        limit=page.limit + 1,
        newest_first=True,
    )  # fmt: skip
    kept, cursor = page.cut(found, lambda line: (line.seq,))
    return Page(items=[entry_out(line) for line in kept], next_cursor=cursor)


@router.get("/wallet/statement")
async def get_statement(view: ViewDep, caller: ReaderDep, filters: FilterDep) -> StatementOut:
    """Tell what a period began and ended with, and what its movements came to by kind."""
    wallet = await of_owner(view, caller.user_id)
    question = filters.question()
    told = await statements.period(view, wallet.id, question)
    span = {"above": told.opening.seq, "up_to": told.closing.seq}
    return statement_out(told, await statements.sums(view, wallet.id, question, **span))


@router.get("/wallet/statement.csv", response_class=StreamingResponse)
async def export_csv(
    request: Request, view: ViewDep, caller: ReaderDep, filters: FilterDep
) -> StreamingResponse:
    """Hand out the whole statement as CSV, the oldest movement first."""
    wallet = await of_owner(view, caller.user_id)
    told = await statements.period(view, wallet.id, filters.question())
    made = exports.as_csv(house_of(request).db, wallet, filters.question(), told)
    return _file(made, "text/csv; charset=utf-8; header=present", "statement.csv")


@router.get("/wallet/statement.json", response_class=StreamingResponse)
async def export_json(
    request: Request, view: ViewDep, caller: ReaderDep, filters: FilterDep
) -> StreamingResponse:
    """Hand out the whole statement as JSON, the oldest movement first."""
    wallet = await of_owner(view, caller.user_id)
    told = await statements.period(view, wallet.id, filters.question())
    made = exports.as_json(house_of(request).db, wallet, filters.question(), told)
    return _file(made, "application/json", "statement.json")


@router.get("/wallet/holds")
async def list_holds(view: ViewDep, caller: ReaderDep, page: PageDep) -> Page[HoldOut]:
    """List what is frozen now, and for which tasks, the newest first."""
    wallet = await of_owner(view, caller.user_id)
    after = page.after(UUID)
    found = await statements.open_holds(
        view, wallet.id, after=after[0] if after else None, limit=page.limit + 1
    )
    kept, cursor = page.cut(found, lambda hold: (hold.id,))
    return Page(items=[hold_out(hold) for hold in kept], next_cursor=cursor)


@router.get("/wallet/series")
async def get_series(
    view: ViewDep,
    caller: ReaderDep,
    days: Annotated[int, Query(ge=1, le=366, description="How many, today counted in.")] = 30,
) -> SeriesOut:
    """Tell the balance at both ends of each of the last days, in UTC."""
    wallet = await of_owner(view, caller.user_id)
    today = moment(view).date()
    wanted: list[date] = [today - timedelta(days=ago) for ago in reversed(range(days))]
    told = await statements.series(view, wallet.id, wanted)
    return SeriesOut(days=[day_out(each) for each in told])


def _file(made: AsyncIterator[bytes], media_type: str, name: str) -> StreamingResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(made, media_type=media_type, headers=headers)
