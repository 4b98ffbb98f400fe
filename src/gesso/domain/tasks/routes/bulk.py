"""Many of one's own tasks at once: told first, then done behind the answer."""

from typing import Annotated, Any, Protocol, cast

from fastapi import Path, Request
from fastapi.responses import Response

from gesso.domain import registry
from gesso.domain.identity import Caller, GuardedHouse, Scope, require
from gesso.domain.tasks import bulk
from gesso.domain.tasks.bulk import CANCEL
from gesso.domain.tasks.bulk_wire import BulkIn, BulkOut, BulkRunOut, chosen, told
from gesso.domain.tasks.menu import Menu
from gesso.infra.db import beyond_tenant
from gesso.infra.errors import Conflict, Invalid, NotFound
from gesso.infra.web import (
    REPLAYED,
    KeyHeader,
    ViewDep,
    answer,
    check_key,
    house_of,
    new_router,
    problems,
)
from gesso.kit.ids import parse_id, public_id

router = new_router("tasks")

ReaderDep = Annotated[Caller, require(Scope.TASKS_READ)]
WriterDep = Annotated[Caller, require(Scope.TASKS_WRITE)]


class BulkHouse(GuardedHouse, Protocol):
    """What these routes need of the house."""

    @property
    def menu(self) -> Menu:
        """Knows by which fields tasks are called."""

    @property
    def functions(self) -> registry.Functions:
        """What can be run by name."""


@router.post(
    "/tasks/bulk",
    status_code=202,
    response_model=BulkOut,
    responses={
        200: {"model": BulkOut, "description": "It was only told."},
        **problems(Conflict, Invalid),
    },
)
async def change_tasks(
    request: Request, caller: WriterDep, body: BulkIn, idempotency_key: KeyHeader = None
) -> Response:
    """Cancel every task of one's own that matches, by work that the house does behind the answer;
    with `dry_run` only tell how many those are and what it frees. What is asked for after this is
    not touched.
    """
    house = cast(BulkHouse, house_of(request))
    choice = chosen(body.tasks, caller.user_id, house.menu)
    async with house.db.view(tenant=caller.tenant_id) as view:
        outcome = await bulk.foresee(view, choice)
    if body.dry_run:
        return answer(told(outcome, None))
    wish = registry.Wish(
        function=CANCEL,
        arguments={
            "owner": str(caller.user_id),
            "choice": body.tasks.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        },
        deduplication_key=str(caller.user_id),
        requested_by=caller.user_id,
        request_key=check_key(idempotency_key),
    )
    # Runs are the house's, and this one says whose tasks it is for.
    async with house.db.tx() as tx:
        asked = await registry.ask(tx, house.functions[CANCEL], wish)
    run_id = public_id("run", asked.run.id)
    if asked.how == "live":
        raise Conflict("Another one of yours has not ended yet.", code="bulk_running", id=run_id)
    place = {"Location": f"/api/v1/tasks/bulk/{run_id}"}
    headers = place | (REPLAYED if asked.how == "repeated" else {})
    return answer(told(outcome, run_id), status=202, headers=headers)


@router.get("/tasks/bulk/{run_id}", responses=problems(NotFound))
async def get_bulk(
    view: ViewDep,
    caller: ReaderDep,
    run_id: Annotated[str, Path(max_length=40, description="The `id` of the answer.")],
) -> BulkRunOut:
    """Show how far such work has come; it is forgotten a week after its end."""
    known = parse_id("run", run_id)
    if known is None:
        raise NotFound("There is no such work of yours.")
    async with beyond_tenant(view):
        run = await registry.get(view, known)
    if run.requested_by != caller.user_id or run.function != CANCEL:
        raise NotFound("There is no such work of yours.")
    result: Any = run.result or {}
    return BulkRunOut(
        id=run_id,
        status=run.status,  # type: ignore[arg-type]  # checked by the database
        progress=run.progress,
        affected=result.get("asked") if run.status == "completed" else None,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )
