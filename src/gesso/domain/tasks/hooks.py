"""Hooks: the addresses to which providers report, and what is refused there.

GessoError
├── NotFound
│   └── NoSuchHook         404  nobody was given this address, or not this provider
├── Unauthenticated
│   └── PushNotBelieved    401  the signature is missing, wrong or too old
└── Unavailable
    └── PushNotVerified    503  what it takes to tell cannot be had just now
"""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from gesso.infra.errors import NotFound, Unauthenticated, Unavailable
from gesso.providers import Challenge


class NoSuchHook(NotFound):
    """Nobody was given this address."""

    code = "no_such_hook"


class PushNotBelieved(Unauthenticated):
    """The push does not come from the provider, or not in time."""

    code = "push_not_believed"


class PushNotVerified(Unavailable):
    """Whether the push comes from the provider cannot be told just now; sent again, it may be."""

    code = "push_not_verified"


class Receiver(Protocol):
    """Takes in what providers report."""

    def attempt_of(self, provider: str, token: str) -> UUID:
        """The attempt that this address belongs to; NoSuchHook when it is none of ours."""
        ...

    async def receive(
        self, provider: str, attempt_id: UUID, headers: Mapping[str, str], body: bytes
    ) -> Challenge | bool:
        """Keep it, if it can be believed; False for what is there already. A challenge is to be
        answered as it says.
        """
        ...
