"""Lists: at most a hundred items at a time, and an opaque cursor to the next ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from gesso.infra.web.errors import InvalidCursor
from gesso.kit.cursor import BadCursor, decode_cursor, encode_cursor

T = TypeVar("T")
Row = TypeVar("Row")
Part = str | int | UUID | datetime
_INT64 = range(-(2**63), 2**63)


class Page(BaseModel, Generic[T]):
    """A part of a list; the next part is behind `next_cursor`, which is null at the end."""

    items: list[T]
    next_cursor: str | None = Field(description="Hand it back as `cursor` for the next items.")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The part of a list that a client asks for."""

    limit: int
    cursor: str | None

    def after(self, *shape: type[Part]) -> tuple[Any, ...] | None:
        """The key behind which to begin, of exactly these types; InvalidCursor for nonsense."""
        if self.cursor is None:
            return None
        stored = [kind if kind in {str, int} else str for kind in shape]
        try:
            key = decode_cursor(self.cursor, *stored)
            return tuple(_revive(part, kind) for part, kind in zip(key, shape, strict=True))
        except (BadCursor, ValueError) as error:
            raise InvalidCursor("The cursor is not one of this list.") from error

    def cut(
        self, rows: Sequence[Row], key: Callable[[Row], tuple[Part, ...]]
    ) -> tuple[Sequence[Row], str | None]:
        """The rows of this page, and the cursor behind them if more than `limit` were fetched."""
        if len(rows) <= self.limit:
            return rows, None
        kept = rows[: self.limit]
        return kept, encode_cursor(*(_flatten(part) for part in key(kept[-1])))


def _page(
    limit: Annotated[int, Query(ge=1, le=100, description="How many items at most.")] = 20,
    cursor: Annotated[
        str | None, Query(max_length=512, description="`next_cursor` of the page before.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


PageDep = Annotated[PageRequest, Depends(_page)]
"""`?limit&cursor` of a list."""


def _flatten(part: Part) -> str | int:
    if isinstance(part, datetime):
        return part.astimezone(UTC).isoformat()
    return str(part) if isinstance(part, UUID) else part


def _revive(part: str | int, kind: type[Part]) -> Part:
    """The part as the database takes it; ValueError for what no database takes."""
    if isinstance(part, int):
        if part not in _INT64:
            raise ValueError("an integer out of range")
        return part
    if kind is UUID:
        return UUID(part)
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("an instant out of range") from error
    part.encode()
    if "\0" in part:
        raise ValueError("a text with U+0000")
    return part
