"""Many rows in one statement: lists of values become a table to join, insert or update from.

PostgreSQL takes one array a column (`unnest`), SQLite one JSON text (`json_each`). Either way the
statement's text does not depend on how many rows there are, so it is compiled and planned once.
MySQL, which keeps no hot path, takes plain inserts of many rows, and none of the rest.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Dialect,
    Float,
    FromClause,
    String,
    Table,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

from gesso.infra.db.tenancy import check_rows

Kind = TypeEngine[Any]
Kinds = Mapping[str, Kind]
Lists = Mapping[str, Sequence[object]]
Upsert = postgresql.Insert | sqlite.Insert


def rowset(session: AsyncSession, **columns: tuple[Any, Sequence[object]]) -> FromClause:
    """A table named `v` with these columns, each as (column or type, its values downwards)."""
    dialect = session.get_bind().dialect
    kinds = {name: _kind(like) for name, (like, _) in columns.items()}
    lists = {name: values for name, (_, values) in columns.items()}
    return _table(dialect, kinds, _filled(dialect, kinds, lists))


def upsert(session: AsyncSession, entity: type[DeclarativeBase]) -> Upsert:
    """An INSERT of this database's own dialect, which knows ON CONFLICT."""
    return _insert(session.get_bind().dialect, entity)


class Over:
    """A statement over many rows, compiled once for each kind of database and then only filled in.

    For the hot paths: building and looking up a statement costs several times what sending it does.
    `build` makes the statement from the table `v` and an INSERT of the dialect's own; `returning`
    are the columns that come back, as the statement names them.
    """

    def __init__(
        self,
        build: Callable[[FromClause, Callable[[type[DeclarativeBase]], Upsert]], Any],
        *,
        returning: Sequence[Any] = (),
        **columns: Any,
    ) -> None:
        self._build, self._returning, self._columns = build, returning, columns
        self._forms: dict[str, _Form] = {}

    async def __call__(self, session: AsyncSession, **lists: Sequence[object]) -> list[Any]:
        """Run it over these values, one list a column; the rows that come back, as plain tuples."""
        dialect = session.get_bind().dialect
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = self._compile(dialect)
        connection = await session.connection()
        result = await connection.exec_driver_sql(form.text, form.fill(lists))
        return form.read(result) if self._returning else []

    def _compile(self, dialect: Dialect) -> "_Form":
        kinds = {name: _kind(like) for name, like in self._columns.items()}
        v = _table(dialect, kinds, None)
        statement = self._build(v, lambda entity: _insert(dialect, entity))
        compiled = statement.compile(dialect=dialect)
        return _Form(dialect, kinds, compiled, [_kind(like) for like in self._returning])


class _Form:
    """One statement as one kind of database takes it."""

    def __init__(
        self, dialect: Dialect, kinds: Kinds, compiled: Compiled, returned: Sequence[Kind]
    ) -> None:
        self.text = str(compiled)
        self._dialect, self._kinds, self._returned = dialect, kinds, returned
        self._order: Sequence[str] = cast(Any, compiled).positiontup
        self._fixed = _bound(dialect, compiled)

    def fill(self, lists: Lists) -> tuple[Any, ...]:
        """The parameters in the order of the text."""
        filled = {**self._fixed, **_filled(self._dialect, self._kinds, lists)}
        if self._dialect.name == "postgresql":
            filled |= {f"v_{name}": self._array(name, lists[name]) for name in self._kinds}
        return tuple([filled[name] for name in self._order])

    def read(self, result: Any) -> list[Any]:
        """The rows with every value as Python means it."""
        readers = self._readers
        return [
            tuple([read(cell) if read else cell for read, cell in zip(readers, row, strict=True)])
            for row in result
        ]

    def _array(self, name: str, values: Sequence[object]) -> Sequence[object]:
        write = self._writers[name]
        return [write(value) for value in values] if write else values

    @cached_property
    def _writers(self) -> Mapping[str, Callable[[Any], Any] | None]:
        return {name: _writer(self._dialect, kind) for name, kind in self._kinds.items()}

    @cached_property
    def _readers(self) -> Sequence[Callable[[Any], Any] | None]:
        # A float is a float in every driver; PostgreSQL's type would want to know the column's.
        return [None if isinstance(kind, Float) else self._reader(kind) for kind in self._returned]

    def _reader(self, kind: Kind) -> Callable[[Any], Any] | None:
        return kind.dialect_impl(self._dialect).result_processor(self._dialect, None)


async def insert_rows(
    session: AsyncSession, entity: type[DeclarativeBase], rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows that all have the same keys, in one statement; nothing for an empty list."""
    if rows and session.get_bind().dialect.name == "mysql":
        await session.execute(insert(cast(Table, entity.__table__)), rows)
    elif rows:
        names = tuple(rows[0])
        lists = {name: [row[name] for row in rows] for name in names}
        check_rows(session, lists)
        await _inserter(entity, names)(session, **lists)


@lru_cache(maxsize=256)
def _inserter(entity: type[DeclarativeBase], names: tuple[str, ...]) -> Over:
    table = cast(Table, entity.__table__)

    def build(v: FromClause, _: object) -> Any:
        source = select(*[v.c[name] for name in names]).where(true())
        return insert(table).from_select(list(names), source, include_defaults=False)

    columns: dict[str, Any] = {name: table.c[name] for name in names}
    return Over(build, **columns)


def _insert(dialect: Dialect, entity: type[DeclarativeBase]) -> Upsert:
    if dialect.name == "postgresql":
        return postgresql.insert(entity)
    return sqlite.insert(entity)


def _kind(like: Any) -> Kind:
    kind = like if isinstance(like, TypeEngine) else like.type
    # A cast to a text with a length cuts in silence; storing one that is too long is an error.
    return String() if type(kind) is String else cast(Kind, kind)


def _table(dialect: Dialect, kinds: Kinds, values: Mapping[str, Any] | None) -> FromClause:
    if dialect.name == "postgresql":
        return _unnest(kinds, values)
    return _json_each(kinds, values)


def _bindparam(name: str, values: Mapping[str, Any] | None, kind: Any) -> Any:
    if values is None:
        return bindparam(name, type_=kind)
    return bindparam(name, values[name], type_=kind, unique=True)


def _unnest(kinds: Kinds, values: Mapping[str, Any] | None) -> FromClause:
    # One dimension: a value that is a list itself, as JSON may be, is one value.
    arrays = [
        _bindparam(f"v_{name}", values, ARRAY(kind, dimensions=1)) for name, kind in kinds.items()
    ]
    parts = [column(name, kind) for name, kind in kinds.items()]
    return func.unnest(*arrays).table_valued(*parts, name="v").render_derived()


def _json_each(kinds: Kinds, values: Mapping[str, Any] | None) -> FromClause:
    each = func.json_each(_bindparam("v_rows", values, String()))
    value = each.table_valued("value", name="j").c.value
    cells = [
        _extract(value, place, kind).label(name) for place, (name, kind) in enumerate(kinds.items())
    ]
    return select(*cells).subquery("v")


def _extract(value: ColumnElement[Any], place: int, kind: Kind) -> ColumnElement[Any]:
    return func.json_extract(value, literal_column(f"'$[{place}]'"), type_=kind)


def _filled(dialect: Dialect, kinds: Kinds, lists: Lists) -> dict[str, Any]:
    """The values under the names of their parameters; SQLite's are one text of all rows."""
    if dialect.name == "postgresql":
        return {f"v_{name}": list(lists[name]) for name in kinds}
    prepared = []
    for name, kind in kinds.items():
        write = _writer(dialect, kind)
        prepared.append([write(value) for value in lists[name]] if write else lists[name])
    return {"v_rows": json.dumps(list(zip(*prepared, strict=True)))}


def _writer(dialect: Dialect, kind: Kind) -> Callable[[Any], Any] | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _bound(dialect: Dialect, compiled: Compiled) -> dict[str, Any]:
    """The parameters that the statement itself brings along, as the driver takes them."""
    bound = {}
    for name, value in compiled.params.items():
        if name.startswith("v_"):
            continue
        write = _writer(dialect, cast(Any, compiled).binds[name].type)
        bound[name] = write(value) if write else value
    return bound
