"""What is frozen, over all wallets, for operators: whose money waits, since when, and for what."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from gesso.domain.identity import OperatorDep
from gesso.domain.wallet import holds
from gesso.domain.wallet.statement_wire import HoldOut, hold_out
from gesso.infra.db import moment
from gesso.infra.web import Page, PageDep, ViewDep, new_router
from gesso.kit.ids import public_id

router = new_router("wallet")


class HeldOut(HoldOut):
    """A hold, and whose it is."""

    spender_id: str | None = Field(description="Who asked for the task; null for old holds.")


@router.get("/holds")
async def list_all_holds(
    view: ViewDep,
    _operator: OperatorDep,
    page: PageDep,
    older_than_seconds: Annotated[int, Query(ge=0, le=31_536_000)] = 0,
) -> Page[HeldOut]:
    """List what is frozen now, of everybody, the oldest first. A hold is settled by its task
    alone.
    """
    after = page.after(datetime, UUID)
    before: datetime = moment(view) - timedelta(seconds=older_than_seconds)
    found = await holds.open_holds(
        view,
        before=before,
        after=(after[0], after[1]) if after else None,
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(found, lambda hold: (hold.created_at, hold.id))
    items = [
        HeldOut(
            **hold_out(hold).model_dump(),
            spender_id=public_id("user", hold.spender_id) if hold.spender_id else None,
        )
        for hold in kept
    ]
    return Page(items=items, next_cursor=cursor)
