"""A line to the broker: one connection, and the thread that does its waiting.

The thread sends what was ordered in the order of the calls: all messages that wait, up to a
limit, and then one wait for all their confirms. Between orders it keeps the connection alive and
hears what the broker says by itself.
"""

import asyncio
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gesso.infra.amqp.message import BrokerAway, Message
from gesso.infra.amqp.round import Round
from gesso.infra.branches import BrokerSettings

Declare = Callable[[Any], None]
"""Makes what is published to, given a channel of py-amqp; run at every connection."""

_AT_ONCE = 512
"""Messages of one round, unless a single call brings more."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """The messages of one call, and where its answer goes."""

    messages: Sequence[Message]
    answer: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class Errand:
    """Something else to be done with a channel."""

    function: Callable[[Any], Any]
    answer: asyncio.Future[Any]


Order = Parcel | Errand


class Line:
    """Made, used and ended on the event loop; only what `_run` calls happens in the thread."""

    def __init__(self, url: str, settings: BrokerSettings, declare: Sequence[Declare]) -> None:
        self._url, self._settings, self._declare = url, settings, declare
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = self._loop.create_future()
        """Done when messages may be sent; cancelled when it never came to that."""
        self.ended: asyncio.Future[BaseException | None] = self._loop.create_future()
        """Done when the line is of no use any more, with the reason."""
        self.is_blocked = False
        """Whether the broker takes nothing at present, as under its disk or memory alarm."""
        self.waiting = 0
        """Messages whose answer is still due."""
        self._answers: set[asyncio.Future[Any]] = set()
        self._orders: deque[Order | None] = deque()
        self._ear, self._bell = socket.socketpair()
        self._busy_since: float | None = None
        self._connection: Any = None
        self._thread = threading.Thread(target=self._run, name="gesso-broker", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether orders are taken."""
        return self.ready.done() and not self.ready.cancelled() and not self.ended.done()

    def send(self, messages: Sequence[Message]) -> asyncio.Future[None]:
        """Order these to be published; the answer is BrokerAway unless each was confirmed."""
        answer: asyncio.Future[None] = self._loop.create_future()
        self.waiting += len(messages)
        answer.add_done_callback(lambda _: self._count_off(len(messages)))
        return self._order(Parcel(messages, answer))

    def call(self, function: Callable[[Any], Any]) -> asyncio.Future[Any]:
        """Order `function` to be run with a channel of its own; its answer or error comes back."""
        return self._order(Errand(function, self._loop.create_future()))

    def is_stuck(self, patience: float) -> bool:
        """Whether the thread has waited longer than that for the broker."""
        since = self._busy_since
        return since is not None and time.monotonic() - since > patience

    def close(self) -> None:
        """End when what has been ordered is done."""
        self._orders.append(None)
        self._ring()

    def abandon(self) -> None:
        """End now, whatever the thread waits for; it finds its socket shut and ends as well."""
        transport: Any = getattr(self._connection, "_transport", None)
        with suppress(OSError, AttributeError):
            transport.sock.shutdown(socket.SHUT_RDWR)
        self._end(TimeoutError("the broker was silent for too long"))

    def _order(self, order: Order) -> asyncio.Future[Any]:
        self._answers.add(order.answer)
        order.answer.add_done_callback(self._answers.discard)
        self._orders.append(order)
        self._ring()
        return order.answer

    def _ring(self) -> None:
        with suppress(
            OSError
        ):  # full: the thread has not heard the last ring yet; shut: it is gone
            self._bell.send(b"!")

    def _count_off(self, count: int) -> None:
        self.waiting -= count

    def _end(self, reason: BaseException | None) -> None:
        """On the loop: refuse what is still open. A second end changes nothing."""
        if self.ended.done():
            return
        self.ended.set_result(reason)
        self.ready.cancel()
        for answer in list(self._answers):
            _settle(answer, BrokerAway("The line to the broker broke; this was not confirmed."))

    # From here on: in the thread.

    def _run(self) -> None:
        reason: BaseException | None = None
        try:
            self._connect()
            self._tell(_settle, self.ready, None)
            self._serve()
            self._connection.close()
        except Exception as error:  # noqa: BLE001  # whatever it is, this line is over and a new one is made
            reason = error
        finally:
            if self._connection is not None:
                self._connection.collect()
            self._tell(self._end, reason)
            self._ear.close()
            self._bell.close()

    def _tell(self, function: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop has closed, and nobody is left to be told
            self._loop.call_soon_threadsafe(function, *arguments)

    def _connect(self) -> None:
        # late: kombu comes with an extra, and only a process with a broker loads it
        import kombu

        patience = self._settings.timeout
        client = kombu.Connection(
            self._url,
            heartbeat=self._settings.heartbeat,
            connect_timeout=patience,
            transport_options={
                "on_blocked": self._note_blocked,
                "on_unblocked": self._note_unblocked,
                # Bound what `connect_timeout` does not: the handshake of TLS.
                "read_timeout": patience,
                "write_timeout": patience,
                "client_properties": {"connection_name": "gesso"},
            },
        )
        # kombu's own connecting tries again and again; here every try is a line of its own.
        self._connection = client.transport.establish_connection()
        for declare in self._declare:
            self._with_channel(declare)
        self._round = Round(self._connection)

    def _note_blocked(self, _reason: str) -> None:
        self.is_blocked = True

    def _note_unblocked(self) -> None:
        self.is_blocked = False

    def _serve(self) -> None:
        pause = self._settings.heartbeat / 4
        with selectors.DefaultSelector() as selector:
            selector.register(self._ear, selectors.EVENT_READ)
            selector.register(self._connection.sock, selectors.EVENT_READ)
            while self._work():
                self._connection.heartbeat_tick()
                selector.select(pause)
                with suppress(BlockingIOError):
                    self._ear.recv(4096)
                with suppress(TimeoutError):
                    while True:
                        self._connection.drain_events(timeout=0)

    def _work(self) -> bool:
        """Do what has been ordered; False when the line is to end."""
        while self._orders:
            order = self._orders.popleft()
            if order is None:
                return False
            self._busy_since = time.monotonic()
            if isinstance(order, Errand):
                self._do(order)
            else:
                self._deliver([order, *self._more(_AT_ONCE - len(order.messages))])
            self._busy_since = None
        return True

    def _more(self, room: int) -> list[Parcel]:
        """Whatever waits right behind and fits in, so that it shares a wait for confirms."""
        parcels: list[Parcel] = []
        while self._orders and isinstance(following := self._orders[0], Parcel):
            room -= len(following.messages)
            if room < 0:
                break
            parcels.append(following)
            self._orders.popleft()
        return parcels

    def _deliver(self, parcels: Sequence[Parcel]) -> None:
        # Whose caller has left may have been sent again by him, on another line.
        parcels = [parcel for parcel in parcels if not parcel.answer.done()]
        fates = self._round.publish(
            [parcel.messages for parcel in parcels], lambda: self.is_blocked
        )
        answers = [parcel.answer for parcel in parcels]
        self._tell(_settle_all, list(zip(answers, fates, strict=True)))

    def _do(self, errand: Errand) -> None:
        try:
            result = self._with_channel(errand.function)
        except self._connection.connection_errors:
            raise
        except Exception as error:  # noqa: BLE001  # it is the caller's, and the line is sound
            self._tell(_settle, errand.answer, error)
        else:
            self._tell(_settle, errand.answer, None, result)

    def _with_channel(self, function: Callable[[Any], Any]) -> Any:
        """A channel of its own: an error of AMQP closes the one that it happened on."""
        channel = self._connection.channel()
        try:
            return function(channel)
        finally:
            if channel.is_open:
                channel.close()


def _settle(answer: asyncio.Future[Any], error: Exception | None, result: Any = None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)


def _settle_all(pairs: Sequence[tuple[asyncio.Future[Any], Exception | None]]) -> None:
    for answer, error in pairs:
        _settle(answer, error)
