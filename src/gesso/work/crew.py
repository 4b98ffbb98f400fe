"""The crew: who does what an engine has claimed.

Two crews exist: `hands.Hands` does it in this process, `celery.Dispatch` sends it to workers.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from gesso.work.duty import Duty

Wake = Callable[[str], None]
"""Told the name of a duty for which there is room again."""


class Crew(Protocol):
    """Takes claimed items over, as many as it says that it has room for."""

    @property
    def holder(self) -> str | None:
        """The process that holds what this crew is given; None when it travels on."""
        ...

    def closed(self, duty: Duty[Any]) -> Collection[str]:
        """Lanes on which nobody takes up anything of this duty at present."""
        ...

    def report_to(self, wake: Wake) -> None:
        """Call `wake` whenever there is room again where there was none,
        or a lane opens.
        """
        ...

    def room(self, duty: Duty[Any]) -> int:
        """How many more items of this duty it takes now."""
        ...

    async def take(self, duty: Duty[Any], items: Sequence[Any]) -> None:
        """Take these items over; returns before they are done."""
        ...

    async def trouble(self) -> str | None:
        """What keeps it from its work, in a few words."""
        ...

    async def stop(self, *, until: float) -> None:
        """End by that moment of the event loop's clock; leases bring back what is left."""
        ...
