"""The watch over ComfyUI's servers: which answer, how much they have to do, which are lost.

A look is good for a moment and made when somebody wants to know, so that a server which is not used
is not asked. Each process sees for itself.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gesso.infra.http import Http, HttpError

_FRESH: Final = 2.0
"""Seconds for which a look is good."""
_PATIENCE: Final = 5.0
_LEAST_LOOKS: Final = 2
"""One look that failed could be a hiccup of ours."""


@dataclass(frozen=True, slots=True)
class Server:
    """One ComfyUI."""

    name: str
    url: str
    capacity: int = 1
    token: str | None = field(default=None, repr=False)
    tags: frozenset[str] = frozenset()

    @property
    def headers(self) -> Mapping[str, str]:
        """What opens it."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@dataclass(slots=True)
class _Seen:
    """What the last looks at a server have shown."""

    looked_at: float | None = None
    queued: int | None = None
    """Prompts in its queue, whoever sent them; None: it did not answer."""
    silent_since: float = 0.0
    silences: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Watch:
    """Looks at servers as they are needed; `lost_after` seconds of silence they are given up."""

    def __init__(
        self,
        http: Http,
        servers: Mapping[str, Server],
        *,
        lost_after: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http, self._servers, self._lost_after, self._now = http, servers, lost_after, now
        self._seen = {name: _Seen() for name in servers}

    async def queued(self, name: str) -> int | None:
        """How many prompts the server has in its queue; None when it does not answer."""
        seen = self._seen[name]
        async with seen.turn:
            if seen.looked_at is None or self._now() - seen.looked_at >= _FRESH:
                await self._look(self._servers[name], seen)
        return seen.queued

    async def is_lost(self, name: str) -> bool:
        """Whether a server is gone, or has been silent for so long that it counts as gone. What it
        was given is made elsewhere then: a render costs nothing but its time.
        """
        if name not in self._servers:
            return True
        if await self.queued(name) is not None:
            return False
        seen = self._seen[name]
        silence = self._now() - seen.silent_since
        return seen.silences >= _LEAST_LOOKS and silence >= self._lost_after

    async def _look(self, server: Server, seen: _Seen) -> None:
        seen.queued = await self._ask(server)
        seen.looked_at = self._now()
        if seen.queued is not None:
            seen.silences = 0
            return
        if not seen.silences:
            seen.silent_since = seen.looked_at
        seen.silences += 1

    async def _ask(self, server: Server) -> int | None:
        try:
            reply = await self._http.request(
                "GET",
                f"{server.url}/prompt",
                headers=server.headers,
                body=None,
                total=_PATIENCE,
                limit=1 << 16,
                trusted=server.url,
            )
            told = json.loads(reply.body) if reply.status == 200 else None
            return None if told is None else int(told["exec_info"]["queue_remaining"])
        except (HttpError, ValueError, LookupError, TypeError):
            return None
