"""What tables share: naming, column kinds, and a declarative root for each bind."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    TextClause,
    Uuid,
)
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """An instant in UTC, to the microsecond: `timestamptz` on PostgreSQL, `datetime(6)` on MySQL,
    sortable text on SQLite.
    """

    impl = DateTime(timezone=True).with_variant(DATETIME(fsp=6), "mysql")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time, which would mean another instant on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Every instant comes back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Elapsed(FunctionElement[float]):
    """The seconds to a later instant from an earlier one, good to a millisecond; for the main
    database.
    """

    name = "elapsed"
    type = Float()
    inherit_cache = True


@compiles(Elapsed, "postgresql")
def _elapsed_on_postgresql(element: Elapsed, compiler: SQLCompiler, **words: Any) -> str:
    later, earlier = [compiler.process(each, **words) for each in element.clauses]
    return f"cast(extract(epoch from {later} - {earlier}) as double precision)"


@compiles(Elapsed, "sqlite")
def _elapsed_on_sqlite(element: Elapsed, compiler: SQLCompiler, **words: Any) -> str:
    later, earlier = [compiler.process(each, **words) for each in element.clauses]
    # A day number has a noise of some 40 microseconds; what it is made of has milliseconds.
    return f"round((julianday({later}) - julianday({earlier})) * 86400.0, 3)"


QUARTER = 900
"""Seconds of a quarter of an hour."""


class QuarterOf(FunctionElement[int]):
    """In which quarter of an hour since 1970 an instant lies; for the main database. Every time
    zone's days begin with one.
    """

    name = "quarter_of"
    type = BigInteger()
    inherit_cache = True


@compiles(QuarterOf, "postgresql")
def _quarter_on_postgresql(element: QuarterOf, compiler: SQLCompiler, **words: Any) -> str:
    (at,) = [compiler.process(each, **words) for each in element.clauses]
    return f"cast(floor(extract(epoch from {at}) / {QUARTER}) as bigint)"


@compiles(QuarterOf, "sqlite")
def _quarter_on_sqlite(element: QuarterOf, compiler: SQLCompiler, **words: Any) -> str:
    (at,) = [compiler.process(each, **words) for each in element.clauses]
    # Without its fraction, which SQLite would round up into the next day.
    return f"(cast(strftime('%s', substr({at}, 1, 19)) as integer) / {QUARTER})"


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

KINDS: dict[Any, Any] = {
    int: BigInteger().with_variant(Integer(), "sqlite"),
    UUID: Uuid(),
    datetime: UtcTime(),
    dict[str, object]: JSON().with_variant(JSONB(), "postgresql"),
    list[object]: JSON().with_variant(JSONB(), "postgresql"),
}
"""Which column a Python type becomes."""

MYSQL_TABLE = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
"""How MySQL keeps a table, whatever its own defaults are: every letter is stored, and different
letters are different keys, as on the other databases.
"""


class Main(DeclarativeBase):
    """The root of the main database's tables, on SQLite or PostgreSQL."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = KINDS


class Analytics(DeclarativeBase):
    """The root of the analytics bind's tables, on any of the three kinds of database.

    A text has at most 128 characters there: without a length MySQL takes none into a key.
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {**KINDS, str: String(128)}
    __table_args__: Any = MYSQL_TABLE


def partial_index(
    name: str, *columns: Any, where: ColumnElement[bool] | TextClause, unique: bool = False
) -> Index:
    """An index of the rows that meet a condition, on either database."""
    return Index(name, *columns, unique=unique, postgresql_where=where, sqlite_where=where)
