"""MiniMax, simulated: both generations of films, and unsigned pushes after a challenge.

Source: platform.minimax.io, video generation. Whether the second generation challenges and pushes
as the first does is not known; here it does.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
from aiohttp import web

from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

_FIRST = {"working": "Processing", "done": "Success", "failed": "Fail", "cancelled": "Fail"}
_SECOND = {"working": "running", "done": "succeeded", "failed": "failed", "cancelled": "cancelled"}
_CODES = {400: 2013, 401: 1004, 402: 1008, 429: 1002}
_PATIENCE = aiohttp.ClientTimeout(total=3)
_COST = 280_000


class MiniMaxSimulator(Simulator):
    """Films; what they cost, it does not tell."""

    name = "minimax"

    def routes(self) -> Iterable[web.RouteDef]:
        """Submissions, questions, and the links of files."""
        return [
            web.post("/v1/video_generation", self._take_first),
            web.get("/v1/query/video_generation", self._show_first),
            web.get("/v1/files/retrieve", self._retrieve),
            web.post("/v2/video_generation", self._take_second),
            web.get("/v2/query/video_generation/{id}", self._show_second),
        ]

    def denied(self) -> web.Response:
        """The answer to a request without the right key."""
        return self.refusal(Fate(status=401))

    def refusal(self, fate: Fate) -> web.Response:
        """A code under a status of 200; a fate's error may be one, or the sentence beside it."""
        said = fate.error or "refused"
        code = int(said) if said.isdigit() else _CODES.get(fate.status, 1000)
        status = fate.status if fate.status >= 500 else 200
        return web.json_response({"base_resp": _base(code, said)}, status=status)

    def new_id(self, number: int) -> str:
        """A long number."""
        return str(106_916_112_212_032 + number)

    def pushed(self, job: Made) -> tuple[bytes, Mapping[str, str]]:
        """The answer to a question, in lower case."""
        shown = _queried(job)
        shown["status"] = shown["status"].lower()
        return json.dumps(shown).encode(), {"Content-Type": "application/json"}

    async def _take_first(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if not asked.get("prompt") and not asked.get("first_frame_image"):
            raise self.refused("prompt or first_frame_image is needed")
        if asked.get("first_frame_image"):
            await self.given(asked["first_frame_image"])
        job = await self._take(request, asked, asked.get("prompt", ""))
        return web.json_response({"task_id": job.id, "base_resp": _base()})

    async def _take_second(self, request: web.Request) -> web.Response:
        asked = await request.json()
        words = [part["text"] for part in asked.get("content", ()) if part["type"] == "text"]
        frames = [part for part in asked.get("content", ()) if part["type"] == "image_url"]
        if not words and not frames:
            raise self.refused("content is needed")
        for frame in frames:
            await self.given(frame["image_url"]["url"])
        job = await self._take(request, asked, "".join(words))
        return web.json_response({"task_id": job.id})

    async def _take(self, request: web.Request, asked: Mapping[str, Any], prompt: str) -> Made:
        if not asked.get("model"):
            raise self.refused("model is needed")
        callback = asked.get("callback_url")
        if callback and not await self._is_echoed(callback):
            raise self.refused("the callback's address did not answer the challenge")
        return await self.take(
            request, kind="video", prompt=prompt, asked=asked, cost=_COST, callback=callback
        )

    async def _is_echoed(self, callback: str) -> bool:
        challenge = {"challenge": secrets.token_hex(8)}
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as client,
                client.post(callback, json=challenge) as answer,
            ):
                return bool(await answer.json() == challenge)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    async def _show_first(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.query.get("task_id", ""))
        return self.refusal(Fate(status=400)) if job is None else web.json_response(_queried(job))

    async def _retrieve(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.query.get("file_id", "").removeprefix("file-"))
        if job is None or job.state != "done":
            return self.refusal(Fate(status=400))
        file = {"file_id": f"file-{job.id}", "filename": "output.mp4", "purpose": "video"}
        file |= {"download_url": self.file_url(job)}
        return web.json_response({"file": file, "base_resp": _base()})

    async def _show_second(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return web.json_response({"error": {"message": "no such task"}}, status=404)
        task: dict[str, Any] = {"status": _SECOND[job.state]}
        if job.state == "done":
            task["content"] = {"url": self.file_url(job)}
        if job.state == "failed":
            task["error"] = {"message": job.fate.fails}
        return web.json_response({"task": task})


def _queried(job: Made) -> dict[str, Any]:
    shown: dict[str, Any] = {"task_id": job.id, "status": _FIRST[job.state]}
    if job.state == "done":
        shown["file_id"] = f"file-{job.id}"
    failed = job.fate.fails if job.state == "failed" else None
    code = int(failed) if failed and failed.isdigit() else 0
    return {**shown, "base_resp": _base(code, failed or "success")}


def _base(code: int = 0, message: str = "success") -> dict[str, Any]:
    return {"status_code": code, "status_msg": message}
