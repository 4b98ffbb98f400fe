"""What is declared at the broker: an exchange, a queue a lane, and where rejected messages end."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kombu import Exchange, Queue

PREFIX: Final = "gesso."
"""What every queue's name begins with, so that a broker may be shared with others."""
WORK: Final = "gesso"
DEAD: Final = "gesso.dead"
"""The dead letter exchange and its queue: messages that no worker lived to acknowledge."""
DELIVERIES: Final = 5
"""How often the broker hands a message out before it gives it up."""

LANE_ARGUMENTS: Final[Mapping[str, Any]] = {
    # Replicated and on disk; a classic queue loses what a crash of its node takes along.
    "x-queue-type": "quorum",
    # Without a limit, a message that kills its reader kills one reader after another, for ever.
    "x-delivery-limit": DELIVERIES,
    "x-dead-letter-exchange": DEAD,
    # At most once, the default, may drop a message on its way to the dead ones; it needs the next.
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}

WORK_EXCHANGE: Final = Exchange(WORK, type="topic", durable=True)
DEAD_EXCHANGE: Final = Exchange(DEAD, type="topic", durable=True)


def queue_name(lane: str) -> str:
    """The name of a lane's queue at the broker."""
    return f"{PREFIX}{lane}"


def queue_for(lane: str) -> Queue:
    """The queue of a lane."""
    return Queue(
        queue_name(lane),
        exchange=WORK_EXCHANGE,
        routing_key=lane,
        durable=True,
        queue_arguments=dict(LANE_ARGUMENTS),
    )


def dead_queue() -> Queue:
    """The queue of dead letters."""
    return Queue(
        DEAD,
        exchange=DEAD_EXCHANGE,
        routing_key="#",
        durable=True,
        queue_arguments={"x-queue-type": "quorum"},
    )


def declare(channel: Any, lanes: Iterable[str]) -> None:
    """Make whatever of this is missing; what is there already stays as it is.

    A queue that is there with other arguments is an error of the broker's
    (PRECONDITION_FAILED): it must be deleted by hand, for only a person knows what is in it.
    """
    for queue in (dead_queue(), *(queue_for(lane) for lane in lanes)):
        queue(channel).declare()
