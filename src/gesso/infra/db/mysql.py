"""MySQL and MariaDB, for binds beside the main database: strict, in UTC, in utf8mb4, patient only
up to a point.
"""

import asyncio
from collections.abc import Callable
from math import ceil
from typing import Any

from aiomysql import Connection
from pydantic_core import from_json
from pymysql.constants import CR
from pymysql.err import OperationalError
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gesso.infra.branches import DatabaseSettings

_RECYCLE = 1800.0
"""Seconds after which a connection is opened anew: servers close those that were long silent."""


def open_mysql(
    url: str, settings: DatabaseSettings, *, json_writer: Callable[[object], str]
) -> AsyncEngine:
    """An engine that speaks to both kinds of server in the same words.

    SQLAlchemy would give `mariadb://` other column types than `mysql://`, for the same server.
    """
    return create_async_engine(
        make_url(url).set(drivername="mysql+aiomysql"),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        pool_use_lifo=True,
        pool_recycle=_RECYCLE,
        isolation_level="READ COMMITTED",
        json_serializer=json_writer,
        json_deserializer=from_json,
        connect_args={
            "charset": "utf8mb4",
            "async_creator_fn": lambda **words: _connect(settings, words),
        },
    )


class _Patient(Connection):  # type: ignore[misc]  # aiomysql has no types
    """The driver would wait for an answer for ever."""

    patience = 0.0

    async def _read_bytes(self, num_bytes: int) -> Any:
        try:
            async with asyncio.timeout(self.patience):
                return await super()._read_bytes(num_bytes)
        except TimeoutError as error:
            self.close()
            raise OperationalError(CR.CR_SERVER_LOST, "the server does not answer") from error


async def _connect(settings: DatabaseSettings, words: dict[str, Any]) -> _Patient:
    connection = _Patient(**words)
    connection.patience = settings.connect_timeout
    try:
        async with asyncio.timeout(settings.connect_timeout):
            await connection._connect()  # noqa: SLF001  # what the driver's own `connect` calls
            await _set_up(connection, settings)
    except TimeoutError as error:
        raise OperationalError(CR.CR_CONN_HOST_ERROR, "the server does not answer") from error
    # The server ends a statement at its limit; a little later it is the server that is away.
    connection.patience = settings.statement_timeout + 1
    return connection


async def _set_up(connection: _Patient, settings: DatabaseSettings) -> None:
    limits = {
        "sql_mode": "'TRADITIONAL,ONLY_FULL_GROUP_BY'",
        "time_zone": "'+00:00'",
        "innodb_lock_wait_timeout": ceil(settings.lock_timeout),
        "lock_wait_timeout": ceil(settings.lock_timeout),
    }
    if "MariaDB" in connection.get_server_info():
        limits["max_statement_time"] = settings.statement_timeout
        limits["idle_transaction_timeout"] = ceil(settings.idle_in_transaction_timeout)
    else:
        limits["max_execution_time"] = int(settings.statement_timeout * 1000)
    assigned = ", ".join(f"{name} = {value}" for name, value in limits.items())
    await connection.query(f"set session {assigned}")
