"""Exports: a whole statement as one file, made and sent a part at a time.

Each part is read in a unit of work of its own, so a slow reader holds no connection, and a million
movements take as much memory as a thousand. What is told is fixed at the beginning: the ledger only
grows, so a stretch of its numbers never changes.
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Final

from gesso.domain.wallet.statement_wire import EntryOut, balance_out, entry_out
from gesso.domain.wallet.statements import Period, Question, lines
from gesso.domain.wallet.tables import Wallet
from gesso.infra.db import Database

PART: Final = 1000
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet read a cell as a formula (OWASP, CSV Injection)."""
_COLUMNS: Final = (
    "seq", "at", "kind", "available", "frozen", "available_after", "frozen_after", "task_id",
    "memo",
)  # fmt: skip


async def parts(
    db: Database, purse: Wallet, question: Question, told: Period
) -> AsyncIterator[list[EntryOut]]:
    """The movements of a period, the oldest first, a thousand at a time."""
    above, up_to = told.opening.seq, told.closing.seq
    while above < up_to:
        async with db.view(tenant=purse.tenant_id) as view:
            found = await lines(view, purse.id, question, above=above, up_to=up_to, limit=PART)
        if not found:
            return
        above = found[-1].seq
        yield [entry_out(line) for line in found]


async def as_csv(
    db: Database, purse: Wallet, question: Question, told: Period
) -> AsyncIterator[bytes]:
    """The statement as CSV (RFC 4180), with a line of names; amounts are plain numbers, and a memo
    is text to every spreadsheet.
    """
    yield _rows([_COLUMNS])
    async for entries in parts(db, purse, question, told):
        yield _rows([_cells(entry) for entry in entries])


async def as_json(
    db: Database, purse: Wallet, question: Question, told: Period
) -> AsyncIterator[bytes]:
    """The statement as one JSON object: `opening`, `closing` and `entries`."""
    opening, closing = (
        balance_out(each).model_dump_json().encode() for each in (told.opening, told.closing)
    )
    yield b'{"opening":' + opening + b',"closing":' + closing + b',"entries":['
    between = b""
    async for entries in parts(db, purse, question, told):
        yield between + b",".join(entry.model_dump_json().encode() for entry in entries)
        between = b","
    yield b"]}"


def harmless(memo: str | None) -> str:
    """The text as a cell that no spreadsheet computes."""
    return f"'{memo}" if memo and memo.startswith(_FORMULAS) else memo or ""


def _cells(entry: EntryOut) -> Sequence[object]:
    return (
        entry.seq, entry.at.isoformat(), entry.kind, entry.available, entry.frozen,
        entry.available_after, entry.frozen_after, entry.task_id or "", harmless(entry.memo),
    )  # fmt: skip


def _rows(rows: Sequence[Sequence[object]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
