"""A client with a journal: every order that was acknowledged, and every answer that came."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

import aiohttp

ENDED = {"completed", "failed", "cancelled", "expired"}
_UNENDED = "&".join(f"status={status}" for status in ("queued", "running", "awaiting_selection"))


class Client:
    """Repeats under the same idempotency key until it is told what became of an order."""

    def __init__(self, key: str, *urls: str) -> None:
        self._urls = itertools.cycle(urls)
        self._key = key
        self._session: aiohttp.ClientSession | None = None
        self.journal: dict[str, str] = {}
        """Acknowledged tasks, and the prompt of each."""
        self.statuses: Counter[int] = Counter()
        self.problems: Counter[str] = Counter()
        self.retry_after: set[str | None] = set()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"authorization": f"Bearer {self._key}"},
            timeout=aiohttp.ClientTimeout(total=15),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session."""
        if self._session is None:
            raise RuntimeError("the client is not open")
        return self._session

    async def ask(self, method: str, path: str, **extra: Any) -> tuple[int, Any]:
        """One exchange, noted; what goes wrong below HTTP is raised."""
        url = f"{next(self._urls)}{path}"
        async with self.session.request(method, url, **extra) as answer:
            told = await answer.json()
            self.statuses[answer.status] += 1
            if answer.status >= 500:
                self.problems[str(told.get("code"))] += 1
                self.retry_after.add(answer.headers.get("retry-after"))
            return answer.status, told

    async def order(self, prompt: str, **details: object) -> str:
        """Order a picture and insist until it is acknowledged; the task's id."""
        order = {"type": "text_to_image", "prompt": prompt, "tier": "standard", **details}
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            try:
                status, told = await self.ask(
                    "POST", "/api/v1/tasks", json=order, headers={"idempotency-key": prompt}
                )
            except (aiohttp.ClientError, TimeoutError):
                status, told = 0, None
            if status == 202:
                self.journal[told["id"]] = prompt
                return str(told["id"])
            if status not in (0, 503):
                raise AssertionError(f"{status}: {told}")
            await asyncio.sleep(0.1)
        raise AssertionError("the order was not acknowledged in time")

    async def order_many(self, prompts: list[str], **details: object) -> list[str]:
        """Order them all, sixteen at a time."""
        turns = asyncio.Semaphore(16)

        async def one(prompt: str) -> str:
            async with turns:
                return await self.order(prompt, **details)

        return list(await asyncio.gather(*[one(prompt) for prompt in prompts]))

    async def unended(self) -> int:
        """How many of the owner's tasks have not ended; at most a page is counted."""
        _, told = await self.ask("GET", f"/api/v1/tasks?limit=100&{_UNENDED}")
        return len(told["items"])

    async def all_ended(self, *, within: float) -> float:
        """Wait for the end of every task; the seconds that it took."""
        begun = time.monotonic()
        while time.monotonic() - begun < within:
            if not await self.unended():
                return time.monotonic() - begun
            await asyncio.sleep(0.2)
        raise AssertionError(f"{await self.unended()} tasks have not ended within {within} seconds")

    async def task(self, task_id: str) -> dict[str, Any]:
        """A task as it is shown."""
        status, told = await self.ask("GET", f"/api/v1/tasks/{task_id}")
        assert status == 200, told
        return dict(told)

    async def tries(self, task_id: str) -> list[dict[str, Any]]:
        """Every try of every job of a task."""
        _, told = await self.ask("GET", f"/api/v1/tasks/{task_id}/jobs")
        return [attempt for job in told["items"] for attempt in job["attempts"]]

    @asynccontextmanager
    async def stream(
        self, cursor: str | None
    ) -> AsyncIterator[tuple[str, AsyncIterator[dict[str, str]]]]:
        """Where the live stream begins, and its messages until it breaks."""
        headers = {} if cursor is None else {"last-event-id": cursor}
        url = f"{next(self._urls)}/api/v1/events"
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=2)
        async with self.session.get(url, headers=headers, timeout=timeout) as answer:
            if answer.status != 200:
                raise aiohttp.ClientPayloadError(f"status {answer.status}")
            yield answer.headers["gesso-last-event-id"], _messages(answer.content)


class Watcher:
    """Follows the live stream over every break by `Last-Event-ID`, and keeps each message."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._cursor: str | None = None
        self._begin: str | None = None
        self._moved = asyncio.Condition()
        self.messages: list[dict[str, str]] = []
        self.breaks = 0

    async def started(self) -> str:
        """Where it began to watch, once it does; from there on nothing may be missed."""
        async with asyncio.timeout(20), self._moved:
            await self._moved.wait_for(lambda: self._begin is not None)
        return str(self._begin)

    async def heard(self, cursor: str) -> None:
        """Wait until this message has come; TimeoutError after ten seconds."""
        async with asyncio.timeout(10), self._moved:
            await self._moved.wait_for(lambda: self._cursor == cursor)

    async def watch(self) -> None:
        """Go on until cancelled."""
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self._client.stream(self._cursor) as (begin, messages):
                    self._begin = self._begin or begin
                    await self._move(self._cursor or begin)
                    async for message in messages:
                        self.messages.append(message)
                        await self._move(message["id"])
            self.breaks += 1
            await asyncio.sleep(0.1)

    async def _move(self, cursor: str) -> None:
        self._cursor = cursor
        async with self._moved:
            self._moved.notify_all()


async def _messages(content: aiohttp.StreamReader) -> AsyncIterator[dict[str, str]]:
    """Those that are numbered; what has no id is told in passing, and may be missed."""
    fields: dict[str, str] = {}
    async for line in content:
        name, _, value = line.decode().rstrip("\n").partition(":")
        if name:
            fields[name] = value.strip()
        elif not line.strip():
            if fields.keys() >= {"data", "id"}:
                yield fields
            fields = {}
