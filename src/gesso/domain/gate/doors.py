"""Doors: by which channel a request comes in, without a query for each of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from gesso.infra.db import DatabaseAway
from gesso.infra.errors import Invalid
from gesso.kit.rates import Rate, parse_rate

_log = structlog.get_logger("gesso.gate")

_FRESH: Final = 5.0
"""Seconds for which the doors are believed to stand as they were seen."""
_REST: Final = 1.0
"""Seconds at least between looks for a door that was not seen."""
_NAMES: Final = ("requests", "submits", "signins")


@dataclass(frozen=True, slots=True)
class Door:
    """A channel, as far as it matters who comes in by it."""

    id: UUID
    slug: str
    tenant_id: UUID
    """Whose door it is; only the callers of this tenant use its quotas up."""
    hosts: frozenset[str] = frozenset()
    requests: Rate | None = None
    """Of all who come in by it together; of strangers from each network by itself."""
    submits: Rate | None = None
    signins: Rate | None = None
    """Tries to sign in, from each network by itself."""


Look = Callable[[], Awaitable[Sequence[Door]]]
"""Reads every open channel."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The doors as they stood at a time of the loop's clock."""

    at: float
    by_id: Mapping[UUID, Door] = field(default_factory=dict)
    by_slug: Mapping[str, Door] = field(default_factory=dict)
    by_host: Mapping[str, Door] = field(default_factory=dict)


class Doors:
    """Knows every door for some seconds; who comes meanwhile does not wait for the next look."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._seen: _Seen | None = None
        self._looking: asyncio.Task[None] | None = None

    async def of_id(self, channel_id: UUID) -> Door | None:
        """The door that a token was given out at."""
        seen = await self._current()
        found = seen.by_id.get(channel_id)
        if found is None and await self._again(seen):
            return (await self._current()).by_id.get(channel_id)
        return found

    async def named(self, slug: str) -> Door | None:
        """The door of this name."""
        seen = await self._current()
        found = seen.by_slug.get(slug)
        if found is None and await self._again(seen):
            return (await self._current()).by_slug.get(slug)
        return found

    async def at_host(self, host: str) -> Door | None:
        """The door to which this host name leads; any other host leads to none in particular."""
        return (await self._current()).by_host.get(host)

    async def _current(self) -> _Seen:
        now = asyncio.get_running_loop().time()
        if self._seen is None:
            await self._refresh()
        elif now - self._seen.at > _FRESH:
            self._start()
        return self._seen or _Seen(now)

    async def _again(self, seen: _Seen) -> bool:
        """Look once more for what was not there; not for everybody who makes up a name."""
        if asyncio.get_running_loop().time() - seen.at < _REST:
            return False
        await self._refresh()
        return True

    def _start(self) -> "asyncio.Task[None]":
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._read())
        return self._looking

    async def _refresh(self) -> None:
        # Whoever asked first may leave; the others wait for the same look.
        await asyncio.shield(self._start())

    async def _read(self) -> None:
        """While the database is away the doors stay as they were."""
        with suppress(DatabaseAway):
            doors = await self._look()
            self._seen = _Seen(
                asyncio.get_running_loop().time(),
                {door.id: door for door in doors},
                {door.slug: door for door in doors},
                {host: door for door in doors for host in door.hosts},
            )


def door_of(
    channel_id: UUID,
    slug: str,
    tenant_id: UUID,
    hosts: Sequence[object],
    limits: Mapping[str, object],
) -> Door:
    """The door of a channel's row; a limit in it that cannot be read is told and left out."""
    rates: dict[str, Rate] = {}
    for name, text in limits.items():
        try:
            rates |= channel_limits({name: text})
        except Invalid:
            _log.warning("channel_limit_unreadable", channel=slug, limit=name)
    names = frozenset(str(host).lower() for host in hosts)
    return Door(channel_id, slug, tenant_id, names, **rates)


def channel_limits(limits: Mapping[str, object]) -> dict[str, Rate]:
    """The rates in `channel.limits`, by name: `requests`, `submits`, `signins`. Invalid for
    anything else.
    """
    rates = {}
    for name, text in limits.items():
        if name not in _NAMES:
            raise Invalid(f"A channel limits {', '.join(_NAMES)}, not {name!r}.")
        try:
            rates[name] = parse_rate(str(text))
        except ValueError as error:
            raise Invalid(f"`{name}`: {error}.") from error
    return rates
