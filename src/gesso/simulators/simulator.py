"""The simulator: what every simulated provider has in common."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NoReturn, Self

import aiohttp
from aiohttp import web

from gesso.simulators import pictures, samples
from gesso.simulators.fate import Fate

State = Literal["working", "done", "failed", "cancelled"]
_PUSH_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(slots=True)
class Made:
    """A job that the provider has taken, whether its client knows or not."""

    id: str
    kind: samples.Kind
    prompt: str
    asked: Mapping[str, Any]
    """The request as it came, parsed."""
    fate: Fate
    cost: int
    """What it costs when it is done, in millionths of the provider's currency."""
    callback: str | None = None
    begun: float = field(default_factory=time.monotonic)
    cancelled: bool = False
    answers: list[int] = field(default_factory=list)
    """What the callback's address answered to each report."""

    @property
    def state(self) -> State:
        """How it stands now."""
        if self.cancelled:
            return "cancelled"
        if self.progress < 1:
            return "working"
        return "failed" if self.fate.fails else "done"

    @property
    def progress(self) -> float:
        """How far it is, between 0 and 1."""
        if self.fate.seconds is None:
            return 0.5
        if self.fate.seconds <= 0:
            return 1.0
        return min(1.0, (time.monotonic() - self.begun) / self.fate.seconds)

    @property
    def billed(self) -> int:
        """What it is billed at; the work counts, not the delivery."""
        return self.cost if self.state == "done" else 0


class Simulator(ABC):
    """A server that speaks one provider's protocol; its truth may be read, its fates laid down."""

    name: ClassVar[str]
    """The provider that it stands for."""
    secrets: ClassVar[Mapping[str, str]] = {"key": "a-simulated-key"}
    """What opens it: the parts of a credential."""

    def __init__(self) -> None:
        self.url = ""
        self.jobs: dict[str, Made] = {}
        self.calls: Counter[str] = Counter()
        """Requests by method and route."""
        self.traces: dict[str, list[str]] = {}
        """The `traceparent` of each, likewise; empty where there was none."""
        self.usual = Fate()
        """What befalls a submission for which nothing else was laid down."""
        self.peak = 0
        """The most jobs that were at work at once."""
        self._fates: dict[str, deque[Fate]] = {}
        self._taken = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None

    @abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """The routes of its protocol; `/files/{name}` is there already."""

    def allows(self, request: web.Request) -> bool:
        """Whether the request carries the right key: as a Bearer token, unless said otherwise."""
        return request.headers.get("Authorization") == f"Bearer {self.secrets['key']}"

    def denied(self) -> web.Response:
        """The answer to a request without the right key."""
        return web.json_response({"error": "unauthorized"}, status=401)

    def refusal(self, fate: Fate) -> web.Response:
        """The answer to a submission that is refused, in the provider's words."""
        return web.json_response({"error": fate.error or "refused"}, status=fate.status)

    def settings(self) -> Mapping[str, str]:
        """What leads a server to it, as variables of its environment."""
        prefix = f"GESSO_PROVIDERS__{self.name.upper()}__"
        secrets = {f"SECRETS__{part.upper()}": value for part, value in self.secrets.items()}
        return {f"{prefix}{name}": value for name, value in {"ROOT": self.url, **secrets}.items()}

    def pushed(self, job: Made) -> tuple[bytes, Mapping[str, str]]:
        """The report on a job that has ended: its bytes, and its headers with their signature."""
        raise LookupError(f"{self.name} reports nothing about {job.id}")

    def plan(self, prompt: str, *fates: Fate) -> None:
        """Say what befalls the next submissions of this prompt, one by one; then it is as usual."""
        self._fates.setdefault(prompt, deque()).extend(fates)

    def of(self, prompt: str) -> list[Made]:
        """What was taken of this prompt, in order."""
        return [job for job in self.jobs.values() if job.prompt == prompt]

    def bill(self, prompt: str | None = None) -> int:
        """What the jobs of this prompt cost together, or all of them."""
        return sum(job.billed for job in self.jobs.values() if prompt in (None, job.prompt))

    @property
    def working(self) -> int:
        """How many jobs are at work."""
        return sum(job.state == "working" for job in self.jobs.values())

    async def take(
        self,
        request: web.Request,
        *,
        kind: samples.Kind,
        prompt: str,
        asked: Mapping[str, Any],
        cost: int,
        callback: str | None = None,
        name: str | None = None,
    ) -> Made:
        """Take a job as its fate will have it; raises the refusal where there is one. `name`: the
        id that its client wants for it.
        """
        fate = await self.fate_of(prompt)
        job = None
        if fate.status < 400 or (fate.status >= 500 and fate.takes):
            self._taken += 1
            name = name or self.new_id(self._taken)
            job = self.jobs[name] = Made(name, kind, prompt, asked, fate, cost, callback)
            self.peak = max(self.peak, self.working)
            if callback and fate.pushes:
                await self._report(job)
        if fate.loses_answer and request.transport is not None:
            request.transport.abort()
        if fate.status >= 400 or job is None:
            self.refuse(fate)
        return job

    async def fate_of(self, prompt: str) -> Fate:
        """What befalls the next submission of this prompt, once its latency has passed."""
        waiting = self._fates.get(prompt)
        fate = waiting.popleft() if waiting else self.usual
        await asyncio.sleep(fate.latency)
        return fate

    def refuse(self, fate: Fate) -> NoReturn:
        """Answer a submission with its refusal."""
        raise _Refused(self._told(fate))

    def new_id(self, number: int) -> str:
        """The id of the job with this number, as the provider's ids look."""
        return f"{self.name}-{number:08d}"

    def cancel(self, job: Made) -> bool:
        """Stop it, if it can still be stopped."""
        if job.state != "working" or not job.fate.cancels:
            return False
        job.cancelled = True
        return True

    async def given(self, where: object) -> bytes:
        """A picture that stands in an order, by its address or as it is; raises the refusal of what
        is none.
        """
        if self._client is None:
            raise LookupError("a simulator that is not open fetches nothing")
        try:
            return await pictures.had(self._client, str(where))
        except pictures.NoPicture as error:
            raise self.refused(f"the picture cannot be had: {error}") from error

    async def given_film(self, where: object) -> bytes:
        """A film that stands in an order, likewise; by what its first bytes say it is."""
        if self._client is None:
            raise LookupError("a simulator that is not open fetches nothing")
        try:
            content = await pictures.fetched(self._client, str(where))
        except pictures.NoPicture as error:
            raise self.refused(f"the film cannot be had: {error}") from error
        if content[4:8] != b"ftyp":
            raise self.refused("it is no film")
        return content

    def refused(self, message: str, status: int = 400) -> Exception:
        """To be raised where an order makes no sense, in the provider's words."""
        return _Refused(self._told(Fate(status=status, error=message)))

    def file_url(self, job: Made) -> str:
        """Where its result can be had."""
        return f"{self.url}/files/{job.id}.{samples.SUFFIX[job.kind]}"

    @asynccontextmanager
    async def open(self, port: int = 0) -> AsyncIterator[Self]:
        """Serve on this machine while the block lasts."""
        app = web.Application(middlewares=[self._look], client_max_size=1 << 30)
        app.add_routes([web.get("/files/{name}", self._deliver), *self.routes()])
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        async with aiohttp.ClientSession(timeout=_PUSH_TIMEOUT) as self._client:
            try:
                yield self
            finally:
                for task in self._tasks:
                    task.cancel()
                await self._runner.cleanup()

    async def push(self, job: Made) -> int:
        """Report a job's end once, now; the status that the callback's address answered."""
        if self._client is None or job.callback is None:
            raise LookupError(f"{job.id} has nobody to report to")
        body, headers = self.pushed(job)
        try:
            async with self._client.post(job.callback, data=body, headers=headers) as answer:
                job.answers.append(answer.status)
        except (aiohttp.ClientError, TimeoutError):
            job.answers.append(0)
        return job.answers[-1]

    async def _report(self, job: Made) -> None:
        """Have a job's end reported as often as its fate says."""
        if job.fate.pushes_early:
            await self.push(job)
            return
        task = asyncio.create_task(self._push_when_done(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _push_when_done(self, job: Made) -> None:
        while job.state == "working":  # noqa: ASYNC110  # time alone ends it
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05 + job.fate.push_after)
        for _ in range(job.fate.pushes):
            await self.push(job)

    def _told(self, fate: Fate) -> web.Response:
        answer = self.refusal(fate)
        if fate.retry_after is not None:
            answer.headers["Retry-After"] = f"{fate.retry_after:g}"
        return answer

    @web.middleware
    async def _look(self, request: web.Request, handler: Any) -> web.StreamResponse:
        resource = request.match_info.route.resource
        what = f"{request.method} {resource.canonical if resource else request.path}"
        self.calls[what] += 1
        self.traces.setdefault(what, []).append(request.headers.get("traceparent", ""))
        if not request.path.startswith("/files/") and not self.allows(request):
            return self.denied()
        try:
            answer: web.StreamResponse = await handler(request)
        except _Refused as refused:
            return refused.answer
        return answer

    async def _deliver(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["name"].rpartition(".")[0])
        if job is None or job.state != "done" or job.fate.file == "gone":
            return web.Response(status=404, text="it has expired")
        content, kind = samples.sample(job.kind), samples.CONTENT_TYPE[job.kind]
        if job.fate.file == "html":
            content = b"<!doctype html><title>Sorry</title>"
        elif job.fate.file == "truncated":
            content = content[: len(content) // 2]
        return web.Response(body=content, content_type=kind)


class _Refused(Exception):
    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer
