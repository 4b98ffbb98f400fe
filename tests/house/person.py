"""Somebody who uses gesso over HTTP, as a program does."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import ClientSession
from multidict import CIMultiDictProxy

ENDS = ("completed", "failed", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as its reader sees it."""

    status: int
    headers: CIMultiDictProxy[str]
    content: bytes
    body: Any

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        return str(self.body["code"])


@dataclass
class Person:
    """Somebody with a key and a wallet."""

    web: ClientSession
    key: str
    id: UUID

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Reply:
        """One request under `/api/v1`."""
        if body is not None:
            options["json"] = body
        url = path if path.startswith(("http", "/openapi")) else f"/api/v1{path}"
        sent = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        async with self.web.request(method, url, headers=sent, **options) as answer:
            content = await answer.read()
            is_json = answer.content_type.endswith("json") and content
            return Reply(
                answer.status, answer.headers, content, await answer.json() if is_json else None
            )

    async def submit(self, type: str, **order: Any) -> dict[str, Any]:
        """A task that was taken in."""
        reply = await self.ask("POST", "/tasks", {"type": type, **order})
        assert reply.status == 202, reply
        return dict(reply.body)

    async def task(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """The task as it stands."""
        reply = await self.ask("GET", f"/tasks/{task['id']}")
        assert reply.status == 200, reply
        return dict(reply.body)

    async def jobs(self, task: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The task's jobs with every try."""
        return list((await self.ask("GET", f"/tasks/{task['id']}/jobs")).body["items"])

    async def wait(
        self, task: Mapping[str, Any], *statuses: str, seconds: float = 60
    ) -> dict[str, Any]:
        """The task once it has one of these statuses, or has ended if none is named."""
        wanted = statuses or ENDS
        seen = await self.see(task, lambda now: now["status"] in (*wanted, *ENDS), seconds=seconds)
        assert seen["status"] in wanted, seen
        return seen

    async def see(
        self,
        task: Mapping[str, Any],
        condition: Callable[[dict[str, Any]], bool],
        *,
        seconds: float = 60,
    ) -> dict[str, Any]:
        """The task once it is so."""
        async with asyncio.timeout(seconds):
            while not condition(seen := await self.task(task)):  # noqa: ASYNC110  # a story polls
                await asyncio.sleep(0.05)
        return seen

    async def make(self, type: str, **order: Any) -> dict[str, Any]:
        """A task that was taken in and has ended."""
        return await self.wait(await self.submit(type, **order), seconds=90)

    async def picture(self, of: str = "a square") -> str:
        """The id of a picture of their own, which says what it shows."""
        made = await self.make("sketch", prompt=of, tier="fast")
        return str(made["outputs"][0]["asset_id"])

    async def film(self, padding: int = 0) -> str:
        """The id of a short film of their own, as large as one second and `padding` bytes."""
        made = await self.make("clip", prompt="a second", padding=padding)
        return str(made["outputs"][0]["asset_id"])

    async def money(self) -> tuple[str, str]:
        """What is available and what is frozen, in credits."""
        wallet = (await self.ask("GET", "/wallet")).body
        return wallet["available"], wallet["frozen"]

    async def kinds(self) -> list[str]:
        """The kinds of all movements of the wallet, oldest first."""
        reply = await self.ask("GET", "/wallet/entries?limit=100")
        return [entry["kind"] for entry in reversed(reply.body["items"])]


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that tells nobody when it has come about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.02)
