"""What a check is, and what it may find."""

from collections.abc import Mapping
from dataclasses import dataclass

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Check:
    """A promise, and the query whose rows are the places where it is broken.

    The SQL runs as it stands on SQLite and on PostgreSQL. SQLite keeps UUIDs without dashes while
    account names have them on both, so accounts are compared with the dashes taken out.
    `:overdue` is a minute ago, `:neglected` a lease before that.
    """

    id: str
    promise: str
    sql: str


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that is broken: in how many places, and what the first of them look like."""

    check: str
    promise: str
    count: int
    rows: tuple[Mapping[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check came to, and how many seconds it took."""

    check: Check
    seconds: float
    breach: Breach | None
