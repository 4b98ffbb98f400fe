"""A long line before a queue: rows written in bulk, in the state that submits leave them in."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from bench.people import Owner
from bench.run import plain

QUEUE = "image"
_TASKS = """
    insert into task (id, tenant_id, owner_id, wallet_id, type, status, phase, metadata, held,
      charged, released, rev, created_at, updated_at, deadline_at)
    select {task}, tenant, owner, wallet, 'text_to_image', 'queued', 'images',
      '{{"type": "text_to_image"}}', 1000000, 0, 0, 1, {now}, {now}, {later}
    from {series} join pick on pick.n = g.n % {owners}"""
_JOBS = """
    insert into job (id, tenant_id, owner_id, task_id, phase, idx, queue, priority, turn, status,
      attempt, max_attempts, fence, due_at, deadline_at, price, provider, provider_model, metadata,
      progress, rev, created_at)
    select {job}, tenant, owner, {task}, 'images', 0, 'image', 0, g.n / {owners}, 'queued', 0, 3, 0,
      {later}, {later}, 1000000, 'studio', 'paint', '{{"model": "studio/paint"}}', 0, 1, {now}
    from {series} join pick on pick.n = g.n % {owners}"""
_PICK = "create temporary table pick (n int primary key, tenant {id}, owner {id}, wallet {id})"


def fill(url: str, owners: Sequence[Owner], count: int) -> None:
    """Put `count` tasks of one waiting job each into the queue, the owners in turn."""
    if url.startswith("sqlite"):
        _fill_sqlite(Path(url.partition("///")[2]), owners, count)
    else:
        asyncio.run(_fill_postgresql(plain(url), owners, count))


async def _fill_postgresql(url: str, owners: Sequence[Owner], count: int) -> None:
    words = {
        "task": "('01900000-0000-7000-8000-' || lpad(to_hex(g.n), 12, '0'))::uuid",
        "job": "('01900000-0000-7000-9000-' || lpad(to_hex(g.n), 12, '0'))::uuid",
        "now": "now()",
        "later": "now() + interval '1 day'",
        "series": f"generate_series(1, {count}) as g(n)",
        "owners": len(owners),
    }
    connection = await asyncpg.connect(url)
    try:
        # What the rows refer to is there; to look it up millions of times would only take time.
        await connection.execute("set session_replication_role = replica")
        await connection.execute(_PICK.format(id="uuid"))
        rows = [(n, o.tenant_id, o.id, o.wallet_id) for n, o in enumerate(owners)]
        await connection.copy_records_to_table("pick", records=rows)
        for insert in (_TASKS, _JOBS):
            await connection.execute(insert.format(**words))
        await connection.execute("vacuum analyze task")
        await connection.execute("vacuum analyze job")
    finally:
        await connection.close()


def _fill_sqlite(file: Path, owners: Sequence[Owner], count: int) -> None:
    series = "with recursive g(n) as (values (1) union all select n + 1 from g where n < {count})"
    words = {
        "task": "printf('01900000000070008000%012x', g.n)",
        "job": "printf('01900000000070009000%012x', g.n)",
        "now": "strftime('%Y-%m-%d %H:%M:%S.000000', 'now')",
        "later": "strftime('%Y-%m-%d %H:%M:%S.000000', 'now', '+1 day')",
        "series": f"({series.format(count=count)} select n from g) as g",
        "owners": len(owners),
    }
    db = sqlite3.connect(file, isolation_level=None)
    # Only while the rows are written: the server's own connections are as durable as ever.
    db.execute("pragma synchronous = off")
    db.execute(_PICK.format(id="text"))
    rows = [(n, o.tenant_id.hex, o.id.hex, o.wallet_id.hex) for n, o in enumerate(owners)]
    db.executemany("insert into pick values (?, ?, ?, ?)", rows)
    for insert in (_TASKS, _JOBS):
        db.execute(insert.format(**words))
    db.execute("analyze")
    db.execute("pragma wal_checkpoint(truncate)")
    db.close()
