"""Paid submits over HTTP on SQLite, beside SQLite itself doing one submit a transaction."""

import json
import random
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from bench.figure import Broken, Figure, Goal, middle
from bench.people import Owner, books, take_in
from bench.pgbench import FINGERPRINT, JOB, ORDER, TOLD
from bench.profiling import tell_profile
from bench.run import Run
from bench.submitting import submit
from bench.target import serving
from bench.usage import usage

OWNERS = 200
ROUNDS = 3
BESIDE = "submits/s, sqlite3 alone"
_WALLET = """
    update wallet set held = held + 1000000, seq = seq + 1
    where id = ? and posted - held >= 1000000
    returning id, owner_id, tenant_id, seq, posted, held"""
_TASK = """
    insert into task (id, tenant_id, owner_id, wallet_id, type, status, phase, metadata, held,
      charged, released, rev, created_at, updated_at, deadline_at)
    values (?, ?, ?, ?, 'text_to_image', 'queued', 'images', ?, 1000000, 0, 0, 1, ?, ?, ?)"""
_KEY = """
    insert into idempotency_key (owner_id, key, fingerprint, task_id, created_at)
    values (?, ?, ?, ?, ?) on conflict do nothing"""
_JOB = """
    insert into job (id, tenant_id, owner_id, task_id, phase, idx, queue, priority, turn, status,
      attempt, max_attempts, fence, due_at, deadline_at, price, provider, provider_model, metadata,
      progress, rev, created_at)
    values (?, ?, ?, ?, 'images', 0, 'image', 0, ?, 'queued', 0, 3, 0, ?, ?, 1000000, 'studio',
      'paint', ?, 0, 1, ?)"""
_HOLD = """
    insert into hold (id, tenant_id, task_id, wallet_id, phase, price_version, amount, captured,
      status, created_at)
    values (?, ?, ?, ?, 'images', 'bench', 1000000, 0, 'open', ?)"""
_ENTRIES = """
    insert into ledger_entry (txn_id, account, layer, amount)
    values (?, ?, 'held', 1000000), (?, 'sys:revenue', 'held', -1000000)"""
_TXN = """
    insert into ledger_txn (id, kind, wallet_id, seq, hold_id, task_id, posted_after, held_after,
      at)
    values (?, 'freeze', ?, ?, ?, ?, ?, ?, ?)"""
_STREAM = "update stream set seq = seq + 1 where id = ? returning seq"
_EVENT = """
    insert into event (stream_id, seq, type, task_id, data, at)
    values (?, ?, 'task.queued', ?, ?, ?)"""


def measure(run: Run) -> list[Figure]:
    """Several owners; every acknowledged submit must be there afterwards."""
    with run.sqlite() as ours, run.sqlite() as theirs:
        owners, alone = take_in(ours, OWNERS), Alone(theirs, take_in(theirs, OWNERS))
        rates, limits, tallies, done, taken = [], [], [], 0, 0
        with serving(run, ours) as target:
            taken += submit(target, owners, 1).answers["202"]
            before, already = usage(target, ours), taken
            for number in range(1, ROUNDS + 1):
                run.say(f"{OWNERS} owners, round {number} of {ROUNDS}")
                count, seconds = alone.leg(run.seconds)
                done += count
                limits.append(count / seconds)
                tallies.append(submit(target, owners, run.seconds))
                taken += tallies[-1].answers["202"]
                rates.append(tallies[-1].rate)
            spent = usage(target, ours).since(before, taken - already)
        if run.profile:
            tell_profile(run, target, tasks=taken, batches=books(ours).batches, spent=spent)
        for url, count in ((ours, taken), (theirs, done)):
            if books(url).tasks != count:
                raise Broken(f"{count} submits were acknowledged, {books(url).tasks} are there")
        facts = {
            "rounds": [round(rate) for rate in rates],
            "sqlite3": [round(limit) for limit in limits],
            "tasks a transaction": taken / books(ours).batches,
            "p50 ms": middle([tally.p50 for tally in tallies]),
            "p99 ms": middle([tally.p99 for tally in tallies]),
            **spent,
        }
    name = f"{OWNERS} owners"
    return [
        Figure(name, middle(rates), "submits/s", BESIDE, middle(limits), Goal(least=0.8), facts)
    ]


class Alone:
    """SQLite with nothing around it: Python's own driver, durable as ours, one caller."""

    def __init__(self, url: str, owners: Sequence[Owner]) -> None:
        self._db = sqlite3.connect(Path(url.partition("///")[2]), isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._db.execute(f"pragma {pragma}")
        self._wallets = [owner.wallet_id.hex for owner in owners]

    def leg(self, seconds: float) -> tuple[int, float]:
        """Submit for so long; how many, in how many seconds."""
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            self._submit(random.choice(self._wallets))
            count += 1
        return count, time.perf_counter() - began

    def _submit(self, wallet: str) -> None:
        now = datetime.now(UTC).replace(tzinfo=None)
        at, later = str(now), str(now + timedelta(minutes=5))
        task, job, hold, txn = (uuid4().hex for _ in range(4))
        ask = self._db.execute
        ask("begin immediate")
        _, owner, tenant, seq, posted, held = ask(_WALLET, (wallet,)).fetchone()
        ask(_TASK, (task, tenant, owner, wallet, json.dumps(ORDER), at, at, later))
        ask(_KEY, (owner, uuid4().hex, FINGERPRINT, task, at))
        ask(_JOB, (job, tenant, owner, task, seq, later, later, json.dumps(JOB), at))
        ask(_HOLD, (hold, tenant, task, wallet, at))
        ask(_ENTRIES, (txn, f"wallet:{UUID(wallet)}", txn))
        ask(_TXN, (txn, wallet, seq, hold, task, posted, held, at))
        (told,) = ask(_STREAM, (owner,)).fetchone()
        ask(_EVENT, (owner, told, task, json.dumps(TOLD), at))
        ask("commit")
