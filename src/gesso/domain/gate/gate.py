"""The gate: counts every request once, under all the limits that concern it, and turns away who
comes too often or has too much under way.
"""

from uuid import UUID

from structlog.contextvars import bind_contextvars

from gesso.domain.gate.doors import Door, Doors
from gesso.domain.gate.errors import (
    LimitsAway,
    NoSuchDoor,
    RateLimited,
    TooManyAtOnce,
    TooManyFollowers,
)
from gesso.domain.gate.headers import limit_headers, retry_after, violated
from gesso.domain.gate.rules import Kind, Rules, channel_in, kind_of
from gesso.infra import metrics
from gesso.infra.errors import GessoError
from gesso.infra.limits import Limiter, Rule, Standing
from gesso.infra.limits.settings import LimitsSettings
from gesso.infra.web import Passage

_refused = metrics.counter("requests_refused", "Requests turned away, by what limit.", "limit")


class Gate:
    """One for each process; what it counts may be counted together with others'."""

    def __init__(self, settings: LimitsSettings, limiter: Limiter, doors: Doors) -> None:
        self._rules, self._limiter, self._doors = Rules(settings), limiter, doors
        self._requests = limiter.seats("requests", settings.requests)
        self._streams = limiter.seats("streams", settings.streams_per_ip)

    def turned_away(self, passage: Passage) -> GessoError | None:
        """Why a request from this address need not begin, if that is certain already.

        Only strangers are counted by address. One from which too many of them come is turned away
        whatever it presents, for that would have to be looked up.
        """
        rules = self._rules.of_address(passage)
        standing = self._limiter.glance(rules) if rules else None
        if standing is None:
            return None
        passage.is_counted = True
        return _refusal(passage, standing)

    async def admit(self, passage: Passage) -> None:
        """Count this request; RateLimited, TooManyAtOnce or LimitsAway where it cannot go on now.

        NoSuchDoor for a channel that is not there.
        """
        if passage.is_counted:
            return
        if kind_of(passage.path) is Kind.FREE:
            passage.is_counted = True
            return
        door = await self._door(passage)  # whoever names none that is there counts by address
        passage.is_counted = True
        await self._ask(passage, self._rules.of_request(passage, door))
        if passage.user_id is not None:
            leave = await self._requests.take(passage.user_id.hex)
            if leave is None:
                _refused.labels("at_once").inc()
                raise TooManyAtOnce("You have too many requests under way; wait for some of them.")
            passage.at_end(leave)

    async def count(self, passage: Passage) -> GessoError | None:
        """Count one that ended before it came to `admit`: it led nowhere, or nobody knew its key.

        Only its address is known. RateLimited, not raised, where it was one too many.
        """
        if passage.is_counted:
            return None
        passage.is_counted = True
        rules = self._rules.of_address(passage)
        if not rules:
            return None
        standing = await self._limiter.ask(rules)
        if standing.refused is not None:
            return _refusal(passage, standing)
        passage.answer_headers += limit_headers(standing)
        return None

    async def admit_submit(self, passage: Passage, user_id: UUID, operation: str) -> None:
        """Count an order for a task of this type; RateLimited where it cannot be taken now."""
        door = await self._door(passage)
        await self._ask(passage, self._rules.of_submit(passage, user_id, operation, door))

    async def follow(self, passage: Passage) -> None:
        """Count an event stream until its end; TooManyFollowers where the address has enough."""
        if not passage.address or self._rules.is_spared(passage.address):
            return
        leave = await self._streams.take(passage.counted_as)
        if leave is None:
            _refused.labels("streams").inc()
            raise TooManyFollowers("Too many event streams are open from this address.")
        passage.at_end(leave)

    async def _ask(self, passage: Passage, rules: list[Rule]) -> None:
        if not rules:
            return
        standing = await self._limiter.ask(rules)
        if standing.refused is not None:
            raise _refusal(passage, standing)
        if standing.is_local and passage.must_be_shared:
            _refused.labels("away").inc()
            raise LimitsAway("This is not possible just now; try again soon.")
        passage.answer_headers += limit_headers(standing)

    async def _door(self, passage: Passage) -> Door | None:
        """The channel: the token's, else the one that the path leads in by or that is named, else
        the host's.
        """
        if passage.channel_id is not None:
            door = await self._doors.of_id(passage.channel_id)
        elif (slug := channel_in(passage.path)) is not None:
            door = await self._doors.named(slug)
        elif passage.channel_named is not None:
            door = await self._doors.named(passage.channel_named)
            if door is None:
                raise NoSuchDoor("There is no such channel.")
        else:
            door = await self._doors.at_host(passage.host)
        if door is not None and passage.channel_slug is None:
            passage.channel_id, passage.channel_slug = door.id, door.slug
            bind_contextvars(channel=door.slug)
        return door


def _refusal(passage: Passage, standing: Standing) -> RateLimited:
    policies = violated(standing)
    for policy in policies:
        _refused.labels(policy).inc()
    passage.answer_headers = limit_headers(standing)
    return RateLimited(policies, retry_after(standing))
