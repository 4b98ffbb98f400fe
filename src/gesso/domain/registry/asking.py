"""Asking for runs, and taking that back.

A request is checked against the function as it is now; the run is checked again before it begins,
for the code may have changed meanwhile.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import to_json
from sqlalchemy import select, update

from gesso.domain import deadletters
from gesso.domain.registry.function import Functions, RegisteredTask
from gesso.domain.registry.report import KIND, RUNS
from gesso.domain.registry.tables import TERMINAL, WAITING, Run
from gesso.infra.db import Tx, at_commit, moment, upsert
from gesso.infra.errors import Conflict, Invalid, NotFound
from gesso.infra.web import field_problems
from gesso.kit.ids import new_id

CANCELS = "runs:cancel"
"""The topic that is signalled when a run that is in somebody's hands is not wanted any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A run that is asked for; what is left open is as its function says."""

    function: str
    arguments: Mapping[str, Any]
    delay: timedelta = timedelta(0)
    run_at: datetime | None = None
    priority: int | None = None
    max_attempts: int | None = None
    deduplication_key: str | None = None
    requested_by: UUID | None = None
    request_key: str | None = None


class Asked(NamedTuple):
    """The run that answers a request: a new one, the same as before, or one that lives already."""

    run: Run
    how: Literal["new", "repeated", "live"]


def checked(functions: Functions, wish: Wish) -> RegisteredTask[..., Any]:
    """The function that is wished for; Invalid tells what is wrong with the name or the
    arguments.
    """
    function = functions.get(wish.function)
    if function is None:
        raise Invalid(
            f"No function {wish.function!r} is registered here.",
            code="unknown_function",
            pointer="#/function",
        )
    check_arguments(function, wish.arguments)
    return function


def check_arguments(function: RegisteredTask[..., Any], arguments: Mapping[str, Any]) -> None:
    """Invalid, with a pointer for each thing that is wrong, unless the function takes these."""
    try:
        function.parse(arguments)
    except ValidationError as error:
        found = [{**each, "loc": ("body", "arguments", *each["loc"])} for each in error.errors()]
        raise Invalid(
            f"{function.name} does not take these arguments; see `errors`.",
            errors=field_problems(found, {"arguments": arguments}),
        ) from error


async def ask(tx: Tx, function: RegisteredTask[..., Any], wish: Wish) -> Asked:
    """Write the run down, due when it was wished; a key that was used before gives its run."""
    fingerprint = _fingerprint(wish)
    row = _row(tx, function, wish) | {"fingerprint": fingerprint}
    write = upsert(tx, Run).values(row).on_conflict_do_nothing().returning(Run.id)
    if await tx.scalar(write) is not None:
        at_commit(tx, RUNS)
        return Asked(await find(tx, row["id"]), "new")
    repeated = await _repeated(tx, wish, fingerprint)
    if repeated is not None:
        return Asked(repeated, "repeated")
    live = await tx.scalar(
        select(Run).where(
            Run.function == wish.function,
            Run.deduplication_key == wish.deduplication_key,
            Run.finished_at.is_(None),
        )
    )
    if live is None:
        raise Conflict("The run that was in the way has just ended; ask again.")
    return Asked(live, "live")


async def _repeated(tx: Tx, wish: Wish, fingerprint: str | None) -> Run | None:
    """The run that was asked for under the same key before; Invalid when it is another one."""
    if wish.request_key is None:
        return None
    run = await tx.scalar(
        select(Run).where(
            Run.requested_by == wish.requested_by, Run.request_key == wish.request_key
        )
    )
    if run is not None and run.fingerprint != fingerprint:
        raise Invalid(
            "This idempotency key was used for another request.", code="idempotency_key_reused"
        )
    return run


async def cancel(tx: Tx, run_id: UUID) -> Run:
    """End a run: at once where nobody works on it, else as soon as its worker hears of it.

    A second call changes nothing; Conflict for a run that has ended otherwise.
    """
    run = await find(tx, run_id, lock=True)
    if run.status in TERMINAL:
        if run.status != "cancelled":
            raise Conflict("The run has ended.", code="run_ended")
        return run
    now = moment(tx)
    values: dict[str, Any] = {"cancel_requested_at": run.cancel_requested_at or now}
    if run.status in WAITING or run.holder is None:
        values |= {
            "status": "cancelled", "finished_at": now, "holder": None, "fence": Run.fence + 1,
            "error_code": "cancelled", "error_message": "It was cancelled.",
        }  # fmt: skip
        await deadletters.settle(tx, KIND, [run.id])
    write = update(Run).where(Run.id == run.id, Run.finished_at.is_(None)).values(**values)
    await tx.execute(write.execution_options(synchronize_session=False))
    at_commit(tx, RUNS, CANCELS)
    return await find(tx, run_id)


async def find(tx: Tx, run_id: UUID, *, lock: bool = False) -> Run:
    """The run, locked if that is wanted; NotFound when there is none."""
    query = select(Run).where(Run.id == run_id).execution_options(populate_existing=True)
    run = await tx.scalar(query.with_for_update(key_share=True) if lock else query)
    if run is None:
        raise NotFound("There is no such run.")
    return run


def row_of(
    tx: Tx, function: RegisteredTask[..., Any], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """A run of this function that is due now, about to be written."""
    return {
        "id": new_id(),
        "function": function.name,
        "queue": function.terms.queue,
        "arguments": dict(arguments),
        "status": "queued",
        "priority": function.terms.priority,
        "alone": not function.terms.parallel,
        "attempt": 0,
        "max_attempts": function.terms.max_attempts,
        "fence": 0,
        "lost": 0,
        "progress": 0.0,
        "due_at": moment(tx),
        "created_at": moment(tx),
    }


def _row(tx: Tx, function: RegisteredTask[..., Any], wish: Wish) -> dict[str, Any]:
    own = {"priority": wish.priority, "max_attempts": wish.max_attempts}
    return {
        **row_of(tx, function, wish.arguments),
        **{name: value for name, value in own.items() if value is not None},
        "due_at": wish.run_at or moment(tx) + wish.delay,
        "deduplication_key": wish.deduplication_key,
        "requested_by": wish.requested_by,
        "request_key": wish.request_key,
    }


def _fingerprint(wish: Wish) -> str | None:
    """What two requests under one key must have in common."""
    if wish.request_key is None:
        return None
    content = [
        wish.function, wish.arguments, wish.delay, wish.run_at,
        wish.priority, wish.max_attempts, wish.deduplication_key,
    ]  # fmt: skip
    return hashlib.sha256(to_json(content)).hexdigest()
