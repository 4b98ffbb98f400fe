"""What is sent, and what may be said instead of sending it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gesso.infra.errors import Unavailable


class BrokerAway(Unavailable):
    """The broker did not confirm everything. What it has may be all, a part or nothing, so whoever
    sends again sends some of it twice.
    """

    code = "broker_unavailable"


class Unroutable(BrokerAway):
    """No queue is bound for a message that must reach one; the broker alone would have confirmed
    and dropped it.
    """

    code = "message_unroutable"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as AMQP 0-9-1 knows it; `properties` under their AMQP names.

    It outlives a restart of the broker in a durable queue unless `delivery_mode` says otherwise.
    With `mandatory` it counts as sent only when a queue took it.
    """

    exchange: str
    routing_key: str
    body: bytes
    headers: Mapping[str, object] = field(default_factory=dict)
    properties: Mapping[str, object] = field(default_factory=dict)
    mandatory: bool = True

    @property
    def route(self) -> tuple[str, str]:
        """What decides which queues take it, for every kind of exchange but `headers`."""
        return self.exchange, self.routing_key
