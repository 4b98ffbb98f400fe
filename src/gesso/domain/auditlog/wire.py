"""What the audit log looks like at the API: as JSON, and as CSV for a spreadsheet."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from gesso.domain.auditlog.service import Filters
from gesso.domain.auditlog.tables import Line
from gesso.infra.web.instants import LooseInstant
from gesso.kit.ids import public_id

_COLUMNS: Final = ("at", "actor", "means", "address", "action", "subject", "details", "id")
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet would carry out."""

Text = Annotated[str, Field(min_length=1, max_length=200)]


class LogQuery(BaseModel):
    """`?actor=…&action=…&subject=…&since=…&until=…`; every one narrows the list."""

    model_config = ConfigDict(str_strip_whitespace=True)

    actor: Text | None = Field(None, description="A user's id, or `cli:` and a login.")
    action: Text | None = Field(None, description="Such as `queue.change`.")
    subject: Text | None = Field(None, description="The id or name of what it was done to.")
    since: LooseInstant | None = Field(None, description="From this instant on.")
    until: LooseInstant | None = Field(None, description="Before this instant.")

    def filters(self) -> Filters:
        """The same as the room takes it; a time without a zone is UTC."""
        return Filters(self.actor, self.action, self.subject, self.since, self.until)


class AuditLineOut(BaseModel):
    """One deed."""

    id: str
    at: datetime
    actor: str = Field(description="A user's id; `cli:` and a login from the command line.")
    means: str = Field(description="The key or session in use; `shell` from the command line.")
    address: str | None
    action: str = Field(examples=["queue.change"])
    subject: str
    details: Mapping[str, Any]


def line_out(line: Line) -> AuditLineOut:
    """The line as it is shown."""
    return AuditLineOut(
        id=public_id("line", line.id),
        at=line.at,
        actor=line.actor,
        means=line.means,
        address=line.address,
        action=line.action,
        subject=line.subject,
        details=line.details,
    )


def csv_head() -> bytes:
    """The names of the columns."""
    return _rows([_COLUMNS])


def csv_lines(lines: Sequence[Line]) -> bytes:
    """The lines as CSV (RFC 4180), in which no cell is a formula."""
    return _rows(
        [
            (
                line.at.isoformat(),
                *(_cell(getattr(line, name) or "") for name in _COLUMNS[1:6]),
                _cell(to_json(line.details).decode()),
                public_id("line", line.id),
            )
            for line in lines
        ]
    )


def _rows(rows: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text
