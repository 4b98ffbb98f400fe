"""A request on its way through the house: who calls as far as it is known, and what was counted.

The shell makes it, whoever recognises the caller introduces them, and the gate counts it: right
before a route's own work, or at the end where it did not come so far.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol, cast
from uuid import UUID

from fastapi import Depends, Request

from gesso.infra.errors import GessoError
from gesso.infra.web.proxies import counted_as, plain

PASSAGE: Final = "gesso.passage"
"""Where it lies in the ASGI scope."""


class Passage:
    """One request; what is not known is None."""

    __slots__ = (
        "_leaving",
        "address",
        "answer_headers",
        "channel_id",
        "channel_named",
        "channel_slug",
        "host",
        "is_counted",
        "key_id",
        "must_be_shared",
        "path",
        "tenant_id",
        "user_id",
    )  # fmt: skip

    def __init__(
        self, address: str, path: str, *, host: str = "", channel_named: str | None = None
    ) -> None:
        self.address, self.path, self.host = address, path, host
        self.channel_named = channel_named
        """What the header `Gesso-Channel` says."""
        self.user_id: UUID | None = None
        self.tenant_id: UUID | None = None
        """The caller's."""
        self.key_id: UUID | None = None
        self.channel_id: UUID | None = None
        self.channel_slug: str | None = None
        self.answer_headers: list[tuple[bytes, bytes]] = []
        self.is_counted = False
        self.must_be_shared = False
        """Whether a count that only this process knows is not good enough."""
        self._leaving: list[Callable[[], None]] = []

    @property
    def counted_as(self) -> str:
        """What is counted for the address."""
        return counted_as(self.address)

    def introduce(
        self,
        user_id: UUID,
        tenant_id: UUID,
        *,
        key_id: UUID | None = None,
        channel_id: UUID | None = None,
    ) -> None:
        """Tell who calls; whoever recognises a caller says so here."""
        self.user_id, self.tenant_id, self.key_id = user_id, tenant_id, key_id
        self.channel_id = channel_id or self.channel_id

    def at_end(self, leave: Callable[[], None]) -> None:
        """Have this called once the answer is sent, or the client is gone."""
        self._leaving.append(leave)

    def end(self) -> None:
        """Call what wants to be called at the end."""
        while self._leaving:
            self._leaving.pop()()


class Gate(Protocol):
    """Who counts requests and turns some away."""

    def turned_away(self, passage: Passage) -> GessoError | None:
        """Why this one need not even begin, if that is certain."""

    async def admit(self, passage: Passage) -> None:
        """Count this one, or raise why it cannot go on just now."""

    async def count(self, passage: Passage) -> GessoError | None:
        """Count one that ended before it was asked about; the refusal that it should have been."""

    async def admit_submit(self, passage: Passage, user_id: UUID, operation: str) -> None:
        """Count an order for a task of this type, or raise why it cannot be taken just now."""

    async def follow(self, passage: Passage) -> None:
        """Count an event stream until its end, or raise why there may not be one more."""


def gate_of(house: object) -> Gate | None:
    """The house's gate; a small house may have none."""
    return cast(Gate | None, getattr(house, "gate", None))


def passage_of(request: Request) -> Passage:
    """The passage of this request."""
    found = request.scope.get(PASSAGE)
    if found is None:
        client = request.client
        found = Passage(plain(client.host if client else ""), request.url.path)
        request.scope[PASSAGE] = found
    return cast(Passage, found)


def client_address(request: Request) -> str:
    """Where the client really is, as far as trusted proxies tell; empty on a socket without
    addresses.
    """
    return passage_of(request).address


async def _must_be_shared(request: Request) -> None:
    passage_of(request).must_be_shared = True


COUNTED_EVERYWHERE: Final = Depends(_must_be_shared)
"""For `dependencies` of a route by which something secret may be guessed, where no database counts
the tries: it fails closed while limits cannot be counted together with the other servers.
"""


async def take_stream(request: Request) -> None:
    """Be counted as an event stream until its end."""
    state: Any = request.app.state
    gate = gate_of(getattr(state, "house", None))
    if gate is not None:
        await gate.follow(passage_of(request))


COUNTED_AS_STREAM: Final = Depends(take_stream)
"""For `dependencies` of a route that answers with an event stream. It comes behind the gate, and
before the unit of work: to ask the other processes is no business of a transaction's.
"""


async def count_stranger(request: Request) -> GessoError | None:
    """Count a request whose caller nobody knows; the refusal that it is, if it is one too many."""
    state: Any = request.app.state
    gate = gate_of(getattr(state, "house", None))
    return None if gate is None else await gate.count(passage_of(request))


async def pass_gate(request: Request) -> None:
    """Be counted; every route of `new_router` depends on it, behind whoever tells who calls."""
    state: Any = request.app.state
    gate = gate_of(getattr(state, "house", None))
    if gate is not None:
        await gate.admit(passage_of(request))
