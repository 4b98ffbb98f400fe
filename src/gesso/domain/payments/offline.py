"""The gateway without a gateway: a bank transfer, and an operator who has seen it arrive."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gesso.domain.payments.errors import NoSuchGateway
from gesso.domain.payments.gateway import Notice, Opened, Order, Told

OFFLINE: Final = "offline"


class Offline:
    """Asks nobody: the payer reads what to do, and an operator confirms."""

    name = OFFLINE
    is_by_hand = True

    def __init__(self, words: str | None) -> None:
        self.words = words

    async def open(self, order: Order) -> Opened:  # noqa: ARG002  # there is nobody to be told
        """Nobody need be asked; the payment's id is what the payer quotes."""
        return Opened()

    async def look(self, session_id: str) -> Notice:
        """Nobody can be asked."""
        raise NoSuchGateway(f"There is no session {session_id} of a bank transfer.")

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:  # noqa: ARG002
        """A bank transfer reports nothing."""
        raise NoSuchGateway("A bank transfer reports nothing.")

    def read(self, body: bytes) -> Notice:  # noqa: ARG002
        """A bank transfer reports nothing."""
        raise NoSuchGateway("A bank transfer reports nothing.")
