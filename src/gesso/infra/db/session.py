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

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gesso.infra.db.connect import open_engine, reader, writer
from gesso.infra.errors import Unavailable
from gesso.infra.settings import DatabaseSettings

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

    def listen(self, listener: Listener) -> None:
        """Have `listener` told the topics of every committed transaction; it must not block."""
        self._listeners.append(listener)

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
            there = cast(datetime, await view.scalar(text("select clock_timestamp()")))
        self._epoch = there.timestamp() - time.monotonic()

    @asynccontextmanager
    async def view(self) -> AsyncIterator[View]:
        """A unit of work that reads one snapshot's worth of truth and changes nothing."""
        async with self._session(self._reader) as session:
            yield View(session)

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        """A unit of work that is durable as a whole when the block ends, or never happened."""
        if self._turn is None:
            async with self._writing() as tx:
                yield tx
            return
        try:
            async with asyncio.timeout(self.settings.lock_timeout):
                await self._turn.acquire()
        except TimeoutError as error:
            raise DatabaseAway("The database is busy.") from error
        try:
            async with self._writing() as tx:
                yield tx
        finally:
            self._turn.release()

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Tx]:
        async with self._session(self._writer) as session:
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
    async def _session(self, bind: AsyncEngine) -> AsyncIterator[AsyncSession]:
        token = _open.set(True)
        try:
            async with AsyncSession(bind, expire_on_commit=False, autoflush=False) as session:
                session.info["moment"] = self.now()
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

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


_AWAY_STATES = ("08", "57P", "53", "55P03", "40P01", "40001", "57014", "25006")
"""SQLSTATEs (classes or codes) that say "not now" rather than "not like this"."""


def is_away(error: DBAPIError) -> bool:
    """Whether the database was away, restarting, out of room or too slow, as against a fault of
    ours.
    """
    if error.connection_invalidated:
        return True
    cause: Any = error.orig
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
