"""Codes and refunds, as an operator handles them from the command line."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer
from sqlalchemy import select

from gesso.app.cli.place import existing, ready, settings_at
from gesso.app.cli.registry import amount_of
from gesso.app.cli.trouble import Trouble
from gesso.domain import tasks, wallet
from gesso.domain.identity import tenant_named
from gesso.infra.db import moment
from gesso.kit.ids import new_id, parse_id
from gesso.kit.money import credits_text


@dataclass(frozen=True, slots=True)
class Codes:
    """What codes are to be made, as it was typed."""

    name: str
    amount: str
    count: int
    uses: int
    valid_days: int | None
    lasts_days: int | None


def make_codes(data_dir: Path | None, wish: Codes, *, tenant: str) -> None:
    """Print the codes alone on standard output; what is said about them goes to standard error."""
    micro = amount_of(wish.amount)

    async def act() -> list[str]:
        async with ready(settings_at(data_dir)) as db, db.tx() as tx:
            until = moment(tx) + timedelta(days=wish.valid_days) if wish.valid_days else None
            new = wallet.NewBatch(
                name=wish.name, amount=micro, count=wish.count, max_uses=wish.uses,
                expires_at=until, lasts_days=wish.lasts_days,
            )  # fmt: skip
            tenant_id = await tenant_named(tx, tenant)
            return (await wallet.make_batch(tx, tenant_id, new, created_by=None))[1]

    made = asyncio.run(act())
    worth = credits_text(micro)
    typer.echo(f"{len(made)} codes of {worth} credits; they cannot be shown again.", err=True)
    for code in made:
        typer.echo(code)


def refund(
    data_dir: Path | None, task: str, amount: str | None, *, reason: str, key: str | None
) -> None:
    """Give back, and say what the task has cost in the end."""
    task_id = parse_id("task", task)
    if task_id is None:
        raise Trouble(f"{task!r} is not the id of a task.")
    micro = None if amount is None else amount_of(amount)

    async def act() -> tuple[tasks.Task, wallet.Refunded]:
        async with existing(settings_at(data_dir)) as db, db.tx() as tx:
            tenant_id = await tx.scalar(
                select(tasks.Task.tenant_id).where(tasks.Task.id == task_id)
            )
            wish = wallet.Refund(
                task_id=task_id, tenant_id=tenant_id or new_id(), key=key or str(new_id()),
                amount=micro, reason=reason, actor_id=None,
            )  # fmt: skip
            return await tasks.refund(tx, wish)

    found, made = asyncio.run(act())
    given = credits_text(made.amount)
    typer.echo(f"{given} credits given back." if made.is_new else "Given back before.")
    charged, refunded = credits_text(found.charged), credits_text(found.refunded)
    typer.echo(f"{task} was charged {charged} credits, and {refunded} went back.")
