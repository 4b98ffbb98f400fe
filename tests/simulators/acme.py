"""Acme: a provider as others are, over real HTTP, with its own truth, its own bill and its moods.

`POST /jobs` takes a job (at `POST /images` the picture is the answer), `GET /jobs/{id}` tells how
far it is, `GET /jobs?client_ref=` finds what a client lost sight of, `DELETE /jobs/{id}` stops it,
`/files/{id}` has the result. What befalls a job is said before, by its prompt:
`acme.plan("a ceramic owl", Plan(status=500), Plan())`; a job without a prompt goes by its model.
"""

import asyncio
import tempfile
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from tests.unit.media import corpus

KEY = "acme-secret"
COST = 20_000
"""What a render costs, in millionths of Acme's currency."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What befalls one submission; as it stands, it is taken, rendered at once and billed."""

    status: int = 202
    takes: bool = True
    """Whether it is taken; a refusal may be a lie."""
    loses_answer: bool = False
    """The connection is cut where the answer should come."""
    retry_after: float | None = None
    latency: float = 0.0
    seconds: float | None = 0.0
    """How long it renders; None: for ever."""
    fails: str | None = None
    """The code with which the render fails; a failed render is not billed."""
    cancels: bool = True
    file: Literal["sound", "html", "truncated", "slow", "gone"] = "sound"


@dataclass(slots=True)
class Render:
    """A job that Acme has taken, whether its client knows or not."""

    id: str
    client_ref: str | None
    body: dict[str, Any]
    plan: Plan
    begun: float = field(default_factory=time.monotonic)
    cancelled: bool = False

    @property
    def status(self) -> str:
        """How it stands now."""
        if self.cancelled:
            return "cancelled"
        if self.plan.seconds is None or time.monotonic() - self.begun < self.plan.seconds:
            return "working"
        return "failed" if self.plan.fails else "done"

    @property
    def cost(self) -> int:
        """What it is billed at; the work counts, not the delivery."""
        return COST if self.status == "done" else 0


class Acme:
    """The server's truth, which a test may read, and the plans that it may lay."""

    def __init__(self) -> None:
        self.url = ""
        self.renders: dict[str, Render] = {}
        self.traces: dict[str, list[tuple[str, str]]] = {}
        """By prompt: `traceparent` and `tracestate` of each submission."""
        self.peak: Counter[str] = Counter()
        """The most jobs of each model that were at work at once."""
        self._plans: dict[str, deque[Plan]] = {}
        self._asked = 0
        self._site: web.TCPSite | None = None
        self._runner: web.AppRunner | None = None

    def plan(self, prompt: str, *plans: Plan) -> None:
        """Say what befalls the next submissions of this prompt, one by one; later ones go well."""
        self._plans.setdefault(prompt, deque()).extend(plans)

    def of(self, prompt: str) -> list[Render]:
        """What was taken of this prompt, in order."""
        return [each for each in self.renders.values() if _name(each.body) == prompt]

    @property
    def served(self) -> list[str]:
        """The prompts of all that was taken, in order."""
        return [_name(render.body) for render in self.renders.values()]

    def bill(self, prompt: str) -> int:
        """What the renders of this prompt cost together."""
        return sum(render.cost for render in self.of(prompt))

    def working(self, model: str) -> int:
        """How many jobs of this model are at work."""
        return sum(
            r.status == "working" for r in self.renders.values() if r.body.get("model") == model
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Acme"]:
        """Serve on a free port of this machine while the block lasts."""
        app = web.Application(middlewares=[self._check_key])
        app.add_routes(
            [
                web.post("/jobs", self._take),
                web.post("/images", self._make),
                web.get("/jobs", self._find),
                web.get("/jobs/{id}", self._show),
                web.delete("/jobs/{id}", self._stop),
                web.get("/files/{id}", self._deliver),
            ]
        )
        self._runner = web.AppRunner(app, handle_signals=False)
        await self._runner.setup()
        await self._listen(0)
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            await self._runner.cleanup()

    @asynccontextmanager
    async def refusing_connections(self) -> AsyncIterator[None]:
        """Nobody answers at the port while the block lasts."""
        assert self._site is not None
        assert self._runner is not None
        assert self._runner.server is not None
        port = int(self.url.rpartition(":")[2])
        await self._site.stop()
        await self._runner.server.shutdown(0.05)
        await asyncio.sleep(0.05)  # until clients have seen that their connections are gone
        try:
            yield
        finally:
            await self._listen(port)

    async def _listen(self, port: int) -> None:
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True)
        await self._site.start()

    @web.middleware
    async def _check_key(self, request: web.Request, handler: Any) -> web.StreamResponse:
        is_file = request.path.startswith("/files/")
        if not is_file and request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": "unauthorized"}, status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _accept(self, request: web.Request) -> tuple[Plan, Render | None]:
        body = await request.json()
        told = (request.headers.get("traceparent", ""), request.headers.get("tracestate", ""))
        self.traces.setdefault(_name(body), []).append(told)
        waiting = self._plans.get(_name(body))
        plan = waiting.popleft() if waiting else Plan()
        await asyncio.sleep(plan.latency)
        render = None
        if plan.takes:
            self._asked += 1
            render = Render(f"job-{self._asked}", body.get("client_ref"), body, plan)
            self.renders[render.id] = render
            model = str(body.get("model"))
            self.peak[model] = max(self.peak[model], self.working(model))
        if plan.loses_answer and request.transport is not None:
            request.transport.abort()
        return plan, render

    async def _take(self, request: web.Request) -> web.StreamResponse:
        plan, render = await self._accept(request)
        if plan.status >= 400 or render is None:
            return _refusal(plan)
        return web.json_response({"id": render.id}, status=plan.status)

    async def _make(self, request: web.Request) -> web.StreamResponse:
        plan, render = await self._accept(request)
        if plan.status >= 400 or render is None:
            return _refusal(plan)
        return web.Response(body=_files()["paint"], content_type="image/png")

    async def _find(self, request: web.Request) -> web.Response:
        ref = request.query["client_ref"]
        found = [_shown(each, self.url) for each in self.renders.values() if each.client_ref == ref]
        return web.json_response({"items": found})

    async def _show(self, request: web.Request) -> web.Response:
        render = self.renders.get(request.match_info["id"])
        if render is None:
            return web.json_response({"error": "not_found"}, status=404)
        return web.json_response(_shown(render, self.url))

    async def _stop(self, request: web.Request) -> web.Response:
        render = self.renders[request.match_info["id"]]
        if render.status != "working" or not render.plan.cancels:
            return web.json_response({"error": "too_late"}, status=409)
        render.cancelled = True
        return web.json_response(_shown(render, self.url))

    async def _deliver(self, request: web.Request) -> web.StreamResponse:
        render = self.renders[request.match_info["id"]]
        content = _files()[_kind(render)]
        match render.plan.file:
            case "gone":
                return web.json_response({"error": "expired"}, status=404)
            case "html":
                return web.Response(body=corpus.HTML, content_type="image/png")
            case "truncated":
                return web.Response(body=content[: len(content) // 2], content_type="image/png")
            case "slow":
                return await _drip(request, content)
        return web.Response(body=content)


def _name(body: dict[str, Any]) -> str:
    return str(body.get("prompt") or body["model"])


def _refusal(plan: Plan) -> web.Response:
    headers = {} if plan.retry_after is None else {"Retry-After": f"{plan.retry_after:g}"}
    codes = {400: "content_policy", 404: "not_found", 429: "rate_limited"}
    error = codes.get(plan.status, "internal")
    return web.json_response({"error": error}, status=plan.status, headers=headers)


def _shown(render: Render, root: str) -> dict[str, Any]:
    done = render.status == "done"
    return {
        "id": render.id,
        "status": render.status,
        "progress": 1.0 if done else 0.5,
        "files": [f"{root}/files/{render.id}"] if done else [],
        "error": render.plan.fails if render.status == "failed" else None,
        "cost": render.cost,
    }


def _kind(render: Render) -> str:
    model = str(render.body.get("model"))
    return model if model in _files() else "paint"


async def _drip(request: web.Request, content: bytes) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    step = -(-len(content) // 10)
    for start in range(0, len(content), step):
        await answer.write(content[start : start + step])
        await asyncio.sleep(0.05)
    return answer


@cache
def _files() -> dict[str, bytes]:
    """One sound file of each kind."""
    return dict(_made())


def _made() -> Iterator[tuple[str, bytes]]:
    yield "paint", corpus.saved(corpus.picture(), "PNG")
    yield "sculpt", corpus.box()
    with tempfile.TemporaryDirectory() as folder:
        yield "film", corpus.video(Path(folder) / "film.mp4")
