"""The live streams over HTTP: everything of one's own, or one task from beginning to end."""

from contextlib import suppress
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import select

from gesso.domain import events
from gesso.domain.identity import (
    AddressNotAllowed,
    Caller,
    GuardedHouse,
    Scope,
    presented_in,
    require,
)
from gesso.domain.tasks.tables import Task
from gesso.infra.errors import NotFound
from gesso.infra.web import (
    COUNTED_AS_STREAM,
    ViewDep,
    client_address,
    house_of,
    new_router,
    problems,
)
from gesso.kit.ids import parse_id

router = new_router("events")

READING = Scope.TASKS_READ
STARTED_AT = "Gesso-Last-Event-ID"
"""The cursor behind which the stream really begins, whatever the client asked for."""


class WatchedHouse(GuardedHouse, Protocol):
    """What the streams need of the house beside what every room needs."""

    @property
    def feed(self) -> events.Feed:
        """Carries the log to everybody who watches."""


ReaderDep = Annotated[Caller, require(READING)]


def _cursor(
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            max_length=64,
            description="The `id` of the last message that came; browsers send it by themselves.",
        ),
    ] = None,
    after: Annotated[
        str | None,
        Query(
            max_length=64,
            description="A cursor to begin behind, e.g. a read's `as_of`; `Last-Event-ID` wins.",
        ),
    ] = None,
) -> str | None:
    return last_event_id or after


CursorDep = Annotated[str | None, Depends(_cursor)]
MESSAGE = {
    "type": "object",
    "description": "One message of the stream; `data` is JSON.",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
    "required": ["event", "data"],
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Messages with `id`, `event` and `data`; a `reset` says that the cursor "
        "cannot be continued: read anew.",
        "content": {"text/event-stream": {"schema": MESSAGE}},
        "headers": {STARTED_AT: {"schema": {"type": "string"}, "description": "Where it begins."}},
    },
    **problems(events.TooManyStreams),
}
OVER: dict[int | str, dict[str, Any]] = {
    204: {"description": "The task has ended and the cursor stands behind its last event."},
    **problems(NotFound),
}


@router.get("/events", response_class=Response, responses=STREAM, dependencies=[COUNTED_AS_STREAM])
async def stream_events(
    request: Request,
    view: ViewDep,
    caller: ReaderDep,
    cursor: CursorDep,
) -> Response:
    """Follow everything that happens to what is yours; without a cursor, from now on."""
    start = await events.locate(view, caller.user_id, cursor)
    return _follow(request, caller, start)


@router.get(
    "/tasks/{task_id}/events",
    response_class=Response,
    responses=STREAM | OVER,
    dependencies=[COUNTED_AS_STREAM],
)
async def stream_task_events(
    request: Request,
    view: ViewDep,
    caller: ReaderDep,
    task_id: Annotated[str, Path(max_length=64)],
    cursor: CursorDep,
) -> Response:
    """Follow one task from its beginning; the stream ends with the task."""
    known = parse_id("task", task_id)
    mine = select(Task.id).where(Task.id == known, Task.owner_id == caller.user_id)
    if known is None or await view.scalar(mine) is None:
        raise NotFound("There is no such task.")
    start = await events.locate(view, caller.user_id, cursor, task_id=known)
    if start.is_over:
        return Response(status_code=204)  # which tells a browser not to come back
    return _follow(request, caller, start)


def _follow(request: Request, caller: Caller, start: events.Start) -> Response:
    house = cast(WatchedHouse, house_of(request))
    presented = presented_in(request)
    address = client_address(request)

    async def is_welcome() -> bool:
        with suppress(AddressNotAllowed):
            now = await house.doorkeeper.recognise(presented, address)
            return _is_still(caller.user_id, now)
        return False

    frames = house.feed.follow(start, is_welcome)
    return events.EventStream(frames, headers={STARTED_AT: start.place.cursor})


def _is_still(user_id: UUID, caller: Caller | None) -> bool:
    return caller is not None and caller.user_id == user_id and READING in caller.scopes
