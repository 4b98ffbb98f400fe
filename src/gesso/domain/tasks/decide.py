"""Decisions of a task's owner after it was taken in: cancel it, choose a picture, try again."""

from uuid import UUID

from sqlalchemy import select, update

from gesso.domain import events, media, wallet
from gesso.domain.identity import Caller
from gesso.domain.tasks import fair
from gesso.domain.tasks.due import close_waiting
from gesso.domain.tasks.finish import End, finish, lock_tasks
from gesso.domain.tasks.fold import as_made
from gesso.domain.tasks.menu import Menu, total
from gesso.domain.tasks.operation import Made, Order
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.refusals import NOTHING_MOVED
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.rules import is_terminal
from gesso.domain.tasks.submit import Request, job_row, wish
from gesso.domain.tasks.tables import Job, Task
from gesso.infra.db import Tx, View, at_commit, insert_rows, moment
from gesso.infra.errors import Conflict, GessoError, Invalid, NotFound, Unpaid
from gesso.kit.money import credits_text


async def owned(tx: Tx, owner_id: UUID, task_id: UUID) -> Task:
    """The owner's task, locked; NotFound for a stranger's."""
    task = (await lock_tasks(tx, {task_id})).get(task_id)
    if task is None or task.owner_id != owner_id:
        raise NotFound("There is no such task.")
    return task


async def cancel(tx: Tx, menu: Menu, owner_id: UUID, task_id: UUID) -> None:
    """Stop what can be stopped. Waiting jobs end at once; those at a provider once it has answered.

    A second call changes nothing; an ended task is a Conflict. What was delivered stays delivered
    and charged.
    """
    task = await owned(tx, owner_id, task_id)
    if task.status == "cancelled" or (task.cancel_requested_at and not is_terminal(task.status)):
        return
    if is_terminal(task.status):
        raise Conflict(f"The task is {task.status} already.", code="task_ended", money=money(task))
    await tx.execute(
        update(Task)
        .where(Task.id == task_id)
        .values(cancel_requested_at=moment(tx), rev=Task.rev + 1, updated_at=moment(tx))
        .execution_options(synchronize_session=False)
    )
    events.record(
        tx, owner_id, "task.cancel_requested",
        task_id=task_id, status=task.status, phase=task.phase, rev=task.rev + 1,
    )  # fmt: skip
    if task.status == "awaiting_selection":
        task.rev += 1
        await close_waiting(tx, task, "cancelled", "It was cancelled before a picture was chosen.")
        return
    await _stop_jobs(tx, menu, task)


async def _stop_jobs(tx: Tx, menu: Menu, task: Task) -> None:
    query = (
        select(Job)
        .where(Job.task_id == task.id, Job.finished_at.is_(None))
        .order_by(Job.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    jobs = (await tx.scalars(query)).all()
    waiting = [job for job in jobs if job.status in ("queued", "retrying")]
    ends = [
        End(
            job.id,
            task.id,
            "cancelled",
            "cancelled",
            error_code="cancelled",
            error_message="It was cancelled.",
        )
        for job in waiting
    ]
    at_work = [job.id for job in jobs if job.status in ("submitting", "running", "unknown")]
    if at_work:
        await tx.execute(
            update(Job)
            .where(Job.id.in_(at_work))
            .values(cancel_requested_at=moment(tx))
            .execution_options(synchronize_session=False)
        )
        # A running job is looked at now; the others as soon as somebody knows where they are.
        await tx.execute(
            update(Job)
            .where(Job.id.in_(at_work), Job.status == "running")
            .values(due_at=moment(tx))
            .execution_options(synchronize_session=False)
        )
        at_commit(tx, DUE)
    await finish(tx, menu, ends)


async def choose(tx: Tx, menu: Menu, caller: Caller, task_id: UUID, index: int) -> None:
    """Take the picture with this index into the next phase, which has a hold of its own, in the
    wallet that has paid so far.

    Choosing the same picture again changes nothing; another one is a Conflict, for there is one
    model a request.
    """
    task = await owned(tx, caller.user_id, task_id)
    if task.selected_image_index == index:
        return
    if task.status != "awaiting_selection" or task.selected_image_index is not None:
        raise Conflict(
            "The task does not wait for a choice.", code="not_awaiting_selection", money=money(task)
        )
    chosen = await _delivered(tx, task, index)
    operation, order = menu.operation(task.type), menu.order(task.meta)
    pieces = menu.price(order, operation.choose(order, chosen))
    phase = operation.phases[operation.phases.index(await _phase_of(tx, chosen.id)) + 1]
    request = Request(
        task.tenant_id,
        caller.user_id,
        order,
        phase,
        pieces,
        menu.version,
        stored=task.meta,
        task_id=task_id,
        retry_of=task.retry_of,
        keys=caller.keys,
    )
    await _freeze(tx, task, request)
    await _begin_phase(tx, task, request, index)


async def _freeze(tx: Tx, task: Task, request: Request) -> None:
    """Freeze what the next phase can cost, in the wallet that has paid so far."""
    payer = await wallet.payer_of_task(tx, request.owner_id, task.wallet_id)
    purse = {task.wallet_id: payer.balance}
    (answer,) = await wallet.freeze(tx, purse, [wish(request, payer)])
    if isinstance(answer, GessoError):
        raise answer
    if not answer:
        raise Unpaid(
            "The wallet does not cover the next step.",
            required=credits_text(total(request.pieces)),
            available=credits_text(payer.balance.available),
            money=NOTHING_MOVED,
        )


async def _begin_phase(tx: Tx, task: Task, request: Request, index: int) -> None:
    wanted = [(piece.target.queue, task.owner_id) for piece in request.pieces]
    places = list(await fair.take(tx, wanted))
    rows = [
        job_row(tx, request, piece, place)
        for piece, place in zip(request.pieces, places, strict=True)
    ]
    await insert_rows(tx, Job, rows)
    now = moment(tx)
    longest = max(place.timeout for place in places)
    await tx.execute(
        update(Task)
        .where(Task.id == task.id)
        .values(
            status="running", phase=request.phase, selected_image_index=index,
            deadline_at=now + longest,
            held=Task.held + total(request.pieces), updated_at=now, rev=Task.rev + 1,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    events.record(
        tx, task.owner_id, "task.running",
        task_id=task.id, operation=task.type, status="running", phase=request.phase,
        selected_image_index=index, rev=task.rev + 1,
    )  # fmt: skip
    at_commit(tx, *{queue_topic(place.queue) for place in places})


async def _delivered(tx: Tx, task: Task, index: int) -> Made:
    query = (
        select(Job, media.Asset.id)
        .join(media.Asset, media.Asset.job_id == Job.id)
        .where(
            Job.task_id == task.id,
            Job.idx == index,
            Job.status == "completed",
            media.Asset.idx == 0,
        )
    )
    row = (await tx.execute(query)).first()
    if row is None:
        raise Invalid(
            "There is no such picture to choose.", code="no_such_image", money=money(task)
        )
    return as_made(row[0], row[1])


async def _phase_of(tx: Tx, job_id: UUID) -> str:
    return str(await tx.scalar(select(Job.phase).where(Job.id == job_id)))


async def order_again(view: View, menu: Menu, owner_id: UUID, task_id: UUID) -> Order:
    """What a retry of this ended task would ask for;
    Conflict while it is alive or where nothing is missing.
    """
    task = await view.scalar(select(Task).where(Task.id == task_id, Task.owner_id == owner_id))
    if task is None:
        raise NotFound("There is no such task.")
    if not is_terminal(task.status):
        raise Conflict("The task has not ended yet.", code="task_not_ended", money=money(task))
    query = (
        select(Job, media.Asset.id)
        .outerjoin(media.Asset, (media.Asset.job_id == Job.id) & (media.Asset.idx == 0))
        .where(Job.task_id == task_id, Job.status == "completed")
        .order_by(Job.created_at, Job.idx)
    )
    delivered = [as_made(job, asset_id) for job, asset_id in (await view.execute(query))]
    if task.status == "completed" and not await _anything_missing(view, task_id):
        raise Conflict("Nothing is missing.", code="nothing_to_retry", money=money(task))
    operation = menu.operation(task.type)
    return operation.again(menu.order(task.meta), delivered, task.selected_image_index)


async def _anything_missing(view: View, task_id: UUID) -> bool:
    missing = select(Job.id).where(Job.task_id == task_id, Job.status != "completed").limit(1)
    return await view.scalar(missing) is not None


def money(task: Task) -> dict[str, str]:
    """What a task's money has come to, as problems of paid actions tell it."""
    return {
        "held": credits_text(task.held),
        "charged": credits_text(task.charged),
        "released": credits_text(task.released),
    }
