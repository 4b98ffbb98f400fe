"""The load of paid submits: what is sent, and what must be true of it afterwards."""

import json
from collections.abc import Sequence

from bench.figure import Broken
from bench.load import Order, Tally, press
from bench.people import Owner
from bench.target import Target

_BODY = json.dumps({"type": "text_to_image", "prompt": "a ceramic owl"})


def request(owner: Owner) -> str:
    """A submit of one picture for this owner, under a key that never comes twice."""
    head = [
        "POST /api/v1/tasks HTTP/1.1",
        "Host: bench",
        f"Authorization: Bearer {owner.key}",
        "Content-Type: application/json",
        "Idempotency-Key: %KEY%",
        f"Content-Length: {len(_BODY)}",
    ]
    return "\r\n".join(head) + "\r\n\r\n" + _BODY


def submit(
    target: Target, owners: Sequence[Owner], seconds: float, *, limit: int | None = None
) -> Tally:
    """Submit over HTTP on 64 connections; Broken unless every answer is 202."""
    templates = [request(owner) for owner in owners]
    tally = press(Order(target.host, target.port, templates, seconds, limit=limit))
    if set(tally.answers) != {"202"}:
        raise Broken(f"submits were refused: {tally.answers} {tally.first_refusal}")
    return tally
