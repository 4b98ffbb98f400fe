"""Statements: what a period began with and its movements come to what it ended with, always."""

import csv
import io
import json
import random
import re
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

import pytest
from sqlalchemy import event, text

from gesso.app.accounts import open_account
from gesso.domain import wallet
from gesso.domain.wallet import LedgerTxn, exports, statements
from gesso.domain.wallet.statements import Question
from gesso.infra.db import Database, insert_rows
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT

START = datetime(2026, 3, 1, tzinfo=UTC)
KINDS = ("grant", "adjust", "loss")


@dataclass
class Book:
    """A wallet whose movements are known, oldest first: when, how much, what kind."""

    db: Database
    purse: wallet.Wallet
    moves: list[tuple[datetime, int, str]]


@pytest.fixture
async def book(database_url: str) -> AsyncIterator[Book]:
    """Movements over twenty days, some of them out of order by up to four minutes, as by
    transactions that waited for the wallet.
    """
    db = Database(database_url)
    async with db.tx() as tx:
        user = await open_account(tx, "anna@example.org")
        purse = await wallet.of_owner(tx, user.id)
    yield await filled(db, purse, 400)
    await db.close()


async def filled(db: Database, purse: wallet.Wallet, number: int, *, memo: str = "m") -> Book:
    dice, at, moves = random.Random(7), START, []
    for _ in range(number):
        at += timedelta(seconds=dice.choice([0, 1, 60, 4000, 20_000]))
        late = timedelta(seconds=dice.choice([0, 0, 1, 240]))
        moves.append((at - late, dice.randrange(1, 9) * CREDIT, dice.choice(KINDS)))
    after = accumulate(amount for _, amount, _ in moves)
    rows = [
        {
            "id": new_id(), "kind": kind, "wallet_id": purse.id, "seq": seq, "memo": memo,
            "posted_after": total, "held_after": 0, "at": moment,
        }
        for seq, ((moment, _, kind), total) in enumerate(zip(moves, after, strict=True), 1)
    ]  # fmt: skip
    async with db.tx() as tx:
        for start in range(0, number, 1000):
            await insert_rows(tx, LedgerTxn, rows[start : start + 1000])
    return Book(db, purse, moves)


async def test_at_any_instant_the_movements_come_to_the_balance(book: Book) -> None:
    dice = random.Random(11)
    instants = sorted(START + timedelta(seconds=dice.randrange(3_000_000)) for _ in range(40))
    instants += [book.moves[dice.randrange(400)][0] for _ in range(20)]  # exactly then
    closing_before = 0
    async with book.db.view() as view:
        for until in sorted(instants):
            asked = Question(until=until)
            told = await statements.period(view, book.purse.id, asked)
            found = await statements.lines(
                view, book.purse.id, asked, above=0, up_to=told.closing.seq, limit=999
            )
            assert sum(line.posted for line in found) == told.closing.posted
            # Whatever happened before is in it, and nothing that came more than a wait after it.
            happened = [seq for seq, move in enumerate(book.moves, 1) if move[0] < until]
            assert told.closing.seq == max(happened, default=0) >= closing_before
            closing_before = told.closing.seq


async def test_periods_follow_on_one_another(book: Book) -> None:
    edges = [START + timedelta(days=day, hours=day) for day in range(0, 60, 4)]
    async with book.db.view() as view:
        whole = await statements.period(view, book.purse.id, Question())
        told = [
            await statements.period(view, book.purse.id, Question(since=since, until=until))
            for since, until in zip([None, *edges], [*edges, None], strict=True)
        ]
        for before, after in pairwise(told):
            assert before.closing == after.opening
        assert (told[0].opening.seq, told[-1].closing) == (0, whole.closing)
        for each in told:
            span: Any = {"above": each.opening.seq, "up_to": each.closing.seq}
            sums = await statements.sums(view, book.purse.id, Question(), **span)
            moved = sum(of_kind.posted for of_kind in sums)
            assert each.opening.posted + moved == each.closing.posted


async def test_filters_leave_the_amounts_as_they_are(book: Book) -> None:
    span: Any = {"above": 0, "up_to": 400}
    async with book.db.view() as view:
        for kind in KINDS:
            asked = Question(kinds=(kind,))
            found = await statements.lines(view, book.purse.id, asked, **span, limit=999)
            wanted = [amount for _, amount, of_kind in book.moves if of_kind == kind]
            assert [line.posted for line in found] == wanted
        by_task = Question(task_id=new_id())
        assert await statements.lines(view, book.purse.id, by_task, **span, limit=9) == []


async def test_a_series_tells_what_a_statement_of_the_day_tells(book: Book) -> None:
    first = START.date()
    days = [first + timedelta(days=day) for day in range(45)]
    async with book.db.view() as view:
        told = await statements.series(view, book.purse.id, days)
        for day in told:
            since = datetime.combine(day.day, datetime.min.time(), UTC)
            asked = Question(since=since, until=since + timedelta(days=1))
            period = await statements.period(view, book.purse.id, asked)
            assert (day.opening, day.closing) == (period.opening, period.closing)
    assert len({day.closing for day in told}) > 20


async def test_no_statement_reads_the_whole_ledger(book: Book) -> None:
    """By the plans of the statements themselves, with the figures that they were sent with."""
    sent: list[tuple[str, Any]] = []

    def note(*facts: Any) -> None:
        sent.append((facts[2], facts[3]))

    since, task = START + timedelta(days=3), Question(task_id=new_id())
    span: Any = {"above": 0, "up_to": 400, "limit": 9}
    event.listen(book.db.engine.sync_engine, "before_cursor_execute", note)
    async with book.db.view() as view:
        await statements.last_before(view, book.purse.id, since)
        await statements.series(view, book.purse.id, [since.date()])
        await statements.lines(view, book.purse.id, Question(kinds=("grant",)), **span)
        await statements.lines(view, book.purse.id, task, **span)
    event.remove(book.db.engine.sync_engine, "before_cursor_execute", note)
    asked = [(words, values) for words, values in sent if "ledger_txn" in words]
    wanted = [
        "ix_ledger_txn_at", "ix_ledger_txn_at", "ix_ledger_txn_at", "ix_ledger_txn_at",
        "ix_ledger_txn_at", "(wallet_id|uq_ledger_txn_wallet_id_seq|autoindex)",
        "ix_ledger_txn_rare", "ix_ledger_txn_task",
    ]  # fmt: skip
    assert len(asked) == len(wanted)
    async with book.db.view() as view:
        connection = await view.connection()
        start = "explain query plan " if book.db.is_sqlite else "explain "
        if not book.db.is_sqlite:
            await view.execute(text("set local enable_seqscan = off"))  # the table is small
        for (words, values), index in zip(asked, wanted, strict=True):
            plan = str((await connection.exec_driver_sql(start + words, values)).all())
            assert re.search(index, plan), (words, plan)


async def test_an_export_tells_every_movement_once(book: Book) -> None:
    async with book.db.view() as view:
        told = await statements.period(view, book.purse.id, Question())
    made = b"".join([part async for part in exports.as_csv(book.db, book.purse, Question(), told)])
    rows = list(csv.DictReader(io.StringIO(made.decode())))
    assert [int(row["seq"]) for row in rows] == list(range(1, 401))
    assert sum(int(row["available"]) for row in rows) * CREDIT == told.closing.posted
    made = b"".join([part async for part in exports.as_json(book.db, book.purse, Question(), told)])
    whole = json.loads(made)
    assert [entry["seq"] for entry in whole["entries"]] == list(range(1, 401))
    assert whole["closing"]["total"] == rows[-1]["available_after"]


@pytest.mark.parametrize(
    ("memo", "cell"),
    [
        ("=1+1", "'=1+1"), ("+49", "'+49"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), ('a,"b"\n=c', 'a,"b"\n=c'),
        ("welcome", "welcome"), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_no_spreadsheet_computes_a_memo(memo: str | None, cell: str) -> None:
    assert exports.harmless(memo) == cell


async def test_a_long_statement_takes_no_more_memory_than_a_short_one(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    async with db.tx() as tx:
        user = await open_account(tx, "anna@example.org")
        purse = await wallet.of_owner(tx, user.id)
    await filled(db, purse, 15_000)
    async with db.view() as view:
        told = await statements.period(view, purse.id, Question())

    async def peak(up_to: int) -> tuple[int, int]:
        """Bytes of the export, and the most that it held at once."""
        part = statements.Period(told.opening, statements.Standing(up_to, 0, 0))
        tracemalloc.reset_peak()
        made = exports.as_json(db, purse, Question(), part)
        written = sum([len(chunk) async for chunk in made])
        return written, tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    await peak(1000)
    short, held_for_short = await peak(2000)
    long, held_for_long = await peak(15_000)
    tracemalloc.stop()
    await db.close()
    assert long > 7 * short
    assert held_for_long < 1.2 * held_for_short
