"""ComfyUI's servers, put together for one process: who is watched, who is given what, who is heard.

A server stands where a provider's credential does: an attempt remembers its name, and is asked
about there alone. One that is lost is recalled without an address.
"""

import asyncio
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import structlog

from gesso.domain.tasks.work import Assignment, Desk, Heard, NoPlace
from gesso.infra.errors import Unavailable
from gesso.infra.http import Http
from gesso.infra.settings import Settings
from gesso.providers import Credential
from gesso.providers.comfyui.listener import Listeners
from gesso.providers.comfyui.provider import ComfyUI
from gesso.providers.comfyui.template import read_template
from gesso.providers.comfyui.watch import Server, Watch
from gesso.providers.credentials import NoCredential

log = structlog.get_logger()

_FULL: Final = 1.0
_AWAY: Final = 5.0
"""Seconds until a job is looked at again for which every server is full, or away."""


class Servers:
    """Gives each attempt the least full server that answers and offers what its workflow needs."""

    def __init__(
        self, desk: Desk, servers: Mapping[str, Server], watch: Watch, listeners: Listeners
    ) -> None:
        self._desk, self._servers = desk, servers
        self._watch, self._listeners = watch, listeners

    async def take(self, job: Assignment, recipe: str | None) -> Credential:
        """A server with a free place, which is taken now."""
        template = read_template(recipe) if recipe else None
        needed = frozenset(template.tags) if template else frozenset[str]()
        able = [server for server in self._servers.values() if needed <= server.tags]
        if not able:
            tagged = f" tagged {', '.join(sorted(needed))}" if needed else ""
            raise NoCredential("no_server", f"There is no ComfyUI server{tagged} here.")
        queued = await asyncio.gather(*[self._watch.queued(server.name) for server in able])
        answering = sorted(
            (number, server.name, server.capacity)
            for number, server in zip(queued, able, strict=True)
            if number is not None
        )
        if not answering:
            raise NoPlace("no server answers", after=_AWAY)
        name = await self._desk.place(job, {name: room for _, name, room in answering})
        if name is None:
            raise NoPlace("every server is full", after=_FULL)
        self._listeners.expect(name, job.attempt_id, len(template.graph) if template else 1)
        return self._credential(self._servers[name])

    async def recall(self, name: str) -> Credential:
        """The server that has the job."""
        if await self._watch.is_lost(name):
            log.warning("server_lost", server=name)
            return Credential(name)
        return self._credential(self._servers[name])

    def _credential(self, server: Server) -> Credential:
        secrets = {"client": self._listeners.client}
        if server.token:
            secrets["token"] = server.token
        return Credential(server.name, server.url, secrets)


def open_servers(settings: Settings, desk: Desk, http: Http) -> tuple[Servers, Listeners]:
    """The servers of the settings, and who listens to them."""
    servers = servers_of(settings)

    async def hear(attempt: UUID, share: float, ended: bool) -> None:  # noqa: FBT001  # as it is told
        try:
            await desk.hear(Heard(attempt, share, ended))
        except Unavailable as error:
            # The next frame, or a poll, makes up for it.
            log.info("hearsay_not_written", reason=error.message)

    listeners = Listeners(http, servers, hear)
    watch = Watch(http, servers, lost_after=settings.comfyui.lost_after)
    return Servers(desk, servers, watch, listeners), listeners


def servers_of(settings: Settings) -> dict[str, Server]:
    """Every server by its name; a single one may be named as any provider is."""
    named = {
        name: Server(
            name,
            each.url,
            each.capacity,
            each.token.get_secret_value() if each.token else None,
            frozenset(each.tags),
        )
        for name, each in settings.comfyui.servers.items()
    }
    plain = settings.providers.get(ComfyUI.name)
    if not named and plain is not None and plain.root:
        token = plain.secrets.get("key")
        return {
            ComfyUI.name: Server(
                ComfyUI.name, plain.root, token=token.get_secret_value() if token else None
            )
        }
    return named
