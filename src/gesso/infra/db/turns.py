"""Turns: a thing that only one transaction at a time may do; others pass over it, or wait."""

from sqlalchemy import text

from gesso.infra.db.session import Tx

_WAIT = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
_TAKE = text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


async def sole(tx: Tx, name: str) -> bool:
    """Whether no other transaction does what is called `name`; until this one ends, none can.

    SQLite has one writer at a time anyhow.
    """
    if tx.get_bind().dialect.name != "postgresql":
        return True
    return bool(await tx.scalar(_TAKE, {"name": name}))


async def turn(tx: Tx, name: str) -> None:
    """Wait until no other transaction does what is called `name`; until this one ends, others wait.

    It is waited for as long as for a row.
    """
    if tx.get_bind().dialect.name == "postgresql":
        await tx.execute(_WAIT, {"name": name})
