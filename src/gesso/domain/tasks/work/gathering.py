"""The gathering: questions about several jobs of one credential go in one call, where their
provider can be asked so.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

from gesso.infra.batch import Batch
from gesso.infra.http import MaySend
from gesso.providers import Flow, Provider, Ticket, Unsure, Verdict
from gesso.providers.driver import Driver, Unreached
from gesso.providers.traffic import Busy, Down, Trip

Opening = Callable[[], AbstractAsyncContextManager[Trip]]


class _Question(NamedTuple):
    ticket: Ticket
    may_send: MaySend | None


class Gathering:
    """Who asks while nobody does goes alone and at once; those who come meanwhile go together."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._batches: dict[tuple[str, str], Batch[_Question, Verdict | None]] = {}

    async def poll(
        self, provider: Provider, ticket: Ticket, *, passage: Opening, may_send: MaySend | None
    ) -> Verdict | None:
        """How the job stands; None where an answer about several left it out, so that it has to be
        asked about alone. Errors are those of a single question.
        """
        key = (provider.name, ticket.credential.id)
        if key not in self._batches:

            async def ask(trip: Trip, asked: Sequence[_Question]) -> Sequence[Verdict | None]:
                return await self._ask(provider, trip, asked)

            self._batches[key] = Batch(
                passage, ask,
                limit=provider.offers.together, shared=(Busy, Down, Unreached, Unsure),
            )  # fmt: skip
        return await self._batches[key](_Question(ticket, may_send))

    async def _ask(
        self, provider: Provider, trip: Trip, asked: Sequence[_Question]
    ) -> Sequence[Verdict | None]:
        def may_send() -> bool:
            return any(each.may_send is None or each.may_send() for each in asked)

        if len(asked) == 1:
            alone: Flow[Verdict] = provider.poll(asked[0].ticket)
            return [await self._driver.carry(alone, trip=trip, may_send=may_send)]
        flow = provider.poll_together([each.ticket for each in asked])
        return await self._driver.carry(flow, trip=trip, may_send=may_send)
