"""The baseline on PostgreSQL: pgbench doing one paid submit a transaction, in our own schema.

It writes the same rows in the same tables as one submit of ours, under the same constraints and
triggers, so that the audit of its database is clean too. It has no HTTP, no validation, no key to
look up and no Python: what it reaches is what PostgreSQL can do when each submit is a transaction.
"""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Broken, Skipped
from bench.people import Owner
from bench.run import Run, plain
from tests.house.postgres import tell

CLIENTS = 16
FINGERPRINT = "0" * 64
ORDER = {"type": "text_to_image", "tier": "standard", "priority": 0}
ORDER |= {"prompt": "a ceramic owl", "count": 1, "aspect": "square", "seed": None}
INPUT = {"prompt": "a ceramic owl", "seed": 1, "width": 768, "height": 768, "quality": "standard"}
JOB = {"model": "studio/paint", "input": INPUT, "assets": {}}
TOLD = {"type": "text_to_image", "status": "queued", "phase": "images", "rev": 1}

SCRIPT = f"""
\\set n random(1, :owners)
begin;
update wallet set held = held + 1000000, seq = wallet.seq + 1
  from bench_owner b where b.n = :n and wallet.id = b.wallet_id and posted - held >= 1000000
  returning wallet.id as wallet, owner_id as owner, wallet.tenant_id as tenant,
    wallet.seq as wallet_seq, posted, held \\gset
insert into task (id, tenant_id, owner_id, wallet_id, type, status, phase, metadata, held, charged,
    released, rev, created_at, updated_at, deadline_at)
  values (gen_random_uuid(), :tenant, :owner, :wallet, 'text_to_image', 'queued', 'images',
    '{json.dumps(ORDER)}', 1000000, 0, 0, 1, now(), now(), now() + interval '5 minutes')
  returning id as task \\gset
insert into idempotency_key (owner_id, key, fingerprint, task_id, created_at)
  values (:owner, gen_random_uuid(), '{FINGERPRINT}', :task, now()) on conflict do nothing;
insert into job (id, tenant_id, owner_id, task_id, phase, idx, queue, priority, turn, status,
    attempt, max_attempts, fence, due_at, deadline_at, price, provider, provider_model, metadata,
    progress, rev, created_at)
  values (gen_random_uuid(), :tenant, :owner, :task, 'images', 0, 'image', 0, :wallet_seq,
    'queued', 0, 3, 0, now() + interval '5 minutes', now() + interval '5 minutes', 1000000,
    'studio', 'paint', '{json.dumps(JOB)}', 0, 1, now());
insert into hold (id, tenant_id, task_id, wallet_id, phase, price_version, amount, captured,
    status, created_at)
  values (gen_random_uuid(), :tenant, :task, :wallet, 'images', 'bench', 1000000, 0, 'open', now())
  returning id as hold, gen_random_uuid() as txn \\gset
insert into ledger_entry (txn_id, account, layer, amount)
  values (:txn, 'wallet:' || :wallet, 'held', 1000000),
    (:txn, E'sys\\x3arevenue', 'held', -1000000);
insert into ledger_txn (id, kind, wallet_id, seq, hold_id, task_id, posted_after, held_after, at)
  values (:txn, 'freeze', :wallet, :wallet_seq, :hold, :task, :posted, :held, now());
update stream set seq = seq + 1 where id = :owner returning seq as told \\gset
insert into event (stream_id, seq, type, task_id, data, at)
  values (:owner, :told, 'task.queued', :task, '{json.dumps(TOLD)}', now());
end;
"""
_RATE = re.compile(r"tps = ([0-9.]+)")
_DONE = re.compile(r"number of transactions actually processed: (\d+)")


@dataclass(frozen=True, slots=True)
class Leg:
    """What one run of pgbench came to."""

    rate: float
    done: int


class Pgbench:
    """pgbench on one database, ready to run."""

    def __init__(self, run: Run, url: str, owners: Sequence[Owner]) -> None:
        if run.programs is None or not (run.programs / "pgbench").exists():
            raise Skipped("pgbench is not installed")
        self._program = run.programs / "pgbench"
        self.url, self._count = url, len(owners)
        self._script: Path = run.new_folder("pgbench") / "submit.sql"
        self._script.write_text(SCRIPT)
        rows = ", ".join(f"({n}, '{owner.wallet_id}')" for n, owner in enumerate(owners, 1))
        tell(
            plain(url),
            "create table bench_owner (n int primary key, wallet_id uuid not null)",
            f"insert into bench_owner values {rows}",
            "analyze",
        )

    def leg(self, seconds: float, *, owners: int | None = None) -> Leg:
        """Submit for so long, for the first `owners` of the database's owners."""
        command = [
            str(self._program), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2",
            "-T", str(max(1, round(seconds))), "-D", f"owners={owners or self._count}",
            "-f", str(self._script), plain(self.url),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        rate, count = _RATE.search(done.stdout), _DONE.search(done.stdout)
        if done.returncode or rate is None or count is None:
            raise Broken(f"pgbench failed: {done.stderr[:500]}")
        return Leg(float(rate[1]), int(count[1]))
