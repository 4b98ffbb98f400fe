"""Tickets as messages of Celery's protocol, version 2.

The format is Celery's ("Message Protocol" in its documentation) and is written by Celery itself;
what is ours is that our own publisher sends it, which never blocks.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from celery import Celery

from gesso.infra.amqp import Message
from gesso.kit.ids import new_id
from gesso.work.celery.application import task_name
from gesso.work.celery.topology import WORK
from gesso.work.duty import Ticket


@dataclass(frozen=True, slots=True)
class Bundle:
    """What travels together: claims of one kind on one lane."""

    id: str
    lane: str
    kind: str
    claims: Sequence[str]
    places: Sequence[int]
    """Which tickets these are, by their place in the list that was bundled."""
    is_remembered: bool
    """Whether its result is kept for whoever asks Celery."""


def bundles(tickets: Sequence[Ticket]) -> Iterator[Bundle]:
    """These tickets in as few messages as they allow; what has an id of its own travels alone."""
    alike: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for place, ticket in enumerate(tickets):
        if ticket.id is None:
            alike[ticket.lane, ticket.kind, ticket.together].append(place)
        else:
            yield Bundle(ticket.id, ticket.lane, ticket.kind, [ticket.claim], [place], True)
    for (lane, kind, together), places in alike.items():
        for first in range(0, len(places), together):
            some = places[first : first + together]
            claims = [tickets[place].claim for place in some]
            yield Bundle(str(new_id()), lane, kind, claims, some, False)


def message(celery: Celery, bundle: Bundle) -> Message:
    """The bundle as a Celery task with one argument: the list of its claims."""
    task = celery.amqp.as_task_v2(
        bundle.id,
        task_name(bundle.kind),
        args=(list(bundle.claims),),
        ignore_result=not bundle.is_remembered,
        origin="gesso",
    )
    return Message(
        exchange=WORK,
        routing_key=bundle.lane,
        body=json.dumps(task.body).encode(),
        headers=task.headers,
        properties={
            **task.properties,
            "content_type": "application/json",
            "content_encoding": "utf-8",
        },
    )
