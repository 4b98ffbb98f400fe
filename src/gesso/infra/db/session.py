"""Units of work: `view()` reads, `tx()` writes, and nothing else in gesso commits.

What a transaction wants done at its end it says while it runs: `before_commit` for work that
belongs inside (the event log is written there), `at_commit` for signals that may only leave once it
is durable.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, NewType, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from gesso.infra.branches import DatabaseSettings
from gesso.infra.db.connect import open_engine, reader, writer
from gesso.infra.db.tenancy import TenantSession, bind_session
from gesso.infra.errors import Unavailable

View = NewType("View", AsyncSession)
"""A session that may only read."""

Tx = NewType("Tx", View)
"""A session inside a writing transaction; it can be used wherever a View is enough."""

Hook = Callable[[Tx], Awaitable[None]]
Listener = Callable[[frozenset[str]], None]

_open: ContextVar[bool] = ContextVar("gesso_transaction_open", default=False)


class DatabaseAway(Unavailable):
    """The database cannot be reached or is too busy; what was being written did not happen, or is
    safe to repeat.
    """

    code = "database_unavailable"


def in_transaction() -> bool:
    """Whether the running task holds a session; the outbound HTTP client refuses to send while it
    does.
    """
    return _open.get()


def moment(view: View) -> datetime:
    """The database's time at which this unit of work began."""
    return cast(datetime, view.info["moment"])


def before_commit(tx: Tx, hook: Hook) -> None:
    """Run `hook` once at the end of this transaction, inside it;
    the same hook is never run twice.
    """
    hooks: list[Hook] = tx.info.setdefault("hooks", [])
    if hook not in hooks:
        hooks.append(hook)


def at_commit(tx: Tx, *topics: str) -> None:
    """Wake whoever listens to these topics, once this transaction is durable."""
    cast(set[str], tx.info.setdefault("topics", set())).update(topics)


def is_marked(view: View, mark: str) -> bool:
    """Whether the database of this unit of work carries the mark; see `Database.mark`."""
    return mark in cast(frozenset[str], view.info["marks"])


class Database:
    """One database: its pool, its clock and its units of work."""

    def __init__(self, url: str, settings: DatabaseSettings | None = None) -> None:
        self.url = url
        self.settings = settings or DatabaseSettings()
        self.engine: AsyncEngine = open_engine(url, self.settings)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._reader, self._writer = reader(self.engine), writer(self.engine)
        # SQLite takes one writer at a time; waiting in line here is fair, waiting in SQLite is not.
        self._turn = asyncio.Lock() if self.is_sqlite else None
        self._epoch = time.time() - time.monotonic()
        self._listeners: list[Listener] = []
        self._marks: frozenset[str] = frozenset()

    def listen(self, listener: Listener) -> None:
        """Have `listener` told the topics of every committed transaction; it must not block."""
        self._listeners.append(listener)

    def mark(self, mark: str) -> None:
        """Have every unit of work from here on carry this mark: a choice of the settings that a
        verb must know, wherever it is called from.
        """
        self._marks |= {mark}

    def now(self) -> datetime:
        """The database's time, carried forward by the monotonic clock.

        A jump of this machine's wall clock changes nothing, and no query is spent on asking.
        """
        return datetime.fromtimestamp(self._epoch + time.monotonic(), UTC)

    async def synchronise(self) -> None:
        """Read the database's clock; call at start and now and then."""
        if self.is_sqlite:
            self._epoch = time.time() - time.monotonic()
            return
        async with self.view() as view:
            there = cast(datetime, await view.scalar(text(_CLOCK[self.engine.dialect.name])))
        self._epoch = there.replace(tzinfo=UTC).timestamp() - time.monotonic()

    @asynccontextmanager
    async def view(self, *, tenant: UUID | None = None) -> AsyncIterator[View]:
        """A unit of work that reads one snapshot's worth of truth and changes nothing: of one
        tenant, which then sees nobody else's rows, or of the house, which sees all.
        """
        async with self._session(self._reader, tenant) as session:
            yield View(session)

    @asynccontextmanager
    async def tx(self, *, tenant: UUID | None = None) -> AsyncIterator[Tx]:
        """A unit of work that is durable as a whole when the block ends, or never happened; one
        tenant's, or the house's.
        """
        if self._turn is None:
            async with self._writing(tenant) as tx:
                yield tx
            return
        try:
            async with asyncio.timeout(self.settings.lock_timeout):
                await self._turn.acquire()
        except TimeoutError as error:
            raise DatabaseAway("The database is busy.") from error
        try:
            async with self._writing(tenant) as tx:
                yield tx
        finally:
            self._turn.release()

    @asynccontextmanager
    async def _writing(self, tenant: UUID | None) -> AsyncIterator[Tx]:
        async with self._session(self._writer, tenant) as session:
            tx = Tx(View(session))
            yield tx
            for hook in cast(list[Hook], tx.info.get("hooks", [])):
                await hook(tx)
            try:
                await session.commit()
            except BaseException:
                # A failed commit leaves SQLite's transaction open, and the pool would keep it so.
                await session.invalidate()
                raise
            topics = frozenset(cast(set[str], tx.info.get("topics", set())))
        if topics:
            for listener in self._listeners:
                listener(topics)

    @asynccontextmanager
    async def _session(self, bind: AsyncEngine, tenant: UUID | None) -> AsyncIterator[AsyncSession]:
        token = _open.set(True)
        kind = Session if tenant is None else TenantSession
        try:
            async with AsyncSession(
                bind, sync_session_class=kind, expire_on_commit=False, autoflush=False
            ) as session:
                if tenant is not None:
                    bind_session(session, tenant)
                session.info["moment"] = self.now()
                session.info["marks"] = self._marks
                yield session
        except PoolTimeout as error:
            raise DatabaseAway("Every database connection is in use.") from error
        except DBAPIError as error:
            if is_away(error):
                raise DatabaseAway("The database is away or too busy.") from error
            raise
        except (ConnectionError, TimeoutError) as error:
            raise DatabaseAway("The database is away.") from error
        finally:
            _open.reset(token)

    async def trouble(self) -> str | None:
        """Why nothing can be asked of it, in a few words; None when all is well."""
        try:
            async with self.view() as view:
                await view.execute(text("select 1"))
        except DatabaseAway as error:
            return error.message
        return None

    async def empty_log(self) -> None:
        """Have SQLite's write-ahead log, which holds pages as they were, emptied as far as nobody
        reads it; elsewhere nothing happens.
        """
        if not self.is_sqlite:
            return
        async with self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            await cast(Any, raw.driver_connection).execute("pragma wal_checkpoint(truncate)")

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


_CLOCK = {
    "postgresql": "select clock_timestamp() at time zone 'UTC'",
    "mysql": "select utc_timestamp(6)",
}

_AWAY_STATES = ("08", "57P", "53", "55P03", "40P01", "40001", "57014", "25006")
"""SQLSTATEs (classes or codes) that say "not now" rather than "not like this"."""

MYSQL_AWAY = frozenset(
    {
        1020, 1205, 1213, 1317, 1969, 3024,  # somebody else was first or holds it; it took too long
        1021, 1114, 1290, 1836,  # no room, or read-only
        1040, 1053, 1080, 1129, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 1927, 4031,  # full, going
        2002, 2003, 2005, 2006, 2013, 2055,  # the line to it
    }
)  # fmt: skip
"""Error numbers of MySQL and MariaDB that say the same; their SQLSTATEs are too coarse."""


def is_away(error: DBAPIError) -> bool:
    """Whether the database was away, restarting, out of room or too slow, as against a fault of
    ours.
    """
    if error.connection_invalidated:
        return True
    cause: Any = error.orig
    if type(cause).__module__ == "pymysql.err":
        return bool(cause.args) and cause.args[0] in MYSQL_AWAY
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state is not None:
        return str(state).startswith(_AWAY_STATES)
    words = str(cause)
    return isinstance(cause, OSError | TimeoutError) or any(
        sign in words
        for sign in (
            "database is locked",
            "disk is full",
            "disk I/O error",
            "unable to open",
            "is closed",
            "ConnectionDoesNotExistError",
            "connection was closed",
            "readonly database",
        )
    )
