"""A provider: what it offers, what it asks for, and its manners as flows.

Two rules guard the user's money. `Refused` and `Absent` are returned only where the provider
certainly did not take the job; where nobody can know, a flow raises `Unsure`. And a push is
believed only as far as its signature goes: an unsigned one is a hint to ask.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from gesso.providers.access import Access, Credential
from gesso.providers.flow import (
    Absent,
    Accepted,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Refused,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.push import Challenge, Forged, Hint, News, Push, Signed


@dataclass(frozen=True, slots=True)
class Offers:
    """What a provider can do; the engine behaves accordingly."""

    lookup: bool = False
    """It takes our reference, and can be asked about a job of which nothing else is known."""
    cancel: bool = False
    push: Literal["signed", "hint"] | None = None
    """It reports to the callback's address, and `verify_push` can believe it, or can only be
    hastened by it; polls then only mend what gets lost.
    """
    stays: bool = False
    """Its submit flow ends with the result: a worker stays with the job, and its death ends it."""
    needs_sources: bool = False
    """Its polls are given the stored inputs: it works on them as long as the job is under way."""
    recipes: bool = False
    """Its models are workflows that are kept here; a submission carries the one that it names."""
    together: int = 1
    """How many jobs it can be asked about in one call, by `poll_together`."""
    first_poll: float = 2.0
    slowest_poll: float = 60.0


class Provider(ABC):
    """An outside service that does jobs. Every method is a flow and does no I/O itself."""

    name: ClassVar[str]
    """The name by which the catalogue and the job's row know it."""
    offers: ClassVar[Offers] = Offers()
    access: ClassVar[Access] = Access()
    currency: ClassVar[str] = "USD"
    """What its costs are told in. Costs in different ones are never weighed against each other."""

    @abstractmethod
    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused | Failed]:
        """Ask for the work."""

    @abstractmethod
    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how far it is."""

    def poll_together(
        self, tickets: Sequence[Ticket]
    ) -> Flow[Sequence[Working | Delivered | Failed | None]]:
        """Ask how far these are, all of one credential, in one call; None for one that the answer
        leaves out or tells oddly of: it is asked about alone.
        """
        raise Unsure(f"{self.name} cannot be asked about {len(tickets)} jobs at once")
        yield

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:  # noqa: ARG002
        """Ask it to stop."""
        return NotCancelled()
        yield

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Delivered | Failed | Absent]:
        """Ask whether it ever took the job that it knows by our reference."""
        raise Unsure(f"{self.name} cannot be asked about {ticket.ref}")
        yield

    def schema(self, model: str, credential: Credential) -> Flow[Mapping[str, Any] | None]:  # noqa: ARG002
        """What the inputs of this model must be, as JSON Schema (2020-12) that refers to nothing
        outside itself; None where that is not told. It is asked before an order is taken: keep the
        answers (`Call.keep`), and ask for nothing that takes long. `credential` is the customary
        one, and may be without secrets.
        """
        return None
        yield

    def verify_push(self, push: Push) -> Flow[Signed | Hint | Forged | Challenge]:  # noqa: ARG002
        """How far this push can be believed; by its bytes as they came, never by parsed ones."""
        return Forged(f"{self.name} sends no pushes")
        yield

    def read_push(self, push: Push) -> News:  # noqa: ARG002
        """What a push that may be believed says; ValueError where it makes no sense."""
        raise ValueError(f"{self.name} sends no pushes")
