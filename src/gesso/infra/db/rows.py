"""Many rows in one statement:
a list of values becomes a table that SQL can join, insert from or update from.

PostgreSQL takes one array a column (`unnest`), SQLite one JSON text (`json_each`). Either way the
statement's text does not depend on how many rows there are, so it is compiled and planned once.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    String,
    Table,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

Kind = TypeEngine[Any]
Upsert = postgresql.Insert | sqlite.Insert


def rowset(session: AsyncSession, **columns: tuple[Any, Sequence[object]]) -> FromClause:
    """A table named `v` with these columns, each given as (column or type, its values from top to
    bottom).
    """
    kinds = {name: _kind(like) for name, (like, _) in columns.items()}
    lists = {name: values for name, (_, values) in columns.items()}
    return _table(session, kinds, lists)


async def insert_rows(
    session: AsyncSession, entity: type[DeclarativeBase], rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows that all have the same keys, in one statement; nothing for an empty list."""
    if not rows:
        return
    table = cast(Table, entity.__table__)
    names = list(rows[0])
    kinds = {name: table.c[name].type for name in names}
    source = _table(session, kinds, {name: [row[name] for row in rows] for name in names})
    await session.execute(
        insert(table).from_select(
            names, select(*[source.c[name] for name in names]), include_defaults=False
        )
    )


def upsert(session: AsyncSession, entity: type[DeclarativeBase]) -> Upsert:
    """An INSERT of this database's own dialect, which knows ON CONFLICT."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(entity)
    return sqlite.insert(entity)


def _kind(like: Any) -> Kind:
    return cast(Kind, like if isinstance(like, TypeEngine) else like.type)


def _table(
    session: AsyncSession, kinds: Mapping[str, Kind], lists: Mapping[str, Sequence[object]]
) -> FromClause:
    if session.get_bind().dialect.name == "postgresql":
        return _unnest(kinds, lists)
    return _json_each(session, kinds, lists)


def _unnest(kinds: Mapping[str, Kind], lists: Mapping[str, Sequence[object]]) -> FromClause:
    arrays = [
        bindparam(f"v_{name}", list(lists[name]), type_=ARRAY(kind), unique=True)
        for name, kind in kinds.items()
    ]
    parts = [column(name, kind) for name, kind in kinds.items()]
    return func.unnest(*arrays).table_valued(*parts, name="v").render_derived()


def _json_each(
    session: AsyncSession, kinds: Mapping[str, Kind], lists: Mapping[str, Sequence[object]]
) -> FromClause:
    dialect = session.get_bind().dialect
    prepared = []
    for name, kind in kinds.items():
        convert = kind.dialect_impl(dialect).bind_processor(dialect)
        prepared.append([convert(v) if convert else v for v in lists[name]])
    text = json.dumps(list(zip(*prepared, strict=True)))
    each = func.json_each(bindparam("v_rows", text, type_=String(), unique=True))
    value = each.table_valued("value", name="j").c.value
    return select(
        *[
            _extract(value, place, kind).label(name)
            for place, (name, kind) in enumerate(kinds.items())
        ]
    ).subquery("v")


def _extract(value: ColumnElement[Any], place: int, kind: Kind) -> ColumnElement[Any]:
    return func.json_extract(value, literal_column(f"'$[{place}]'"), type_=kind)
