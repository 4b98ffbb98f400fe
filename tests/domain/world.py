"""A small world in which every promise holds: four tasks of one owner, at four points of life.

`made` is finished with one piece of two, `making` is at its provider, `lost` has failed and was
refunded, `choosing` waits for its owner. Written row by row, so that a test can break one thing and
nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, groupby
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import DeclarativeBase

from gesso.domain.events.tables import Event, Stream, Untold
from gesso.domain.identity.tables import ApiKey, Tenant, User
from gesso.domain.media.tables import Asset
from gesso.domain.tasks.tables import Attempt, IdempotencyKey, Job, Task
from gesso.domain.wallet.tables import Hold, LedgerEntry, LedgerTxn, Wallet
from gesso.infra.db import Tx
from gesso.kit.ids import new_id

NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=1)
NAMES = ("made", "making", "lost", "choosing")


@dataclass
class World:
    """The ids of everything, by name; a job's name is its task's and its index, e.g. `made-0`."""

    tenant: UUID = field(default_factory=new_id)
    owner: UUID = field(default_factory=new_id)
    wallet: UUID = field(default_factory=new_id)
    tasks: dict[str, UUID] = field(default_factory=lambda: {name: new_id() for name in NAMES})
    holds: dict[str, UUID] = field(default_factory=lambda: {name: new_id() for name in NAMES})
    jobs: dict[str, UUID] = field(default_factory=dict)
    attempts: dict[str, UUID] = field(default_factory=dict)
    movements: dict[str, UUID] = field(default_factory=dict)
    rows: list[tuple[type[DeclarativeBase], dict[str, Any]]] = field(default_factory=list)

    @property
    def account(self) -> str:
        """The wallet's name in the ledger."""
        return f"wallet:{self.wallet}"

    def add(self, entity: type[DeclarativeBase], **values: Any) -> None:
        """One row more."""
        self.rows.append((entity, values))


async def write_world(tx: Tx, *, prefix: str = "abcdefgh") -> World:
    """Write the world, owner first; a second one needs a key that begins otherwise."""
    world = World()
    _people(world, prefix)
    _tasks(world)
    _ledger(world)
    _log(world)
    # The sides of a movement go together: PostgreSQL weighs each statement that writes entries.
    for (entity, _), rows in groupby(world.rows, key=lambda row: (row[0], sorted(row[1]))):
        await tx.execute(insert(entity).values([values for _, values in rows]))
    return world


def _people(world: World, prefix: str) -> None:
    tenant = {"tenant_id": world.tenant, "created_at": NOW}
    world.add(Tenant, id=world.tenant, name="House", created_at=NOW)
    person = {"email": "anna@example.org", "role": "user", "status": "active"}
    world.add(User, id=world.owner, **tenant, **person)
    key = {"name": "laptop", "prefix": prefix, "digest": "0" * 64, "scopes": []}
    world.add(ApiKey, id=new_id(), user_id=world.owner, **tenant, **key)
    # 10 granted; one charged for `made`, one for `choosing`; one frozen for `making`.
    figures = {"posted": 8, "held": 1, "seq": 8}
    world.add(Wallet, id=world.wallet, owner_id=world.owner, **tenant, **figures)


def _tasks(world: World) -> None:
    _task(world, "made", "completed", "making", held=2, charged=1, released=1)
    _job(world, "made", 0, "completed", "completed")
    _job(world, "made", 1, "failed", "failed")
    _task(world, "making", "running", "making", held=1)
    _job(world, "making", 0, "running", "accepted")
    _task(world, "lost", "failed", "making", held=1, released=1)
    _job(world, "lost", 0, "failed", "unknown-then-leaked")
    _task(world, "choosing", "awaiting_selection", "selection", held=1, charged=1)
    _job(world, "choosing", 0, "completed", "completed")
    key = {"key": "once", "fingerprint": "f", "created_at": NOW}
    world.add(IdempotencyKey, owner_id=world.owner, task_id=world.tasks["made"], **key)


def _task(world: World, name: str, status: str, phase: str, **money: int) -> None:
    ended = status in ("completed", "failed")
    world.add(
        Task,
        id=world.tasks[name],
        tenant_id=world.tenant,
        owner_id=world.owner,
        wallet_id=world.wallet,
        type="text_to_image",
        status=status,
        phase=phase,
        meta={},
        created_at=NOW,
        updated_at=NOW,
        finished_at=NOW if ended else None,
        deadline_at=LATER,
        **money,
    )
    amount, captured = money["held"], money.get("charged", 0)
    is_open = status == "running"
    world.add(
        Hold,
        id=world.holds[name],
        tenant_id=world.tenant,
        task_id=world.tasks[name],
        wallet_id=world.wallet,
        phase="making",
        price_version="1",
        amount=amount,
        captured=captured,
        status="open" if is_open else "captured" if captured else "released",
        created_at=NOW,
        settled_at=None if is_open else NOW,
    )


def _job(world: World, task: str, idx: int, status: str, outcome: str) -> None:
    name = f"{task}-{idx}"
    job, attempt = world.jobs.setdefault(name, new_id()), world.attempts.setdefault(name, new_id())
    leaked = outcome == "unknown-then-leaked"
    world.add(
        Job,
        id=job,
        tenant_id=world.tenant,
        owner_id=world.owner,
        task_id=world.tasks[task],
        phase="making",
        idx=idx,
        queue="image",
        turn=idx,
        status=status,
        attempt=1,
        attempt_id=attempt,
        max_attempts=3,
        fence=1,
        due_at=LATER,
        # A submission of unknown fate is given up at its deadline, not before.
        deadline_at=NOW if leaked else LATER,
        price=1,
        provider="studio",
        provider_model="scene",
        meta={},
        created_at=NOW,
        finished_at=None if status == "running" else NOW,
    )
    world.add(
        Attempt,
        id=attempt,
        job_id=job,
        no=1,
        fence=1,
        provider="studio",
        provider_model="scene",
        intent_at=NOW,
        outcome="leaked" if leaked else outcome,
        provider_cost=3 if leaked else 0,
        created_at=NOW,
    )
    if status == "completed":
        _asset(world, task, name)


def _asset(world: World, task: str, job: str) -> None:
    whose = {"tenant_id": world.tenant, "owner_id": world.owner, "task_id": world.tasks[task]}
    about = {
        "kind": "image",
        "status": "ready",
        "content_type": "image/png",
        "size": 1,
        "details": {},
    }
    stored = {"sha256": "0" * 64, "key": f"{world.tenant}/{job}", "created_at": NOW}
    world.add(Asset, id=new_id(), job_id=world.jobs[job], idx=0, **whose, **about, **stored)


def _ledger(world: World) -> None:
    seq, revenue, wallet = count(1), "sys:revenue", world.account

    def move(name: str, *sides: tuple[str, int, str], after: tuple[int, int]) -> None:
        kind, _, task = name.partition("-")
        subject = {"hold_id": world.holds[task], "task_id": world.tasks[task]} if task else {}
        numbers = {"seq": next(seq), "posted_after": after[0], "held_after": after[1]}
        _movement(world, name, kind, sides, {"wallet_id": world.wallet, **numbers, **subject})

    move("grant", ("posted", 10, "sys:grants"), after=(10, 0))
    move("freeze-made", ("held", 2, revenue), after=(10, 2))
    move("capture-made", ("held", -2, revenue), ("posted", -1, revenue), after=(9, 0))
    move("freeze-lost", ("held", 1, revenue), after=(9, 1))
    move("release-lost", ("held", -1, revenue), after=(9, 0))
    move("freeze-choosing", ("held", 1, revenue), after=(9, 1))
    move("capture-choosing", ("held", -1, revenue), ("posted", -1, revenue), after=(8, 0))
    move("freeze-making", ("held", 1, revenue), after=(8, 1))
    reference = f"attempt:{world.attempts['lost-0']}"
    loss = {"task_id": world.tasks["lost"], "reference": reference}
    _movement(world, "loss", "loss", [("posted", 3, revenue)], loss, account="sys:provider_loss")
    assert wallet in {row.get("account") for _, row in world.rows}


def _movement(
    world: World,
    name: str,
    kind: str,
    sides: Any,
    facts: Mapping[str, Any],
    *,
    account: str | None = None,
) -> None:
    txn = world.movements.setdefault(name, new_id())
    for layer, amount, other in sides:
        into = account or world.account
        world.add(LedgerEntry, txn_id=txn, account=into, layer=layer, amount=amount)
        world.add(LedgerEntry, txn_id=txn, account=other, layer=layer, amount=-amount)
    world.add(LedgerTxn, id=txn, kind=kind, at=NOW, **facts)


def _log(world: World) -> None:
    steps = [(name, "queued") for name in NAMES] + [(name, "running") for name in NAMES]
    steps += [("made", "completed"), ("lost", "failed"), ("choosing", "awaiting_selection")]
    world.add(Stream, id=world.owner, seq=len(steps))
    world.add(Untold, stream_id=world.owner, told=len(steps) - 1, since=NOW, due_at=NOW)
    for seq, (name, status) in enumerate(steps, 1):
        what = {"type": f"task.{status}", "task_id": world.tasks[name], "data": {}, "at": NOW}
        world.add(Event, stream_id=world.owner, seq=seq, **what)
