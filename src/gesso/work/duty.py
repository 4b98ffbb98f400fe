"""A duty: a kind of due work.
The database says what is due, the engine decides where it is done.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Duty(Generic[Item]):
    """How one kind of work is claimed and done.

    `claim(room, rung)` takes at most `room` items; `rung` are the topics that were signalled, empty
    when it is merely time to look. `do(item)` does one; it answers for its own errors, and a raise
    only means that the item's lease will run out.
    """

    name: str
    topics: tuple[str, ...]
    """The topics that ring for it; one that ends in a colon rings by its beginning."""
    claim: Callable[[int, frozenset[str]], Awaitable[Sequence[Item]]]
    do: Callable[[Item], Awaitable[None]]

    def is_rung_by(self, topic: str) -> bool:
        """Whether a signal on this topic is for this duty."""
        return any(topic.startswith(t) if t.endswith(":") else topic == t for t in self.topics)
