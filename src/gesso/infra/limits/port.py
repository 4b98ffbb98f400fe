"""The port: what is asked before something is done, and what is answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from gesso.kit.rates import Rate


class Rule(NamedTuple):
    """One limit that applies: its name, what is counted, and how much of it may come."""

    name: str
    key: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Standing:
    """What came of asking, by rule in their order.

    `ahead` is how far (microseconds) the moment of each lies ahead of now: after this one where it
    passed, and as it was where it was refused.
    """

    rules: Sequence[Rule]
    ahead: Sequence[int]
    refused: int | None = None
    """Which rule refused, if any: then nothing was counted."""
    is_local: bool = False
    """Whether this process had to decide alone, though there is somebody to ask."""


class Seats(Protocol):
    """So many seats for each who comes, to be given back."""

    async def take(self, who: str) -> Callable[[], None] | None:
        """A seat, as what gives it back; None where all are taken. Raises nothing."""
        ...


class Limiter(Protocol):
    """Counts, and says whether one more may come: all rules of a question together, or none."""

    async def ask(self, rules: Sequence[Rule]) -> Standing:
        """Count one more under all of these, unless one of them refuses. Raises nothing."""
        ...

    def glance(self, rules: Sequence[Rule]) -> Standing | None:
        """A refusal that is certain without asking anybody, if it is; it counts nothing."""
        ...

    def seats(self, name: str, most: int) -> Seats:
        """Seats of this name, counted by whoever counts together here; 0: without end."""
        ...

    async def call_roll(self) -> None:
        """Say again and again that we serve, where others do too; runs until cancelled."""
        ...
