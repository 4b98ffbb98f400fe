"""Everything that an audit must find: one small change each, and the promises that it breaks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, delete, insert, update

from gesso.domain.events.tables import Event, Stream, Untold
from gesso.domain.identity.tables import ApiKey
from gesso.domain.inbox.tables import Arrival
from gesso.domain.media.tables import Asset
from gesso.domain.registry.tables import Run
from gesso.domain.tasks.tables import Attempt, IdempotencyKey, Job, Task
from gesso.domain.wallet.tables import Hold, LedgerEntry, LedgerTxn, Wallet
from gesso.kit.ids import new_id
from tests.domain.world import LATER, NOW, World

STRANGER = UUID(int=7)
PAST = NOW - timedelta(minutes=5)
FUTURE = LATER + timedelta(hours=1)


@dataclass(frozen=True)
class Fault:
    """A change that breaks exactly these promises."""

    trips: str
    how: str
    act: Callable[[World], list[Executable]]

    def __str__(self) -> str:
        return f"{self.trips.replace(' ', '+')}: {self.how}"


def wallet(**values: Any) -> Callable[[World], list[Executable]]:
    return lambda world: [update(Wallet).where(Wallet.id == world.wallet).values(**values)]


def run(**values: Any) -> Callable[[World], list[Executable]]:
    row = {
        "id": STRANGER, "function": "a.b", "queue": "default", "arguments": {}, "alone": False,
        "attempt": 1, "max_attempts": 3, "due_at": LATER, "created_at": NOW,
    }  # fmt: skip
    return lambda _: [insert(Run).values({**row, **values})]


def report(**values: Any) -> Callable[[World], list[Executable]]:
    names = dict.fromkeys(("provider", "key"), "x") | {"trust": "signed", "status": "stored"}
    ids = dict.fromkeys(("id", "attempt_id", "task_id"), STRANGER)
    row = {**names, **ids, "headers": {}, "body": b"", "received_at": NOW, **values}
    return lambda _: [insert(Arrival).values(row)]


def hold(name: str, **values: Any) -> Callable[[World], list[Executable]]:
    return lambda world: [update(Hold).where(Hold.id == world.holds[name]).values(**values)]


def task(name: str, **values: Any) -> Callable[[World], list[Executable]]:
    return lambda world: [update(Task).where(Task.id == world.tasks[name]).values(**values)]


def job(name: str, **values: Any) -> Callable[[World], list[Executable]]:
    return lambda world: [update(Job).where(Job.id == world.jobs[name]).values(**values)]


def attempt(name: str, **values: Any) -> Callable[[World], list[Executable]]:
    return lambda world: [
        update(Attempt).where(Attempt.id == world.attempts[name]).values(**values)
    ]


def asset(name: str, **values: Any) -> Callable[[World], list[Executable]]:
    return lambda world: [update(Asset).where(Asset.job_id == world.jobs[name]).values(**values)]


def movement(name: str, **values: Any) -> Callable[[World], list[Executable]]:
    return lambda world: [
        update(LedgerTxn).where(LedgerTxn.id == world.movements[name]).values(**values)
    ]


def entry(name: str, layer: str, amount: int) -> Callable[[World], list[Executable]]:
    """Both sides of a movement, so that it still balances."""
    return lambda world: [
        update(LedgerEntry)
        .where(LedgerEntry.txn_id == world.movements[name], LedgerEntry.layer == layer)
        .where(LedgerEntry.account.like(pattern))
        .values(amount=value)
        for pattern, value in (("wallet:%", amount), ("sys:%", -amount))
    ]


def both(*acts: Callable[[World], list[Executable]]) -> Callable[[World], list[Executable]]:
    return lambda world: [statement for act in acts for statement in act(world)]


def both_sides(txn: UUID, *sides: tuple[str, int]) -> Executable:
    """Entries in one statement, as PostgreSQL's guard of the balance wants them."""
    entries = [
        {"txn_id": txn, "account": account, "layer": "posted", "amount": amount}
        for account, amount in sides
    ]
    return insert(LedgerEntry).values(entries)


def unknown_account(world: World) -> list[Executable]:
    txn = new_id()
    sides = [("wallet:00000000-0000-0000-0000-000000000007", 5), ("sys:grants", -5)]
    return [both_sides(txn, *sides), insert(LedgerTxn).values(id=txn, kind="grant", at=NOW)]


def smuggled(world: World) -> list[Executable]:
    """Somebody else's credits go into the wallet by a movement that is not numbered there."""
    txn = new_id()
    return [
        both_sides(txn, (world.account, 5), ("sys:grants", -5)),
        insert(LedgerTxn).values(id=txn, kind="grant", at=NOW),
        *wallet(posted=13)(world),
    ]


def reversal(of: str, amount: int) -> Callable[[World], list[Executable]]:
    """Money goes back for a charge, with every figure in its place."""

    def act(world: World) -> list[Executable]:
        txn = new_id()
        numbers = {"seq": 9, "posted_after": 8 + amount, "held_after": 1}
        whose = {"wallet_id": world.wallet, "reverses": world.movements[of]}
        return [
            both_sides(txn, (world.account, amount), ("sys:revenue", -amount)),
            insert(LedgerTxn).values(id=txn, kind="reversal", at=NOW, **numbers, **whose),
            *wallet(posted=8 + amount, seq=9)(world),
        ]

    return act


def second_attempt(world: World) -> list[Executable]:
    whose = {"id": new_id(), "job_id": world.jobs["making-0"], "no": 2, "fence": 2}
    what = {"provider": "studio", "provider_model": "scene", "intent_at": NOW, "created_at": NOW}
    return [insert(Attempt).values(**whose, **what, outcome="accepted")]


def second_key(world: World) -> list[Executable]:
    again = {"key": "twice", "fingerprint": "f", "task_id": world.tasks["made"], "created_at": NOW}
    return [insert(IdempotencyKey).values(owner_id=world.owner, **again)]


def extra_event(type_: str, name: str) -> Callable[[World], list[Executable]]:
    return lambda world: [
        insert(Event).values(
            stream_id=world.owner, seq=12, type=type_, task_id=world.tasks[name], data={}, at=NOW
        ),
        update(Stream).values(seq=12),
    ]


def stranded(status: str) -> Callable[[World], list[Executable]]:
    """An asset of a job that has failed."""

    def act(world: World) -> list[Executable]:
        whose = {"tenant_id": world.tenant, "owner_id": world.owner, "task_id": world.tasks["made"]}
        about = {"kind": "image", "status": status, "content_type": "image/png", "details": {}}
        stored = {"id": new_id(), "idx": 0, "sha256": "", "size": 1, "key": "x", "created_at": NOW}
        return [insert(Asset).values(job_id=world.jobs["made-1"], **whose, **about, **stored)]

    return act


FAULTS = [
    Fault("I01 I03", "credits from nowhere", entry("grant", "posted", 11)),
    Fault("I01", "a wallet that says more than its ledger", wallet(posted=9)),
    Fault("I01 I04", "a wallet that forgets what is frozen", wallet(held=0)),
    Fault("I01 I03b", "entries for a wallet that is not there", unknown_account),
    Fault(
        "I02",
        "a side of a movement is missing",
        lambda world: [delete(LedgerEntry).where(LedgerEntry.account == "sys:grants")],
    ),
    Fault(
        "I01 I02 I03",
        "a movement without entries",
        lambda world: [
            delete(LedgerEntry).where(LedgerEntry.txn_id == world.movements["grant"]),
        ],
    ),
    Fault("I03", "a running figure that was never true", movement("freeze-made", held_after=3)),
    Fault("I03", "a running figure that is missing", movement("grant", posted_after=None)),
    Fault(
        "I03",
        "a moment in which more was frozen than there was",
        both(
            movement("grant", seq=100),
            movement("freeze-made", seq=1, posted_after=0, held_after=2),
            movement("grant", seq=2, held_after=2),
        ),
    ),
    Fault("I03b", "a gap in the numbers of a wallet", movement("freeze-making", seq=9)),
    Fault("I03b", "a wallet that counted a movement too many", wallet(seq=9)),
    Fault("I03b", "an entry that the wallet did not number", smuggled),
    Fault("I05 I07", "a phase without a hold", job("choosing-0", phase="other")),
    Fault(
        "I04 I05 I06 I07b I08",
        "an open hold of a task that has ended",
        hold("lost", status="open", settled_at=None),
    ),
    Fault("I05 I06", "an open hold for which nobody works", job("making-0", phase="other")),
    Fault("I07", "a charge for what was not delivered", job("made-0", price=2)),
    Fault("I07 I07b", "a charge before the end", hold("making", captured=1)),
    Fault("I07b", "a task that says it cost less", task("made", charged=0)),
    Fault("I07b", "a task that says it gave nothing back", task("made", released=0)),
    Fault("I07b", "a task that says nothing was frozen", task("making", held=0)),
    Fault("I08", "a release where a capture should be", movement("capture-made", kind="release")),
    Fault("I08", "a settled hold without its settlement", movement("release-lost", hold_id=None)),
    Fault(
        "I08",
        "a freeze of another amount",
        both(hold("lost", amount=2), task("lost", held=2, released=2)),
    ),
    Fault("I09", "a job that its provider took twice", second_attempt),
    Fault(
        "I10", "an ended task with a live job", job("made-1", status="running", finished_at=None)
    ),
    Fault(
        "I10 I12b",
        "a live task without a live job",
        task("lost", status="running", finished_at=None),
    ),
    Fault("I10", "a task that waits while a job runs", task("making", status="awaiting_selection")),
    Fault("I10 I12b", "a failed task that delivered", task("made", status="failed")),
    Fault("I10 I12b", "a completed task that delivered nothing", task("lost", status="completed")),
    Fault("I11", "a completed job with nothing stored", asset("made-0", status="rejected")),
    Fault("I11", "a failed job with an asset", stranded("ready")),
    Fault("I11", "an asset of a failed job that nobody finishes", stranded("pending")),
    Fault("I11", "an asset that nobody finishes", asset("made-0", status="pending")),
    Fault("I12", "an event is gone", lambda world: [delete(Event).where(Event.seq == 5)]),
    Fault("I12", "a stream that counted too far", lambda world: [update(Stream).values(seq=12)]),
    Fault("I12 I20", "events without a stream", lambda world: [delete(Stream)]),
    Fault("I20", "a mark that stayed", lambda world: [update(Untold).values(told=Untold.told + 1)]),
    Fault("I12b", "a task that ended twice", extra_event("task.completed", "made")),
    Fault("I12b", "a task that ended, by its events alone", extra_event("task.expired", "making")),
    Fault("I12b", "another end than the one that was told", task("lost", status="expired")),
    Fault("I13", "a task past its deadline", task("making", deadline_at=PAST)),
    Fault("I13", "a choice that nobody closed", task("choosing", deadline_at=PAST)),
    Fault("I13", "a job past its deadline", job("making-0", deadline_at=PAST)),
    Fault("I13", "a job that nobody took when it was due", job("making-0", due_at=PAST)),
    Fault("I14", "two keys for one task", second_key),
    Fault("I15", "a wallet in another tenant", wallet(tenant_id=STRANGER)),
    Fault(
        "I15", "a key in another tenant", lambda world: [update(ApiKey).values(tenant_id=STRANGER)]
    ),
    Fault("I15", "a task of another owner", task("made", owner_id=STRANGER)),
    Fault("I15", "a job of another owner", job("lost-0", owner_id=STRANGER)),
    Fault("I15", "a hold in another tenant", hold("lost", tenant_id=STRANGER)),
    Fault("I15", "an asset of another owner", asset("made-0", owner_id=STRANGER)),
    Fault("I15", "an asset of another tenant", asset("made-0", tenant_id=STRANGER)),
    Fault(
        "I15",
        "a stranger's key on a task",
        lambda world: [update(IdempotencyKey).values(owner_id=STRANGER)],
    ),
    Fault("I15", "a movement of another task", movement("freeze-made", task_id=STRANGER)),
    Fault(
        "I15",
        "an event in a stranger's stream",
        lambda world: [
            insert(Stream).values(id=STRANGER, seq=1),
            insert(Event).values(
                stream_id=STRANGER, seq=1, type="x", task_id=world.tasks["made"], data={}, at=NOW
            ),
        ],
    ),
    Fault(
        "I16 I18",
        "a cost that nobody booked",
        attempt("made-1", outcome="unknown", provider_cost=3),
    ),
    Fault(
        "I16",
        "a leak that is not in the ledger",
        movement("loss", reference="attempt:another"),
    ),
    Fault("I16", "a leak at another cost", attempt("lost-0", provider_cost=4)),
    Fault("I16", "a cost of a try that failed", attempt("made-1", provider_cost=3)),
    Fault("I17", "more given back than was charged", reversal("capture-made", 2)),
    Fault("I17", "a charge in the disguise of a reversal", reversal("capture-made", -1)),
    Fault(
        "I17",
        "a reversal of nothing",
        both(reversal("capture-made", 1), lambda _: [update(LedgerTxn).values(reverses=None)]),
    ),
    Fault("I18", "a submission of which nobody knows", attempt("made-1", outcome="accepted")),
    Fault("I19", "a refund while the provider could deliver", job("lost-0", deadline_at=FUTURE)),
    Fault("I21", "a run that nobody looks after", run(status="running", due_at=PAST)),
    Fault("I21", "a run that nobody may take", run(status="retrying", lost=5)),
    Fault("I22", "a report that nobody applies", report(due_at=PAST)),
]
