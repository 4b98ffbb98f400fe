"""A gesso server as any program outside of it sees it: HTTP and a key, nothing else."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import aiohttp

from gesso.app.cli.trouble import Trouble

Json = Mapping[str, Any]

_PIECE = 1 << 16
_TRIES = 5
_PAUSE = 0.3
_SILENCE = 60
"""Seconds without a byte after which a connection counts as dead; streams have a heartbeat."""


class Refused(Trouble):
    """The server said no; `code` is its stable word for it, `status` the HTTP status."""

    def __init__(self, message: str, *, status: int, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Client:
    """One person's way into one server."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        self._session = session
        self._root = f"{url.rstrip('/')}/api/v1"
        self._proof = {"Authorization": f"Bearer {key}"}

    async def submit(self, order: Json) -> Json:
        """Order a piece of work; its idempotency key makes it
        safe to send again on a shaky line.
        """
        return await self._persist("POST", "tasks", order, {"Idempotency-Key": uuid4().hex})

    async def task(self, task_id: str) -> Json:
        """The task as it stands."""
        return await self._persist("GET", f"tasks/{task_id}")

    async def select(self, task_id: str, index: int) -> Json:
        """Choose one of the pictures; the next phase begins and its price is frozen."""
        return await self._ask("PATCH", f"tasks/{task_id}", {"selected_image_index": index})

    async def cancel(self, task_id: str) -> Json:
        """Ask for the end of a task; what is at a provider may still take a moment."""
        return await self._ask("POST", f"tasks/{task_id}/cancel")

    async def wallet(self) -> Json:
        """What there is."""
        return await self._persist("GET", "wallet")

    async def entries(self, *, limit: int) -> Sequence[Json]:
        """The newest movements of the wallet, the newest first."""
        page = await self._persist("GET", f"wallet/entries?limit={limit}")
        return cast(Sequence[Json], page["items"])

    @asynccontextmanager
    async def watch(self, task_id: str, cursor: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """The stream of a task's events behind `cursor`; 204 when there are no more."""
        headers = {**self._proof, "Accept": "text/event-stream", "Last-Event-ID": cursor}
        url = f"{self._root}/tasks/{task_id}/events"
        async with self._session.get(url, headers=headers) as answer:
            await _require_success(answer)
            yield answer

    async def download(self, url: str, file: Path) -> None:
        """Fetch a signed link, which needs no key, into `file`; it appears whole or not at all."""
        beside = file.with_name(f".{file.name}.part")
        try:
            async with self._session.get(url) as answer:
                await _require_success(answer)
                with beside.open("wb") as written:
                    async for piece in answer.content.iter_chunked(_PIECE):
                        written.write(piece)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)

    async def _persist(
        self, method: str, path: str, body: Json | None = None, headers: Json | None = None
    ) -> Json:
        """Ask what may safely be asked twice, again after a break."""
        for tried in range(1, _TRIES + 1):
            try:
                return await self._ask(method, path, body, headers)
            except aiohttp.ClientConnectionError:
                if tried == _TRIES:
                    raise
            except Refused as refused:
                if refused.status != 503 or tried == _TRIES:
                    raise
            await asyncio.sleep(_PAUSE * tried)
        raise AssertionError("the last try returns or raises")

    async def _ask(
        self, method: str, path: str, body: Json | None = None, headers: Json | None = None
    ) -> Json:
        sent = {**self._proof, **(headers or {})}
        url = f"{self._root}/{path}"
        async with self._session.request(method, url, json=body, headers=sent) as answer:
            await _require_success(answer)
            return cast(Json, await answer.json())


@asynccontextmanager
async def connected(url: str, key: str) -> AsyncIterator[Client]:
    """A client of the server at `url`, known there by `key`."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_SILENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Client(session, url, key)


async def _require_success(answer: aiohttp.ClientResponse) -> None:
    """Raise what the problem says, with the fields that it names."""
    if answer.status < 400:
        return
    said, code = f"{answer.url.origin()} answered {answer.status}.", "unknown"
    if "json" in answer.content_type:
        problem = cast(Json, await answer.json(content_type=None))
        code = str(problem.get("code", code))
        errors = cast(Sequence[Json], problem.get("errors") or ())
        said = "; ".join(map(_field, errors)) or str(problem.get("detail", said))
    raise Refused(f"{said} ({code})", status=answer.status, code=code)


def _field(error: Json) -> str:
    place = str(error.get("pointer") or error.get("parameter") or "").removeprefix("#/")
    return f"{place}: {error.get('detail')}"
