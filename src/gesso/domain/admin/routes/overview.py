"""The overview over HTTP, for operators: counters, once or as they change."""

from contextlib import suppress
from typing import Annotated, Any, cast

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from gesso.domain import events
from gesso.domain.admin.console import TailedHouse, frames
from gesso.domain.admin.overview import OverviewOut, overview
from gesso.domain.identity import AddressNotAllowed, OperatorDep, Scope, presented_in
from gesso.infra.web import COUNTED_AS_STREAM, client_address, house_of, new_router, problems

router = new_router("overview")

STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Messages with `event` and `data`: `ops.counters`, and with `tail` also "
        "`ops.events`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    **problems(events.TooManyStreams),
}


class TailQuery(BaseModel):
    """What is to be followed beside the counters."""

    tail: bool = Field(default=False, description="Also what happens to everybody.")


@router.get("/overview")
async def get_overview(request: Request, _operator: OperatorDep) -> OverviewOut:
    """Tell how the house stands: live jobs by status with their age and money, holds, what is
    parked, and how much goes through.
    """
    return await overview(cast(TailedHouse, house_of(request)))


@router.get(
    "/overview/events",
    response_class=Response,
    responses=STREAM,
    dependencies=[COUNTED_AS_STREAM],
)
async def stream_overview(
    request: Request,
    operator: OperatorDep,
    asked: Annotated[TailQuery, Query()],
) -> Response:
    """Follow the counters of the overview, at most once a second and only while they change; with
    `tail` also what happens to everybody, as far as somebody could read it.
    """
    house = cast(TailedHouse, house_of(request))
    presented, address = presented_in(request), client_address(request)

    async def is_welcome() -> bool:
        with suppress(AddressNotAllowed):
            now = await house.doorkeeper.recognise(presented, address)
            is_same = now is not None and now.user_id == operator.user_id
            return is_same and now is not None and Scope.OPERATOR in now.scopes
        return False

    return events.EventStream(frames(house, is_welcome, with_tail=asked.tail))
