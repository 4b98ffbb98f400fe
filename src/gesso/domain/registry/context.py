"""The context: what a running function may know of its run, and use of the house."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import structlog

from gesso.infra.db import Database
from gesso.infra.settings import Settings
from gesso.infra.storage import Storage


class Derived(Protocol):
    """A database of what is derived from the main one; it may be away while that is not."""

    async def ready(self) -> Database:
        """The database, its tables up to date; Unavailable while it cannot be had."""

    def doubt(self) -> None:
        """Look at its tables again before they are used again."""


class Surroundings(Protocol):
    """What functions may use of the house."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    @property
    def db(self) -> Database:
        """The main database; open short units of work of your own."""

    @property
    def analytics(self) -> Derived:
        """Where figures are kept: the main database, or one of its own."""

    @property
    def storage(self) -> Storage:
        """Where media are kept."""


async def _nobody(_share: float) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Context:
    """One try of one run, as its function sees it."""

    id: UUID
    attempt: int
    """Counted from 1. A try that its process did not survive is made again under its number."""
    house: Surroundings
    log: Any = field(default_factory=structlog.get_logger)
    """Carries the run's id and its function's name."""
    tell: Callable[[float], Awaitable[None]] = _nobody

    async def progress(self, share: float) -> None:
        """Tell how far it is, from 0 to 1; written down at most once a second."""
        await self.tell(min(1.0, max(0.0, share)))
