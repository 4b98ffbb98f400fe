"""Redeem codes: made in batches by operators, worth credits once to each person.

A code's row is locked before the wallet, so of many who come at once exactly as many get something
as it has uses. Codes that nobody made are counted under a lock of whoever presents them, so that
guesses are evaluated one by one and at most so many an hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import case, delete, func, select, update

from gesso.domain.identity import Caller
from gesso.domain.wallet.balance import lock_owners
from gesso.domain.wallet.code_tables import CodeBatch, CodeGuess, RedeemCode, Redemption
from gesso.domain.wallet.code_text import digest_of, new_code
from gesso.domain.wallet.errors import (
    BadAmount,
    BadExpiry,
    CodeSpent,
    NoSuchBatch,
    NoSuchCode,
    TooManyGuesses,
)
from gesso.domain.wallet.service import grant
from gesso.domain.wallet.tables import LedgerTxn
from gesso.infra.db import Tx, View, insert_rows, moment, upsert
from gesso.infra.errors import Conflict, GessoError, Invalid, NotFound
from gesso.kit.ids import new_id
from gesso.kit.money import LARGEST

GUESSES_OF_USER: Final = 10
GUESSES_OF_ADDRESS: Final = 100
WINDOW: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """Codes about to be made. Micro-credits."""

    name: str
    amount: int
    count: int
    max_uses: int = 1
    expires_at: datetime | None = None
    lasts_days: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a code gave, until when, and whether it did so now or before under the same key."""

    amount: int
    expires_at: datetime | None
    is_new: bool


async def make_batch(
    tx: Tx, tenant_id: UUID, new: NewBatch, *, created_by: UUID | None
) -> tuple[CodeBatch, list[str]]:
    """Make codes, which are shown now and never again; Conflict where the key has made some."""
    if not 0 < new.amount <= LARGEST:
        raise BadAmount("A code is worth more than nothing and at most a milliard credits.")
    if new.expires_at is not None and new.expires_at <= moment(tx):
        raise BadExpiry("These codes would be over already.")
    known = select(CodeBatch.id).where(CodeBatch.tenant_id == tenant_id, CodeBatch.key == new.key)
    if new.key is not None and await tx.scalar(known) is not None:
        raise Conflict("This key has made its codes; they cannot be shown again.")
    batch = CodeBatch(
        id=new_id(), tenant_id=tenant_id, name=new.name, amount=new.amount, count=new.count,
        max_uses=new.max_uses, expires_at=new.expires_at, lasts_days=new.lasts_days,
        status="active", key=new.key, created_by=created_by, created_at=moment(tx),
    )  # fmt: skip
    tx.add(batch)
    await tx.flush()
    codes = [new_code() for _ in range(new.count)]
    rows = [
        {
            "id": new_id(), "tenant_id": tenant_id, "batch_id": batch.id,
            "digest": digest_of(code), "uses": 0, "max_uses": new.max_uses,
        }
        for code in codes
    ]  # fmt: skip
    await insert_rows(tx, RedeemCode, rows)
    return batch, codes


async def batches(
    view: View, tenant_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[tuple[CodeBatch, int]]:
    """A tenant's batches, each with how often its codes were redeemed, the newest first."""
    uses = func.coalesce(func.sum(RedeemCode.uses), 0)
    query = (
        select(CodeBatch, uses)
        .join(RedeemCode, RedeemCode.batch_id == CodeBatch.id)
        .where(CodeBatch.tenant_id == tenant_id)
        .group_by(CodeBatch.id)
        .order_by(CodeBatch.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(CodeBatch.id < after)
    return [(batch, int(count)) for batch, count in await view.execute(query)]


async def disable(tx: Tx, tenant_id: UUID, batch_id: UUID) -> None:
    """Let nobody redeem a code of this batch from now on; a second call changes nothing."""
    ended = (
        update(CodeBatch)
        .where(CodeBatch.id == batch_id, CodeBatch.tenant_id == tenant_id)
        .values(status="disabled")
        .returning(CodeBatch.id)
        .execution_options(synchronize_session=False)
    )
    if await tx.scalar(ended) is None:
        raise NoSuchBatch("There is no such batch.")


async def redeem(
    tx: Tx, caller: Caller, text: str, *, key: str | None, address: str | None
) -> Redeemed | GessoError:
    """Turn a code into credits of the caller's own wallet, once for each person.

    A refusal is an answer and no error, for a guess must be written down to count.
    """
    digest = digest_of(text)
    if digest is None:
        return NoSuchCode("This is no code; was it typed wrong?")
    subjects = [f"user:{caller.user_id}", *([f"ip:{address}"] if address else [])]
    if (refusal := await _count(tx, subjects)) is not None:
        return refusal
    query = (
        select(RedeemCode, CodeBatch)
        .join(CodeBatch, CodeBatch.id == RedeemCode.batch_id)
        .where(RedeemCode.digest == digest, RedeemCode.tenant_id == caller.tenant_id)
        .with_for_update(of=RedeemCode)
        .execution_options(populate_existing=True)
    )
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        return NoSuchCode("There is no such code.")
    await _uncount(tx, subjects)
    return await _use(tx, caller, *found, key=key)


async def _use(
    tx: Tx, caller: Caller, code: RedeemCode, batch: CodeBatch, *, key: str | None
) -> Redeemed | GessoError:
    """Grant what a genuine, locked code is worth, if it still is."""
    balance = (await lock_owners(tx, [caller.user_id])).get(caller.user_id)
    if balance is None:
        return NotFound("There is no such wallet.")
    if (before := await _before(tx, caller, code, batch, key=key)) is not None:
        return before
    if (reason := _spent(tx, code, batch)) is not None:
        return CodeSpent("This code gives nothing any more.", reason=reason)
    code.uses += 1
    expires_at = moment(tx) + timedelta(days=batch.lasts_days) if batch.lasts_days else None
    reference = f"code:{code.id}:{caller.user_id}"
    await grant(
        tx, balance.wallet_id, batch.amount,
        reference=reference, memo=f"code: {batch.name}", expires_at=expires_at,
    )  # fmt: skip
    txn_id = await tx.scalar(select(LedgerTxn.id).where(LedgerTxn.reference == reference))
    tx.add(
        Redemption(
            code_id=code.id, user_id=caller.user_id, tenant_id=caller.tenant_id,
            txn_id=txn_id, key=key, created_at=moment(tx),
        )
    )  # fmt: skip
    await tx.flush()
    return Redeemed(batch.amount, expires_at, is_new=True)


def _spent(tx: Tx, code: RedeemCode, batch: CodeBatch) -> str | None:
    """Why a code gives nothing; None where it gives."""
    if batch.status != "active":
        return "disabled"
    if batch.expires_at is not None and batch.expires_at <= moment(tx):
        return "over"
    return "used_up" if code.uses >= code.max_uses else None


async def _before(
    tx: Tx, caller: Caller, code: RedeemCode, batch: CodeBatch, *, key: str | None
) -> Redeemed | GessoError | None:
    """What became of this before: of the code by the same person, or of the key."""
    mine = select(Redemption).where(Redemption.user_id == caller.user_id)
    used = await tx.scalar(mine.where(Redemption.key == key)) if key else None
    if used is not None and used.code_id != code.id:
        return Invalid(
            "This idempotency key was used for another code.", code="idempotency_key_reused"
        )
    if used is None and await tx.scalar(mine.where(Redemption.code_id == code.id)) is not None:
        return CodeSpent("You have redeemed this code before.", reason="redeemed_before")
    if used is None:
        return None
    days = batch.lasts_days
    return Redeemed(
        batch.amount, used.created_at + timedelta(days=days) if days else None, is_new=False
    )


async def _count(tx: Tx, subjects: Sequence[str]) -> TooManyGuesses | None:
    """Count a guess for each of these, which are locked from here on; refuse one too many."""
    now = moment(tx)
    for subject in sorted(subjects):
        counting = upsert(tx, CodeGuess).values(subject=subject, since=now, count=1)
        counting = counting.on_conflict_do_update(
            index_elements=["subject"],
            set_={
                "count": case((CodeGuess.since < now - WINDOW, 1), else_=CodeGuess.count + 1),
                "since": case((CodeGuess.since < now - WINDOW, now), else_=CodeGuess.since),
            },
        )
        row = (await tx.execute(counting.returning(CodeGuess.count, CodeGuess.since))).one()
        count, since = row
        most = GUESSES_OF_USER if subject.startswith("user:") else GUESSES_OF_ADDRESS
        if count > most:
            await _uncount(tx, [each for each in sorted(subjects) if each <= subject])
            refusal = TooManyGuesses("Too many codes that nobody made; try again later.")
            refusal.retry_after = max(1, int((since + WINDOW - now).total_seconds()) + 1)
            return refusal
    return None


async def _uncount(tx: Tx, subjects: Sequence[str]) -> None:
    """Take a guess back that was none, or was not evaluated."""
    await tx.execute(
        update(CodeGuess)
        .where(CodeGuess.subject.in_(list(subjects)), CodeGuess.count > 0)
        .values(count=CodeGuess.count - 1)
        .execution_options(synchronize_session=False)
    )


async def forget_guesses(tx: Tx, *, room: int) -> int:
    """Forget at most `room` counts whose hour is over; how many there were."""
    old = select(CodeGuess.subject).where(CodeGuess.since < moment(tx) - WINDOW).limit(room)
    gone = delete(CodeGuess).where(CodeGuess.subject.in_(old)).returning(CodeGuess.subject)
    return len((await tx.execute(gone.execution_options(synchronize_session=False))).all())
