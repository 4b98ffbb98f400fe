"""Submit: freeze the credits, write the task and its jobs,
place them in line. All of it or nothing.

One call takes many requests and costs the same dozen statements. Everything of one owner waits for
the lock on the wallet, so that two requests under one idempotency key, or for one last credit, are
seen one after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, select, tuple_

from gesso.domain import events, wallet
from gesso.domain.tasks import fair, refusals
from gesso.domain.tasks.ceiling import Ceiling
from gesso.domain.tasks.fair import Place
from gesso.domain.tasks.menu import Priced, total
from gesso.domain.tasks.operation import Order
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.tables import IdempotencyKey, Job, Task
from gesso.infra.db import Over, Tx, at_commit, insert_rows, moment
from gesso.infra.errors import GessoError, NotFound
from gesso.infra.trace import traceparent, tracestate
from gesso.kit.ids import new_id

KEYS_LIVE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Request:
    """A priced order of somebody we know, with the key under which it may be repeated."""

    tenant_id: UUID
    owner_id: UUID
    order: Order
    phase: str
    pieces: Sequence[Priced]
    price_version: str
    stored: Mapping[str, Any]
    """The order as the task's metadata keeps it."""
    key: str | None = None
    fingerprint: str = ""
    retry_of: UUID | None = None
    keys: tuple[UUID, ...] = ()
    """By which API key it is asked for, and those from which that comes."""
    expected_max: int | None = None
    """In micro-credits; what comes to more is refused, unless it was taken in before."""
    task_id: UUID = field(default_factory=new_id)
    trace: str | None = field(default_factory=traceparent)
    """The trace of whoever asks for it."""
    trace_state: str = field(default_factory=tracestate)
    """What others have noted of that trace."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A task that was taken in: its rows as written,
    and the number its owner's stream has reached.
    """

    task: Mapping[str, Any]
    jobs: Sequence[Mapping[str, Any]]
    seq: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """The request was made before under this key; nothing was done."""

    task_id: UUID


Answer = Submitted | Replayed | GessoError


async def submit(
    tx: Tx, requests: Sequence[Request], *, ceiling: Ceiling | None = None
) -> list[Answer]:
    """Take in what is paid for and has room under the ceiling; the answers stand in the requests'
    order.
    """
    balances = await wallet.lock_owners(tx, [request.owner_id for request in requests])
    answers = await _repeated(tx, requests)
    fresh = [request for request in requests if request.task_id not in answers]
    paying = await wallet.payers(tx, balances, [(r.owner_id, r.order.wallet) for r in fresh])
    payers = {r.task_id: payer for r, payer in zip(fresh, paying, strict=True) if payer}
    for request in fresh:
        if request.task_id not in payers:
            answers[request.task_id] = NotFound(
                "There is no wallet to pay from.", money=refusals.NOTHING_MOVED
            )
        elif request.expected_max is not None and total(request.pieces) > request.expected_max:
            answers[request.task_id] = refusals.dearer(request, request.expected_max)
    fresh = [request for request in fresh if request.task_id not in answers]
    purses = {task_id: payer.balance for task_id, payer in payers.items()}
    if ceiling is not None:
        answers |= await ceiling.refusals(tx, purses, fresh)
        fresh = [request for request in fresh if request.task_id not in answers]
    wishes = [wish(request, payers[request.task_id]) for request in fresh]
    frozen = await wallet.freeze(tx, {each.wallet_id: each for each in purses.values()}, wishes)
    taken = []
    for request, answer in zip(fresh, frozen, strict=True):
        if answer is True:
            taken.append(request)
        else:
            answers[request.task_id] = answer or refusals.unpaid(request, purses[request.task_id])
    if taken:
        answers.update(await _write(tx, taken, payers))
    return [answers[request.task_id] for request in requests]


_KEYS = (
    IdempotencyKey.owner_id,
    IdempotencyKey.key,
    IdempotencyKey.fingerprint,
    IdempotencyKey.task_id,
)
_KNOWN_KEYS = Over(
    lambda v, _: (
        select(*_KEYS)
        .join(v, and_(IdempotencyKey.owner_id == v.c.owner_id, IdempotencyKey.key == v.c.key))
        .distinct()
    ),
    returning=_KEYS,
    owner_id=IdempotencyKey.owner_id,
    key=IdempotencyKey.key,
)


async def _repeated(tx: Tx, requests: Sequence[Request]) -> dict[UUID, Answer]:
    """The requests whose key was used before, in the database or earlier in this batch."""
    keyed = [request for request in requests if request.key is not None]
    if not keyed:
        return {}
    rows = await _KNOWN_KEYS(
        tx, owner_id=[r.owner_id for r in keyed], key=[str(r.key) for r in keyed]
    )
    known = {(owner, key): (fingerprint, task_id) for owner, key, fingerprint, task_id in rows}
    answers: dict[UUID, Answer] = {}
    for request in keyed:
        used = known.setdefault(
            (request.owner_id, str(request.key)), (request.fingerprint, request.task_id)
        )
        if used[1] != request.task_id:
            same = used[0] == request.fingerprint
            answers[request.task_id] = Replayed(used[1]) if same else refusals.reused()
    return answers


async def _write(
    tx: Tx, taken: Sequence[Request], payers: Mapping[UUID, wallet.Payer]
) -> dict[UUID, Answer]:
    wanted = [(piece.target.queue, r.owner_id) for r in taken for piece in r.pieces]
    places = await fair.take(tx, wanted)
    tasks, jobs_of = [], {}
    for request in taken:
        jobs = [job_row(tx, request, piece, next(places)) for piece in request.pieces]
        jobs_of[request.task_id] = jobs
        tasks.append(_task_row(tx, request, jobs, payers[request.task_id].balance.wallet_id))
    await insert_rows(tx, Task, tasks)
    await insert_rows(tx, Job, [job for jobs in jobs_of.values() for job in jobs])
    await insert_rows(tx, IdempotencyKey, [_key_row(tx, r) for r in taken if r.key is not None])
    for task in tasks:
        events.record(
            tx, task["owner_id"], "task.queued",
            task_id=task["id"], operation=task["type"], status="queued", phase=task["phase"], rev=1,
        )  # fmt: skip
    reached = await events.flush(tx)
    at_commit(tx, *{queue_topic(queue) for queue, _ in wanted})
    return {
        task["id"]: Submitted(task, jobs_of[task["id"]], reached[task["owner_id"]])
        for task in tasks
    }


async def forget_keys(tx: Tx, *, room: int) -> int:
    """Forget at most `room` keys that are a week old; how many there were.

    A request that comes again after that is a new one.
    """
    old = (
        select(IdempotencyKey.owner_id, IdempotencyKey.key)
        .where(IdempotencyKey.created_at < moment(tx) - KEYS_LIVE)
        .limit(room)
    )
    named = tuple_(IdempotencyKey.owner_id, IdempotencyKey.key)
    write = delete(IdempotencyKey).where(named.in_(old)).returning(IdempotencyKey.key)
    gone = await tx.execute(write.execution_options(synchronize_session=False))
    return len(gone.all())


def job_row(tx: Tx, request: Request, piece: Priced, place: Place) -> dict[str, Any]:
    """A job about to be written, waiting at its place in line."""
    deadline = moment(tx) + place.timeout
    return {
        "id": new_id(),
        "tenant_id": request.tenant_id,
        "owner_id": request.owner_id,
        "task_id": request.task_id,
        "phase": request.phase,
        "idx": piece.draft.index,
        "source_job_id": piece.draft.source_job_id,
        "queue": place.queue,
        "priority": request.order.priority,
        "turn": place.turn,
        "status": "queued",
        "attempt": 0,
        "max_attempts": place.max_attempts,
        "fence": 0,
        "due_at": deadline,
        "deadline_at": deadline,
        "price": piece.amount,
        "provider": piece.target.provider,
        "provider_model": piece.target.model,
        "metadata": {
            "operation": request.order.type,
            "model": piece.model.id,
            "input": dict(piece.draft.input),
            "assets": {name: str(asset) for name, asset in piece.draft.assets.items()},
            **({"traceparent": request.trace} if request.trace else {}),
            **({"tracestate": request.trace_state} if request.trace_state else {}),
            **({"links": dict(piece.draft.links)} if piece.draft.links else {}),
            **({"recipe": dict(piece.draft.recipe)} if piece.draft.recipe else {}),
            **piece.metadata,
        },
        "progress": 0.0,
        "rev": 1,
        "created_at": moment(tx),
    }


def _task_row(
    tx: Tx, request: Request, jobs: Sequence[Mapping[str, Any]], wallet_id: UUID
) -> dict[str, Any]:
    return {
        "id": request.task_id,
        "tenant_id": request.tenant_id,
        "owner_id": request.owner_id,
        "wallet_id": wallet_id,
        "type": request.order.type,
        "status": "queued",
        "phase": request.phase,
        "metadata": request.stored,
        "held": total(request.pieces),
        "charged": 0,
        "released": 0,
        "refunded": 0,
        "retry_of": request.retry_of,
        "rev": 1,
        "created_at": moment(tx),
        "updated_at": moment(tx),
        "deadline_at": max(job["deadline_at"] for job in jobs),
    }


def wish(request: Request, payer: wallet.Payer) -> wallet.Freeze:
    """What is to be frozen for a request's phase."""
    return wallet.Freeze(
        tenant_id=request.tenant_id,
        wallet_id=payer.balance.wallet_id,
        task_id=request.task_id,
        phase=request.phase,
        amount=total(request.pieces),
        price_version=request.price_version,
        spender_id=request.owner_id,
        keys=request.keys,
        member_id=payer.member_id,
    )


def _key_row(tx: Tx, request: Request) -> dict[str, Any]:
    return {
        "owner_id": request.owner_id,
        "key": request.key,
        "fingerprint": request.fingerprint,
        "task_id": request.task_id,
        "created_at": moment(tx),
    }
