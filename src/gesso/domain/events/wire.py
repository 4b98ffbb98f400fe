"""What readers of a stream get to see: cursors, and frames of Server-Sent Events.

The format is the WHATWG HTML standard, section 9.2: frames of `field: value` lines, each ended by
an empty one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gesso.kit.ids import public_id

CONTROL = ("hello", "heartbeat", "reset", "bye")
"""Messages about the stream itself. They are not in the log and have no `id`, so a client's cursor
stays where it is.
"""

_CURSOR = re.compile(r"([0-9a-z]{1,32})\.(0|[1-9][0-9]{0,17})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it stands in the log."""

    seq: int
    type: str
    task_id: UUID | None
    job_id: UUID | None
    data: Mapping[str, object]
    at: datetime


def cursor_text(epoch: str, seq: int) -> str:
    """The cursor behind event `seq` of a stream, as clients hand it back."""
    return f"{epoch}.{seq}"


def parse_cursor(text: str) -> tuple[str, int] | None:
    """The epoch and number in a cursor; None for what never was one."""
    found = _CURSOR.fullmatch(text)
    return (found[1], int(found[2])) if found else None


def event_frame(epoch: str, entry: Entry) -> bytes:
    """One event with its cursor as `id`; its own data never hides the envelope."""
    envelope = _envelope(entry)
    return _frame(
        id=cursor_text(epoch, entry.seq),
        event=entry.type,
        data=_json({**envelope, **entry.data, **envelope}),
    )


def event_body(epoch: str, entry: Entry, *, tenant_id: UUID, owner_id: UUID) -> bytes:
    """The same for those who hear of every owner: it says whose it is and where it stands."""
    envelope = _envelope(entry) | {
        "tenant_id": public_id("tenant", tenant_id),
        "owner_id": public_id("user", owner_id),
        "seq": entry.seq,
        "cursor": cursor_text(epoch, entry.seq),
    }
    return _json({**envelope, **entry.data, **envelope}).encode()


def _envelope(entry: Entry) -> dict[str, object]:
    return {
        "type": entry.type,
        "at": entry.at.isoformat().replace("+00:00", "Z"),
        "task_id": public_id("task", entry.task_id) if entry.task_id else None,
        "job_id": public_id("job", entry.job_id) if entry.job_id else None,
    }


def retry_frame(milliseconds: int) -> bytes:
    """Tells the client how long to wait before it comes back after a break."""
    return _frame(retry=str(milliseconds))


def hello_frame(cursor: str, heartbeat: float) -> bytes:
    """Says that the stream is open, behind which cursor, and after how many silent seconds it shows
    that it lives.
    """
    return _frame(
        event="hello", data=_json({"type": "hello", "cursor": cursor, "heartbeat": heartbeat})
    )


def heartbeat_frame(cursor: str) -> bytes:
    """Shows that both ends live, and that there is nothing behind `cursor`.

    A message and no comment: a browser's page never sees a comment, so it could not tell a quiet
    stream from a dead one.
    """
    return _frame(event="heartbeat", data=_json({"type": "heartbeat", "cursor": cursor}))


def bye_frame(reason: str) -> bytes:
    """Says why the stream ends: `over` (the task has ended), `renew` (it is old: come back at
    once), `closing` (this server stops: come back soon) or `unwelcome` (the credentials do not
    reach here any more).
    """
    return _frame(event="bye", data=_json({"type": "bye", "reason": reason}))


def transient_frame(
    event: str, *, task_id: UUID | None, at: datetime, data: Mapping[str, object]
) -> bytes:
    """Something that is so now and is not in the log; it has no `id` either."""
    envelope = _envelope(Entry(0, event, task_id, None, data, at))
    return _frame(event=event, data=_json({**envelope, **data, **envelope}))


def console_frame(event: str, data: Mapping[str, object]) -> bytes:
    """A message to those who run the house, which stands in no owner's log."""
    return _frame(event=event, data=_json({"type": event, **data}))


def reset_frame(reason: str, *, cursor: str) -> bytes:
    """Tells the client that its cursor cannot be continued: read anew, it goes on at `cursor`.

    It has no `id`: who breaks off before the first event comes back and is told again.
    """
    return _frame(event="reset", data=_json({"type": "reset", "reason": reason, "cursor": cursor}))


def _json(value: Mapping[str, object]) -> str:
    # JSON escapes line breaks, so a value can never end its frame.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _frame(**fields: str) -> bytes:
    lines = [f"{name}: {value}\n" for name, value in fields.items()]
    return ("".join(lines) + "\n").encode()
