"""Places: who hands out the servers of a provider that is a pool of them."""

from collections.abc import Mapping
from typing import Protocol

from gesso.domain.tasks.admit import Assignment
from gesso.providers import Credential


class NoPlace(Exception):
    """Every server that could take it is full or away: it goes back to its line, to be looked at
    again `after` some seconds. That is no try, and nobody's fault.
    """

    def __init__(self, message: str, *, after: float) -> None:
        super().__init__(message)
        self.after = after


class Places(Protocol):
    """Stands in for a provider's credentials where its accounts are servers."""

    async def take(self, job: Assignment, recipe: str | None) -> Credential:
        """A server for a new attempt, its place taken; NoPlace where none is free now, and
        NoCredential where none ever will be.
        """
        ...

    async def recall(self, name: str) -> Credential:
        """The server of this name; without an address where it is gone with all it had."""
        ...


Pools = Mapping[str, Places]
"""By provider."""
