"""The load of paid submits: what is sent, and what must be true of it afterwards."""

import json
import time
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import func, select

from bench.figure import Broken
from bench.load import Order, Tally, press
from bench.people import Owner, ask
from gesso.domain.tasks.tables import Task

_PATIENCE = 60.0
_LOOK_EVERY = 0.25
_BODY = json.dumps({"type": "text_to_image", "prompt": "a ceramic owl"})


class Place(Protocol):
    """Where somebody serves."""

    @property
    def host(self) -> str:
        """Its address."""

    @property
    def port(self) -> int:
        """Its port."""


def request(owner: Owner, body: str = _BODY) -> str:
    """A submit for this owner, of one picture by default, under a key that never comes twice."""
    head = [
        "POST /api/v1/tasks HTTP/1.1",
        "Host: bench",
        f"Authorization: Bearer {owner.key}",
        "Content-Type: application/json",
        "Idempotency-Key: %KEY%",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(head) + "\r\n\r\n" + body


def submit(
    place: Place,
    owners: Sequence[Owner],
    seconds: float,
    *,
    limit: int | None = None,
    body: str = _BODY,
) -> Tally:
    """Submit over HTTP on 64 connections; Broken unless every answer is 202."""
    templates = [request(owner, body) for owner in owners]
    tally = press(Order(place.host, place.port, templates, seconds, limit=limit))
    if set(tally.answers) != {"202"}:
        raise Broken(f"submits were refused: {tally.answers} {tally.first_refusal}")
    return tally


def work_off(url: str, place: Place, owners: Sequence[Owner], count: int) -> float:
    """Submit so many tasks, wait until the last has ended; tasks a second over all of it."""
    (already,) = ask(url, select(func.count()).select_from(Task))[0]
    submit(place, owners, _PATIENCE, limit=count)
    ends = time.monotonic() + _PATIENCE
    left = select(func.count()).select_from(Task).where(Task.finished_at.is_(None))
    while ask(url, left)[0][0] and time.monotonic() < ends:
        time.sleep(_LOOK_EVERY)
    new = select(Task.created_at, Task.finished_at).order_by(Task.created_at).offset(already)
    span = new.subquery()
    first, last = ask(url, select(func.min(span.c.created_at), func.max(span.c.finished_at)))[0]
    if last is None:
        raise Broken("no task was completed")
    return count / float((last - first).total_seconds())
