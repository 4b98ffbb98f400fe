"""The listeners: progress over ComfyUI's WebSocket, one line a server and process.

Frames go to the client that a prompt names, so a process hears of what it has submitted. Nothing
hangs on them: a frame that is lost was never the truth, which is asked for by polls.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from gesso.infra.http import Http, HttpError
from gesso.providers.comfyui.watch import Server

log = structlog.get_logger()

Hear = Callable[[UUID, float, bool], Awaitable[None]]
"""Told of an attempt how far it is, between 0 and 1, and whether it has ended."""
_TELL_EVERY: Final = 0.5
_REST: Final = 2.0
"""Seconds before a line that broke off is opened again."""
_FORGET: Final = 6 * 3600.0
"""Seconds after which nobody waits for a prompt's end any more."""
_ENDS: Final = frozenset({"execution_success", "execution_error", "execution_interrupted"})


@dataclass(slots=True)
class Run:
    """A prompt under way: which of its nodes are done, and how far the present one is."""

    server: str
    nodes: int
    begun: float = field(default_factory=time.monotonic)
    done: set[str] = field(default_factory=set)
    at: str | None = None
    part: float = 0.0
    ended: bool = False
    told_at: float = 0.0

    @property
    def share(self) -> float:
        """How far it is, as if every node took as long."""
        return min(1.0, (len(self.done) + self.part) / max(1, self.nodes))

    def take(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take in a frame."""
        if kind in _ENDS or (kind == "executing" and data.get("node") is None):
            self.ended = True
        elif kind == "execution_cached":
            self.done.update(map(str, data.get("nodes", ())))
        elif kind == "executing":
            self._go_to(str(data["node"]))
        elif kind == "executed":
            self.done.add(str(data["node"]))
            self.part = 0.0
        elif kind == "progress":
            self._go_to(str(data.get("node") or self.at))
            self.part = _ratio(data)
        elif kind == "progress_state":
            self._take_state(data.get("nodes", {}))

    def _go_to(self, node: str) -> None:
        if self.at is not None and self.at != node:
            self.done.add(self.at)
        if self.at != node:
            self.at, self.part = node, 0.0

    def _take_state(self, nodes: Mapping[str, Mapping[str, Any]]) -> None:
        for name, node in nodes.items():
            if node.get("state") == "finished":
                self.done.add(name)
            elif node.get("state") == "running":
                self._go_to(name)
                self.part = _ratio(node)


def _ratio(step: Mapping[str, Any]) -> float:
    most = float(step.get("max") or 0)
    return min(1.0, max(0.0, float(step.get("value") or 0) / most)) if most > 0 else 0.0


class Listeners:
    """Hears of the prompts that this process has submitted, for as long as there are any."""

    def __init__(self, http: Http, servers: Mapping[str, Server], hear: Hear) -> None:
        self._http, self._servers, self._hear = http, servers, hear
        self._runs: dict[UUID, Run] = {}
        self._open: set[str] = set()
        self._wanted = asyncio.Event()
        self.client = str(uuid4())
        """By which a prompt names this process."""

    def expect(self, server: str, attempt: UUID, nodes: int) -> None:
        """A prompt of this attempt is about to be sent there; it has so many nodes."""
        self._runs[attempt] = Run(server, nodes)
        self._wanted.set()

    async def keep(self) -> None:
        """Listen wherever something is expected, for ever."""
        async with asyncio.TaskGroup() as lines:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                for name in {run.server for run in self._runs.values()} - self._open:
                    self._open.add(name)
                    lines.create_task(self._line(self._servers[name]))

    async def _line(self, server: Server) -> None:
        try:
            while self._awaits(server):
                try:
                    await self._follow(server)
                except HttpError as error:
                    log.info("listening_broken_off", server=server.name, reason=str(error))
                if self._awaits(server):
                    await asyncio.sleep(_REST)
        finally:
            self._open.discard(server.name)
            self._wanted.set()  # somebody may have come meanwhile

    async def _follow(self, server: Server) -> None:
        url = f"{server.url}/ws?clientId={self.client}".replace("http", "ws", 1)
        async with aclosing(self._http.listen(url, headers=server.headers)) as frames:
            async for frame in frames:
                await self._take(frame)
                if not self._awaits(server):
                    return

    async def _take(self, frame: str) -> None:
        """Take in a frame, which may be anything; what is of no prompt of ours says nothing."""
        try:
            told = json.loads(frame)
            data = told["data"]
            attempt = UUID(str(data["prompt_id"]))
            run = self._runs[attempt]
            run.take(str(told["type"]), data)
        except (ValueError, LookupError, TypeError, AttributeError):
            return
        if run.ended:
            del self._runs[attempt]
        elif time.monotonic() - run.told_at < _TELL_EVERY:
            return
        run.told_at = time.monotonic()
        await self._hear(attempt, run.share, run.ended)

    def _awaits(self, server: Server) -> bool:
        over = time.monotonic() - _FORGET
        for attempt in [each for each, run in self._runs.items() if run.begun < over]:
            del self._runs[attempt]
        return any(run.server == server.name for run in self._runs.values())
