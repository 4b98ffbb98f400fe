"""A round of publishing: everything is sent, then one wait brings all confirms."""

from collections.abc import Callable, Sequence
from typing import Any

from gesso.infra.amqp.message import BrokerAway, Message, Unroutable


class Round:
    """The channel on which messages go out, and the book of what the broker said of them.

    A confirm names the number of a message on this channel, so one that comes after its round was
    given up is told apart from those of the next.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._channel = connection.channel()
        self._channel.events["basic_ack"].add(self._note_ack)
        self._channel.events["basic_nack"].add(self._note_nack)
        self._channel.events["basic_return"].add(self._note_return)
        self._channel.confirm_select()
        self._last = 0
        self._open: dict[int, None] = {}
        self._refused: set[int] = set()
        self._returned: set[tuple[str, str]] = set()

    def publish(
        self, parcels: Sequence[Sequence[Message]], is_blocked: Callable[[], bool]
    ) -> list[Exception | None]:
        """Send them all, in order; for each parcel None, or why it is not wholly confirmed.

        A broker that says that it takes nothing is not waited for. What was sent before it said so
        may still arrive, ahead of what is sent next. Of a parcel with a message that AMQP cannot
        express nothing is sent.
        """
        self._open.clear()
        self._refused.clear()
        self._returned.clear()
        sent = [self._send(messages, is_blocked) for messages in parcels]
        while self._open and not is_blocked():
            self._connection.drain_events()
        return [self._fate(*pair) for pair in zip(parcels, sent, strict=True)]

    def _send(
        self, messages: Sequence[Message], is_blocked: Callable[[], bool]
    ) -> range | Exception:
        first = self._last + 1
        try:
            prepared = [self._made(message) for message in messages]
        except Exception as error:  # noqa: BLE001  # whatever is wrong with them, it is their sender's
            return error
        for message, made in zip(messages, prepared, strict=True):
            if is_blocked():
                break
            # Noted before it leaves: sending also reads, and what it reads may be the confirm.
            self._last += 1
            self._open[self._last] = None
            self._channel.basic_publish(
                made, message.exchange, message.routing_key, mandatory=message.mandatory
            )
        return range(first, self._last + 1)

    def _made(self, message: Message) -> Any:
        """The message as py-amqp sends it; it wants three of the properties by name."""
        properties = {"delivery_mode": 2, **message.properties}
        named = {
            name: properties.pop(name, None)
            for name in ("content_type", "content_encoding", "priority")
        }
        made = self._channel.prepare_message(
            message.body, headers=dict(message.headers), properties=properties, **named
        )
        made._serialize_properties()  # noqa: SLF001  # else found out while sending, and the line breaks
        return made

    def _fate(self, messages: Sequence[Message], sent: range | Exception) -> Exception | None:
        if isinstance(sent, Exception):
            return sent
        for message in messages:
            if message.mandatory and message.route in self._returned:
                return Unroutable("No queue takes this.", exchange=message.exchange)
        if len(sent) < len(messages) or any(number in self._open for number in sent):
            return BrokerAway("The broker takes no messages at present.")
        if any(number in self._refused for number in sent):
            return BrokerAway("A queue refused this; it may be full.")
        return None

    def _note_ack(self, number: int, multiple: bool) -> None:  # noqa: FBT001  # py-amqp calls it so
        self._close(number, multiple=multiple)

    def _note_nack(self, number: int, multiple: bool) -> None:  # noqa: FBT001  # py-amqp calls it so
        self._refused.update(self._close(number, multiple=multiple))

    def _note_return(self, _error: object, exchange: str, routing_key: str, _: object) -> None:
        """It comes before the confirm of the message, which does not say that it was dropped."""
        self._returned.add((exchange, routing_key))

    def _close(self, number: int, *, multiple: bool) -> list[int]:
        """The open messages that this answer was for."""
        closed = [number] if number in self._open else []
        if multiple:
            closed = [each for each in self._open if each <= number]
        for each in closed:
            del self._open[each]
        return closed
