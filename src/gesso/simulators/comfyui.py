"""A simulated ComfyUI: one prompt at a time, everything in memory, and nobody's word asked.

Source: ComfyUI 0.3.64 (`server.py`, `execution.py`) as it was seen to behave. What is easily got
wrong is as there: the history lags a moment behind the end, a graph that was run before is answered
from the cache with its old files, an interruption acts between nodes, a deleted prompt leaves no
trace, and a restart forgets all.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any, ClassVar, Self
from uuid import UUID, uuid4

from aiohttp import web

from gesso.simulators import comfy_graph, samples
from gesso.simulators.comfy_bench import Bench, Prompt, class_of
from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Simulator

_LAG = 0.05
"""Seconds between a prompt's end and its entry in the history."""
_COST = 10_000


class ComfyUI(Simulator):
    """A server that anybody may use who reaches it, unless a proxy before it wants a token."""

    name = "comfyui"
    secrets: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *, token: str | None = None, ignores_ids: bool = False) -> None:
        super().__init__()
        self.token, self.ignores_ids = token, ignores_ids
        self.pictures: dict[str, bytes] = {}
        """What was uploaded, by name."""
        self._waiting: list[Prompt] = []
        self._running: Prompt | None = None
        self._history: dict[str, dict[str, Any]] = {}
        self._bench = Bench()
        self._numbers = count()
        self._worker: asyncio.Task[None] | None = None

    def routes(self) -> Iterable[web.RouteDef]:
        """Each of them is under `/api` besides."""
        routes = [
            ("POST", "/prompt", self._queue_prompt),
            ("GET", "/prompt", self._tell_load),
            ("GET", "/queue", self._show_queue),
            ("POST", "/queue", self._change_queue),
            ("GET", "/history", self._show_history),
            ("GET", "/history/{id}", self._show_end),
            ("POST", "/interrupt", self._interrupt),
            ("POST", "/upload/image", self._upload),
            ("GET", "/view", self._view),
            ("GET", "/system_stats", self._stats),
            ("GET", "/ws", self._listen),
        ]
        return [
            web.route(method, prefix + path, handler)
            for prefix in ("", "/api")
            for method, path, handler in routes
        ]

    def allows(self, request: web.Request) -> bool:
        """There is no authentication, but for a proxy's."""
        wanted = f"Bearer {self.token}"
        return self.token is None or request.headers.get("Authorization") == wanted

    def refusal(self, fate: Fate) -> web.Response:
        """A graph that fails its validation, or what a proxy says."""
        if fate.status == 400:
            kind = fate.error or "prompt_outputs_failed_validation"
            return web.json_response(
                comfy_graph.error(kind, "Prompt outputs failed validation"), status=400
            )
        return web.Response(status=fate.status, text="not now")

    @asynccontextmanager
    async def open(self, port: int = 0) -> AsyncIterator[Self]:
        """Serve while the block lasts; what is unfinished at its end is lost."""
        async with super().open(port):
            try:
                yield self
            finally:
                await self.restart()

    async def restart(self) -> None:
        """Forget everything but the files, as a process that begins anew does."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
        for prompt in [*self._waiting, *([self._running] if self._running else [])]:
            prompt.job.cancelled = True
        self._waiting, self._running = [], None
        self._history.clear()
        self._bench.cache.clear()
        await self._bench.hang_up()

    async def _queue_prompt(self, request: web.Request) -> web.Response:
        asked = await request.json()
        graph, name = asked.get("prompt"), asked.get("prompt_id") or str(uuid4())
        if not _is_canonical(name):
            told = comfy_graph.error("invalid_prompt_id", "prompt_id must be a canonical UUID")
            return web.json_response(told, status=400)
        fault = comfy_graph.unsound(graph) or comfy_graph.faults(graph, self.pictures.keys())
        if fault is not None:
            return web.json_response(fault, status=400)
        if self.ignores_ids:
            name = str(uuid4())
        known = sum(each.partition("#")[0] == name for each in self.jobs)
        job = await self.take(
            request,
            kind=_kind_of(graph),
            prompt=comfy_graph.words_of(graph),
            asked=asked,
            cost=_COST,
            name=f"{name}#{known + 1}" if known else name,
        )
        fate = job.fate
        # Until its turn has come and gone, it is at work for as long as anybody knows.
        job.fate = replace(fate, seconds=None)
        extra = {**asked.get("extra_data", {}), "client_id": asked.get("client_id")}
        prompt = Prompt(next(self._numbers), name, graph, extra, job, fate)
        self._waiting.append(prompt)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
            self._tasks.add(self._worker)
        return web.json_response({"prompt_id": name, "number": prompt.number, "node_errors": {}})

    async def _work(self) -> None:
        while self._waiting:
            prompt = self._running = self._waiting.pop(0)
            await self._tell_load_to_all()
            status = await self._bench.execute(prompt)
            self._running = None
            prompt.job.cancelled = prompt.interrupted
            prompt.job.fate = replace(prompt.fate, seconds=0)
            await asyncio.sleep(_LAG)
            self._history[prompt.id] = {
                "prompt": prompt.as_listed(),
                "outputs": prompt.outputs,
                "meta": {},
                "status": {
                    "status_str": status,
                    "completed": status == "success",
                    "messages": prompt.messages,
                },
            }
            await self._tell_load_to_all()

    async def _tell_load_to_all(self) -> None:
        data = {"status": {"exec_info": {"queue_remaining": self.load}}}
        await self._bench.tell({"type": "status", "data": data}, list(self._bench.sockets))

    @property
    def load(self) -> int:
        """How many prompts are in the queue, the running one among them."""
        return len(self._waiting) + (self._running is not None)

    async def _tell_load(self, _request: web.Request) -> web.Response:
        return web.json_response({"exec_info": {"queue_remaining": self.load}})

    async def _show_queue(self, _request: web.Request) -> web.Response:
        running = [self._running] if self._running else []
        listed = {"queue_running": running, "queue_pending": self._waiting}
        return web.json_response({k: [each.as_listed() for each in v] for k, v in listed.items()})

    async def _change_queue(self, request: web.Request) -> web.Response:
        asked = await request.json()
        gone = [p for p in self._waiting if asked.get("clear") or p.id in asked.get("delete", [])]
        for prompt in gone:
            self._waiting.remove(prompt)
            prompt.job.cancelled = True
        return web.Response()

    async def _show_history(self, request: web.Request) -> web.Response:
        most = int(request.query.get("max_items", len(self._history)))
        return web.json_response(dict(list(self._history.items())[-most:] if most else []))

    async def _show_end(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        entry = self._history.get(name)
        return web.json_response({} if entry is None else {name: entry})

    async def _interrupt(self, request: web.Request) -> web.Response:
        asked = await request.json() if request.can_read_body else {}
        wanted = asked.get("prompt_id")
        if self._running is not None and wanted in (None, self._running.id):
            self._running.interrupted = self._running.fate.cancels
        return web.Response()

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        picture = form.get("image")
        if not isinstance(picture, web.FileField):
            return web.Response(status=400)
        name, content = picture.filename, picture.file.read()
        if form.get("overwrite") not in ("true", "1"):
            stem, _, suffix = name.rpartition(".")
            for number in count(1):
                if self.pictures.get(name, content) == content:
                    break
                name = f"{stem} ({number}).{suffix}"
        self.pictures[name] = content
        kind = form.get("type", "input")
        return web.json_response({"name": name, "subfolder": "", "type": kind})

    async def _view(self, request: web.Request) -> web.Response:
        asked = request.query
        if ".." in asked.get("filename", "") + asked.get("subfolder", ""):
            return web.Response(status=403)
        key = (asked.get("filename", ""), asked.get("subfolder", ""), asked.get("type", "output"))
        found = self._bench.files.get(key)
        if found is None:
            return web.Response(status=404)
        return web.Response(body=found[0], content_type=found[1])

    async def _stats(self, _request: web.Request) -> web.Response:
        return web.json_response({"system": {"comfyui_version": "0.3.64"}, "devices": []})

    async def _listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        name = request.query.get("clientId") or uuid4().hex
        self._bench.sockets[name] = socket
        status = {"exec_info": {"queue_remaining": self.load}}
        try:
            await socket.send_json({"type": "status", "data": {"status": status, "sid": name}})
            async for _ in socket:
                pass
        finally:
            if self._bench.sockets.get(name) is socket:
                del self._bench.sockets[name]
        return socket


def _kind_of(graph: comfy_graph.Graph) -> samples.Kind:
    made = [class_of(node).makes for node in graph.values()]
    return next((kind for kind in made if kind), "image")


def _is_canonical(name: object) -> bool:
    try:
        return isinstance(name, str) and str(UUID(name)) == name
    except ValueError:
        return False
