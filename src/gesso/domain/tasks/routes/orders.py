"""Tasks over HTTP. The routes are made from the menu, so an operation that is installed is
documented and checked.
"""

import functools
import operator
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import Field

from gesso.domain import events, media, wallet
from gesso.domain.identity import Caller, GuardedHouse, Scope, require
from gesso.domain.tasks import decide, intake, service
from gesso.domain.tasks.ceiling import TooManyTasks
from gesso.domain.tasks.line import Line
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.operation import Order
from gesso.domain.tasks.outlook import outlook
from gesso.domain.tasks.quote import estimate, operations_out
from gesso.domain.tasks.render import job_out, submitted_out, task_out
from gesso.domain.tasks.routes.refunds import refunding
from gesso.domain.tasks.submit import Answer, Replayed, Submitted
from gesso.domain.tasks.submit import Request as Wish
from gesso.domain.tasks.verbatim import Schemas
from gesso.domain.tasks.wire import (
    EstimateOut,
    JobsOut,
    OperationsOut,
    SelectionIn,
    TaskOut,
)
from gesso.infra.batch import Batch
from gesso.infra.db import View
from gesso.infra.errors import Conflict, Invalid, NotFound, Unpaid
from gesso.infra.web import (
    REPLAYED,
    KeyHeader,
    TxDep,
    ViewDep,
    answer,
    gate_of,
    house_of,
    new_router,
    passage_of,
    problems,
)
from gesso.kit.ids import parse_id


class TaskHouse(GuardedHouse, Protocol):
    """What these routes need of the house."""

    @property
    def menu(self) -> Menu:
        """What can be asked for."""

    @property
    def links(self) -> media.Links:
        """Makes signed links."""

    @property
    def epoch(self) -> str:
        """The life of this database."""

    @property
    def line(self) -> Line:
        """Looks at the lines of the queues."""

    @property
    def submit(self) -> Batch[Wish, Answer]:
        """Takes requests in, many in one transaction."""

    @property
    def schemas(self) -> Schemas | None:
        """Tells what a provider's model takes."""


def _house(request: Request) -> TaskHouse:
    return cast(TaskHouse, house_of(request))


def _task_id(
    task_id: Annotated[str, Path(max_length=40, description="A task's id.")],
) -> UUID:
    found = parse_id("task", task_id)
    if found is None:
        raise NotFound("There is no such task.")
    return found


ReaderDep = Annotated[Caller, require(Scope.TASKS_READ)]
WriterDep = Annotated[Caller, require(Scope.TASKS_WRITE)]
TaskPath = Annotated[str, Path(max_length=40, description="A task's id.")]


PAID = problems(Unpaid, Conflict, Invalid, NotFound, TooManyTasks)


def task_routes(menu: Menu) -> APIRouter:
    """The routes, with the orders of this menu's operations as the typed body."""
    router = new_router("tasks")
    orders = functools.reduce(operator.or_, [op.params for op in menu.operations.values()])
    body = Annotated[orders, Field(discriminator="type")] if len(menu.operations) > 1 else orders
    _submitting(router, body)
    _telling(router)
    _reading(router)
    _deciding(router)
    refunding(router)
    return router


def _submitting(router: APIRouter, body: Any) -> None:
    @router.post("/tasks", status_code=202, response_model=TaskOut, responses=PAID)
    async def submit_task(
        request: Request, caller: WriterDep, order: body, idempotency_key: KeyHeader = None
    ) -> Response:
        """Ask for work. The most that it can cost is frozen, and the answer comes at once; the work
        goes on behind.
        """
        wish = await _wished(request, caller, cast(Order, order), key=idempotency_key)
        return await _submitted(_house(request), wish)

    @router.post("/tasks/estimate", responses=problems(NotFound))
    async def estimate_task(request: Request, caller: ReaderDep, order: body) -> EstimateOut:
        """Tell what an order would cost, phase by phase, whether the wallet covers it, and how long
        it would take. Nothing is frozen.
        """
        house, wish = _house(request), cast(Order, order)
        pieces = await intake.price(house.db, house.menu, caller, wish)
        async with house.db.view(tenant=caller.tenant_id) as view:
            purse = await wallet.paying(view, caller.user_id, wish.wallet)
            soon = await outlook(view, house.line, caller.user_id, pieces, priority=wish.priority)
        available = purse.posted - purse.held
        return estimate(house.menu, wish, pieces, available=available, soon=soon)

    @router.post("/tasks/{task_id}/retry", status_code=202, response_model=TaskOut, responses=PAID)
    async def retry_task(
        request: Request, caller: WriterDep, task_id: TaskPath, idempotency_key: KeyHeader = None
    ) -> Response:
        """Ask for an ended task once more, as a new task; what was delivered and paid is not made
        again.
        """
        house, old = _house(request), _task_id(task_id)
        async with house.db.view(tenant=caller.tenant_id) as view:
            order = await decide.order_again(view, house.menu, caller.user_id, old)
        wish = await _wished(request, caller, order, key=idempotency_key, retry_of=old)
        return await _submitted(house, wish)


def _telling(router: APIRouter) -> None:
    @router.get("/operations", response_model_by_alias=True)
    async def list_operations(request: Request, view: ViewDep, _caller: ReaderDep) -> OperationsOut:
        """List what can be asked for: each operation's form, phases, prices and usual times."""
        house = _house(request)
        return operations_out(house.menu, await house.line.paces(view))


async def _wished(
    request: Request, caller: Caller, order: Order, *, key: str | None, retry_of: UUID | None = None
) -> Wish:
    """The order as it can be submitted, once it is counted under its limits."""
    house = _house(request)
    gate = gate_of(house)
    if gate is not None:
        await gate.admit_submit(passage_of(request), caller.user_id, order.type)
    return await intake.prepare(
        house.db, house.menu, caller, order, key=key, retry_of=retry_of, schemas=house.schemas
    )


async def _submitted(house: TaskHouse, wish: Wish) -> Response:
    taken = await house.submit(wish)
    if isinstance(taken, Replayed):
        async with house.db.view(tenant=wish.tenant_id) as view:
            again = await _shown(house, view, wish.owner_id, taken.task_id)
        return answer(again, status=202, headers=REPLAYED)
    new = cast(Submitted, taken)
    out = submitted_out(new, house.links, events.cursor_text(house.epoch, new.seq))
    return answer(out, status=202, headers={"Location": f"/api/v1/tasks/{out.id}"})


async def _shown(house: TaskHouse, view: View, owner_id: UUID, task_id: UUID) -> TaskOut:
    # The cursor is read first: what changes in between is told twice rather than not at all.
    as_of = await events.as_of(view, owner_id)
    return task_out(await service.get(view, owner_id, task_id, house.line), house.links, as_of)


def _reading(router: APIRouter) -> None:
    @router.get("/tasks/{task_id}", response_model=TaskOut, responses=problems(NotFound))
    async def get_task(
        request: Request, view: ViewDep, caller: ReaderDep, task_id: TaskPath
    ) -> Response:
        """Show a task with its pieces, its money and, while it waits, its place in line."""
        return answer(await _shown(_house(request), view, caller.user_id, _task_id(task_id)))

    @router.get("/tasks/{task_id}/jobs", responses=problems(NotFound))
    async def list_jobs(view: ViewDep, caller: ReaderDep, task_id: TaskPath) -> JobsOut:
        """Show every call of a provider that was made for a task, with each try."""
        found = await service.jobs(view, caller.user_id, _task_id(task_id))
        return JobsOut(
            items=[
                job_out(job, attempts, is_operator=caller.is_operator) for job, attempts in found
            ]
        )


def _deciding(router: APIRouter) -> None:
    @router.patch("/tasks/{task_id}", response_model=TaskOut, responses=PAID)
    async def select_image(
        request: Request, tx: TxDep, caller: WriterDep, task_id: TaskPath, choice: SelectionIn
    ) -> Response:
        """Choose a picture; the next phase begins, with a hold of its own."""
        house, task = _house(request), _task_id(task_id)
        await decide.choose(tx, house.menu, caller, task, choice.selected_image_index)
        await events.flush(tx)
        return answer(await _shown(house, tx, caller.user_id, task))

    @router.post(
        "/tasks/{task_id}/cancel", response_model=TaskOut, responses=problems(NotFound, Conflict)
    )
    async def cancel_task(
        request: Request, tx: TxDep, caller: WriterDep, task_id: TaskPath
    ) -> Response:
        """Stop a task as far as it can be stopped; what was delivered stays, the rest is given
        back.
        """
        house, task = _house(request), _task_id(task_id)
        await decide.cancel(tx, house.menu, caller.user_id, task)
        await events.flush(tx)
        return answer(await _shown(house, tx, caller.user_id, task))
