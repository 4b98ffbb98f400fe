"""Tripo, simulated: models of words and of pictures, which may be uploaded before.

Source: the package tripo3d 1.0.0. The numbers of its errors are not published; 2000 is made up.
"""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from gesso.simulators import pictures
from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

_STATES = {"working": "running", "done": "success", "failed": "failed", "cancelled": "cancelled"}
_OWN_WORDS = {"banned", "expired"}
"""Failures that are states of their own."""
_CREDITS = {"text-to-model": 20, "image-to-model": 30}
_LARGEST = 50 << 20


class TripoSimulator(Simulator):
    """Models; what fails is not billed."""

    name = "tripo"

    def __init__(self) -> None:
        super().__init__()
        self.uploads: dict[str, bytes] = {}
        """What was brought before, by its token."""
        self.asked_together: list[int] = []
        """About how many tasks each question was that named several."""

    def routes(self) -> Iterable[web.RouteDef]:
        """Submissions, uploads and tasks."""
        return [
            web.post("/v3/generation/{skill:text-to-model|image-to-model}", self._take),
            web.post("/v3/files", self._store),
            web.get("/v3/tasks/{id}", self._show),
            web.post("/v3/tasks/list", self._list),
        ]

    def denied(self) -> web.Response:
        """The answer to a request without the right key."""
        return self.refusal(Fate(status=401))

    def refusal(self, fate: Fate) -> web.Response:
        """An envelope that says so."""
        body = {"code": 2000, "message": fate.error or "refused", "suggestion": "Ask otherwise."}
        return web.json_response(body, status=fate.status)

    def new_id(self, number: int) -> str:
        """A UUID."""
        return f"5f3cbf2c-94c5-4b0f-8f24-{number:012d}"

    async def _take(self, request: web.Request) -> web.Response:
        asked, skill = await request.json(), request.match_info["skill"]
        if not asked.get("model"):
            raise self.refused("model is needed")
        if skill == "text-to-model":
            prompt = asked.get("prompt")
            if not prompt:
                raise self.refused("prompt is needed")
        else:
            given = asked.get("input")
            prompt = pictures.caption(self.uploads.get(given) or await self.given(given))
        job = await self.take(
            request, kind="model", prompt=prompt, asked=asked, cost=_CREDITS[skill] * 1_000_000
        )
        return _envelope({"task_id": job.id})

    async def _store(self, request: web.Request) -> web.Response:
        file = (await request.post()).get("file")
        if not isinstance(file, web.FileField):
            raise self.refused("file is needed")
        content = file.file.read()
        if len(content) > _LARGEST:
            raise self.refused("file is too large")
        token = f"file-{len(self.uploads) + 1}"
        self.uploads[token] = content
        return _envelope({"file_token": token})

    async def _show(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return self.refusal(Fate(status=404, error="no such task"))
        return _envelope(self._shown(job))

    async def _list(self, request: web.Request) -> web.Response:
        asked = (await request.json()).get("task_ids")
        if not isinstance(asked, list):
            raise self.refused("task_ids is needed")
        known = [each for each in asked if each in self.jobs]
        tasks = {each: self._shown(self.jobs[each]) for each in known}
        self.asked_together.append(len(asked))
        return _envelope({"tasks": tasks, "missed": [each for each in asked if each not in tasks]})

    def _shown(self, job: Made) -> dict[str, Any]:
        code = job.fate.fails if job.state == "failed" else None
        return {
            "task_id": job.id,
            "status": code if code in _OWN_WORDS else _STATES[job.state],
            "progress": int(job.progress * 100),
            "output": {"model_url": self.file_url(job)} if job.state == "done" else {},
            "credits_consumed": job.billed // 1_000_000,
            "error_msg": code,
        }


def _envelope(data: dict[str, Any]) -> web.Response:
    return web.json_response({"code": 0, "data": data, "request_id": "simulated"})
