"""The port: what is asked before something is done, and what is answered."""

from collections.abc import Sequence
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


class Limiter(Protocol):
    """Counts, and says whether one more may come: all rules of a question together, or none."""

    async def ask(self, rules: Sequence[Rule]) -> Standing:
        """Count one more under all of these, unless one of them refuses. Raises nothing."""
        ...

    def glance(self, rules: Sequence[Rule]) -> Standing | None:
        """A refusal that is certain without asking anybody, if it is; it counts nothing."""
        ...

    async def call_roll(self) -> None:
        """Say again and again that we serve, where others do too; runs until cancelled."""
        ...
