"""Refunds: operators give back what a task was charged, and the task tells of it."""

from sqlalchemy import update

from gesso.domain import events, wallet
from gesso.domain.tasks.finish import lock_tasks
from gesso.domain.tasks.tables import Task
from gesso.infra.db import Tx, moment
from gesso.infra.errors import NotFound
from gesso.kit.money import credits_text


async def refund(tx: Tx, wish: wallet.Refund) -> tuple[Task, wallet.Refunded]:
    """Give back all or a part of what a task was charged, and say so to its owner.

    The same key again gives nothing more. NotFound for a task of somebody else's tenant.
    """
    task = (await lock_tasks(tx, {wish.task_id})).get(wish.task_id)
    if task is None or wish.tenant_id not in (None, task.tenant_id):
        raise NotFound("There is no such task.")
    made = await wallet.reverse(tx, wish)
    if made.is_new:
        await tx.execute(
            update(Task)
            .where(Task.id == task.id)
            .values(refunded=Task.refunded + made.amount, rev=Task.rev + 1, updated_at=moment(tx))
        )
        await tx.refresh(task)
        events.record(
            tx, task.owner_id, "task.refunded",
            task_id=task.id, status=task.status, rev=task.rev, amount=credits_text(made.amount),
            charged=credits_text(task.charged), refunded=credits_text(task.refunded),
        )  # fmt: skip
    return task, made
