"""Runs over HTTP."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from gesso.domain import auditlog
from gesso.domain.identity import OperatorDep
from gesso.domain.registry import asking, reading
from gesso.domain.registry.asking import Wish
from gesso.domain.registry.routes.functions import functions_of
from gesso.domain.registry.wire import Name, RunIn, RunOut, RunStatus, run_out
from gesso.infra.errors import Conflict, Invalid, NotFound
from gesso.infra.web import (
    REPLAYED,
    KeyHeader,
    Page,
    PageDep,
    TxDep,
    ViewDep,
    answer,
    check_key,
    house_of,
    new_router,
    problems,
)
from gesso.kit.ids import parse_id

router = new_router("registry", prefix="/api/v1/registry")

RunPath = Annotated[str, Path(max_length=40, description="A run's id.")]


class RunFilter(BaseModel):
    """`?function=…&status=…` of the list; each may be given more than once."""

    function: tuple[Name, ...] = Field((), max_length=20)
    status: tuple[RunStatus, ...] = Field((), max_length=6)


def _run_id(run_id: str) -> UUID:
    found = parse_id("run", run_id)
    if found is None:
        raise NotFound("There is no such run.")
    return found


@router.post(
    "/runs",
    status_code=202,
    response_model=RunOut,
    responses={
        200: {"model": RunOut, "description": "A run under this deduplication key lives already."},
        **problems(Invalid, Conflict),
    },
)
async def request_run(
    request: Request, operator: OperatorDep, body: RunIn, idempotency_key: KeyHeader = None
) -> Response:
    """Ask for a run of a registered function, now or later. The answer comes at once; it is tried
    until it returns or its tries are used up.
    """
    wish = Wish(
        **body.model_dump(exclude={"delay_seconds"}),
        delay=timedelta(seconds=body.delay_seconds or 0),
        requested_by=operator.user_id,
        request_key=check_key(idempotency_key),
    )
    function = asking.checked(functions_of(request), wish)
    async with house_of(request).db.tx() as tx:
        asked = await asking.ask(tx, function, wish)
        out = run_out(asked.run)
        about = {"function": wish.function, "how": asked.how}
        await auditlog.note(tx, auditlog.actor(request), "run.request", out.id, about)
    if asked.how == "live":
        return answer(out)
    place = {"Location": f"/api/v1/registry/runs/{out.id}"}
    return answer(out, status=202, headers=place if asked.how == "new" else place | REPLAYED)


@router.get("/runs")
async def list_runs(
    view: ViewDep, _operator: OperatorDep, page: PageDep, filters: Annotated[RunFilter, Query()]
) -> Page[RunOut]:
    """List runs, the newest first; what ended a week ago is forgotten."""
    after = page.after(UUID)
    runs = await reading.page(
        view,
        functions=filters.function,
        statuses=filters.status,
        after=after[0] if after else None,
        limit=page.limit + 1,
    )
    rows, cursor = page.cut(runs, lambda run: (run.id,))
    return Page(items=[run_out(run) for run in rows], next_cursor=cursor)


@router.get("/runs/{run_id}", responses=problems(NotFound))
async def get_run(view: ViewDep, _operator: OperatorDep, run_id: RunPath) -> RunOut:
    """Show a run: its tries, its progress, and what came of it."""
    return run_out(await reading.get(view, _run_id(run_id)))


@router.post("/runs/{run_id}/cancel", responses=problems(NotFound, Conflict))
async def cancel_run(
    request: Request, tx: TxDep, _operator: OperatorDep, run_id: RunPath
) -> RunOut:
    """End a run: at once where it waits, else as soon as its worker hears of it. A second call
    changes nothing.
    """
    run = await asking.cancel(tx, _run_id(run_id))
    about = {"function": run.function}
    await auditlog.note(tx, auditlog.actor(request), "run.cancel", run_id, about)
    return run_out(run)
