"""Connections: how each kind of database is opened so that nothing waits forever and nothing
durable is lost.
"""

import sqlite3
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gesso.infra.branches import DatabaseSettings
from gesso.infra.settings import SettingsError

_WRITES = "gesso_writes"


def open_engine(url: str, settings: DatabaseSettings) -> AsyncEngine:
    """An engine whose pool, connections, statements and locks all have an end to their patience;
    SettingsError when its driver is not installed.
    """
    kind = make_url(url).get_backend_name()
    try:
        if kind == "sqlite":
            return _sqlite(url, settings)
        if kind == "postgresql":
            return _postgresql(url, settings)
        # late: its driver comes with an extra, and only binds on MySQL need it
        from gesso.infra.db.mysql import open_mysql
    except ModuleNotFoundError as missing:
        extra = "postgres" if kind == "postgresql" else "mysql"
        raise SettingsError(
            f"{kind} needs a driver that is not installed: pip install 'gesso[{extra}]'"
        ) from missing
    return open_mysql(url, settings, json_writer=json_text)


def reader(engine: AsyncEngine) -> AsyncEngine:
    """The engine for units of work that only read."""
    return engine.execution_options(**{_WRITES: False})


def writer(engine: AsyncEngine) -> AsyncEngine:
    """The engine for units of work that write."""
    return engine.execution_options(**{_WRITES: True})


def _sqlite(url: str, settings: DatabaseSettings) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        connect_args={"timeout": settings.lock_timeout},
        json_serializer=json_text,
        json_deserializer=from_json,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # SQLAlchemy begins; the driver must not begin on its own account.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",
            "secure_delete = ON",  # what is deleted is overwritten, not only unlinked
            f"busy_timeout = {int(settings.lock_timeout * 1000)}",
            "cache_size = -16384",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that upgrades from a read lock can deadlock; one that announces itself cannot.
        writes = connection.get_execution_options().get(_WRITES, True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: str, settings: DatabaseSettings) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=0,  # connections over the size would be opened and closed again at every burst
        pool_timeout=settings.pool_timeout,
        pool_use_lifo=True,
        json_serializer=json_text,
        json_deserializer=from_json,
        connect_args={
            "timeout": settings.connect_timeout,
            "command_timeout": settings.statement_timeout + 1,
            "server_settings": {
                "application_name": "gesso",
                "jit": "off",
                "timezone": "UTC",
                "statement_timeout": str(int(settings.statement_timeout * 1000)),
                "lock_timeout": str(int(settings.lock_timeout * 1000)),
                "idle_in_transaction_session_timeout": str(
                    int(settings.idle_in_transaction_timeout * 1000)
                ),
            },
        },
    )

    @event.listens_for(engine.sync_engine, "handle_error")
    def condemn(context: ExceptionContext) -> None:
        # The server gives a statement up a second before the driver does. Where only the driver
        # did, the line is silent, and so is every other of its age: one wait is enough for all.
        if context.connection is not None and isinstance(context.original_exception, TimeoutError):
            context.is_disconnect = context.invalidate_pool_on_disconnect = True

    return engine


def json_text(value: object) -> str:
    """JSON as compact text; Pydantic's writer is several times as fast as the standard one."""
    return to_json(value).decode()


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite library that Python carries; 3.35 is the least that works
    (RETURNING).
    """
    return sqlite3.sqlite_version_info
