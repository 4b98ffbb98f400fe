"""The port: whoever takes money for us, and the words in which they are spoken with.

A gateway keeps no state of its own and touches no database. `open` and `look` use the network and
are never called while a transaction is open; `verify` and `read` only look at bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

Fate = Literal[
    "paid", "pending", "failed", "expired", "refunded", "disputed", "reinstated", "other"
]


@dataclass(frozen=True, slots=True)
class Order:
    """What a gateway is asked to take: `amount` in the smallest unit of `currency`."""

    payment_id: UUID
    title: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What the gateway made of it: its name for it, and where the payer goes."""

    session_id: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a gateway says of one payment, whether it was asked or not.

    `amount` is what was paid; of `refunded` and `disputed`, how much has gone back in all;
    of `reinstated`, how much of what was disputed has come again.
    """

    fate: Fate
    payment_id: UUID | None = None
    session_id: str | None = None
    intent_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A report whose signature holds: the gateway's own name of it, and its kind."""

    event_id: str
    type: str


class Gateway(Protocol):
    """One way to take money."""

    @property
    def name(self) -> str:
        """How it is called at the API and in the books."""

    @property
    def is_by_hand(self) -> bool:
        """Whether an operator says that the money has come."""

    @property
    def words(self) -> str | None:
        """What the payer is told to do, where there is no address to go to."""

    async def open(self, order: Order) -> Opened:
        """Ask for the money; asking again for the same payment gives the same answer. GatewayAway
        where nobody knows what came of it, GatewayRefused where nothing will.
        """

    async def look(self, session_id: str) -> Notice:
        """How a payment stands, by the gateway's own word; GatewayAway, GatewayRefused."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """Believe a report, or raise NoSuchGateway, EventNotVerified, EventUnreadable."""

    def read(self, body: bytes) -> Notice:
        """What a report that was believed says; `other` where it does not concern us."""
