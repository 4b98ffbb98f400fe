"""A duty: a kind of due work.
The database says what is due, the engine decides where it is done.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Look:
    """One look for due work: how much is wanted, by whom, and why now."""

    room: int
    """At most so many items."""
    rung: frozenset[str] = frozenset()
    """The topics that were signalled; empty when it is merely time to look."""
    holder: str | None = None
    """The process that takes the items in hand; None when they travel to one yet unknown."""
    closed: Collection[str] = field(default_factory=frozenset)
    """Lanes on which nobody works at present; what would travel there is left alone."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """How an item travels to another process: on which lane, as what, and the claim to it."""

    lane: str
    kind: str
    claim: str
    together: int = 1
    """As many of a kind may travel in one message; 1 for what may take its process down."""
    id: str | None = None
    """The message's own name, where an outside observer knows the item by one."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an item ended, for an observer who knows it by a name of its own."""

    result: Any = None
    failure: str | None = None
    """Why it has no result."""
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Duty(Generic[Item]):
    """How one kind of work is claimed and done.

    `do(item)` does one; it answers for its own errors, and a raise only means that the item's lease
    will run out. Where its ticket has an id, it returns how the item ended, or None if it did not.
    The rest is for items that travel: `ticket` before the journey, `redeem` after it.
    """

    name: str
    topics: tuple[str, ...]
    """The topics that ring for it; one that ends in a colon rings by its beginning."""
    claim: Callable[[Look], Awaitable[Sequence[Item]]]
    do: Callable[[Item], Awaitable[Any]]
    kinds: tuple[str, ...]
    """What its tickets may say as their kind; no two duties share one."""
    ticket: Callable[[Item], Ticket]
    redeem: Callable[[Sequence[str], bool], Awaitable[Sequence[Item]]]
    """Take these claims in hand; those that are late, or held already, are passed over. The flag
    says that they may have been delivered before, to somebody who is perhaps dead.
    """
    put_back: Callable[[Sequence[Item]], Awaitable[None]]
    """Have items that could not travel found again soon."""
    share: float = 1.0
    """The part of a process's hands that the items of one lane may take up."""

    def is_rung_by(self, topic: str) -> bool:
        """Whether a signal on this topic is for this duty."""
        return any(topic.startswith(t) if t.endswith(":") else topic == t for t in self.topics)
