"""Meshy, simulated: models of words in two steps, models of pictures, and one push for the account.

Source: docs.meshy.ai/api.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from gesso.simulators import pictures
from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

_STATES = {
    "working": "IN_PROGRESS", "done": "SUCCEEDED", "failed": "FAILED", "cancelled": "CANCELED",
}  # fmt: skip
_CREDITS = {"preview": 20, "refine": 10, "image-to-3d": 30}
_TYPES = {"moderation_blocked": "invalid_input", "image_too_complex": "invalid_input"}
_SAID = {401: "Invalid API key", 402: "Insufficient credits", 429: "RateLimitExceeded"}
_LONGEST = 600


class MeshySimulator(Simulator):
    """Models; what fails is not billed."""

    name = "meshy"

    def __init__(self) -> None:
        super().__init__()
        self.webhook: str | None = None
        """The one address of the account, as it would be set on Meshy's pages."""

    def routes(self) -> Iterable[web.RouteDef]:
        """Submissions and tasks."""
        return [
            web.post("/v2/text-to-3d", self._take_words),
            web.post("/v1/image-to-3d", self._take_picture),
            web.get("/{version:v1|v2}/{endpoint:text-to-3d|image-to-3d}/{id}", self._show),
        ]

    def denied(self) -> web.Response:
        """The answer to a request without the right key."""
        return self.refusal(Fate(status=401))

    def refusal(self, fate: Fate) -> web.Response:
        """A sentence."""
        said = fate.error or _SAID.get(fate.status, "It is refused.")
        return web.json_response({"message": said}, status=fate.status)

    def new_id(self, number: int) -> str:
        """A UUID."""
        return f"018a210d-8ba4-705c-b111-{number:012d}"

    def pushed(self, job: Made) -> tuple[bytes, Mapping[str, str]]:
        """The task, as it would be shown."""
        return json.dumps(self._shown(job)).encode(), {"Content-Type": "application/json"}

    async def _take_words(self, request: web.Request) -> web.Response:
        asked = await request.json()
        prompt = asked.get("prompt", "")
        match asked.get("mode"):
            case "preview":
                if not 0 < len(prompt) <= _LONGEST:
                    raise self.refused("prompt is needed, of 600 characters at most")
            case "refine":
                preview = self.jobs.get(str(asked.get("preview_task_id")))
                if preview is None or preview.state != "done":
                    raise self.refused("preview_task_id is not a preview that has succeeded")
                prompt = asked.get("texture_prompt") or preview.prompt
            case _:
                raise self.refused("mode is preview or refine")
        return await self._queue(request, asked, prompt, asked["mode"])

    async def _take_picture(self, request: web.Request) -> web.Response:
        asked = await request.json()
        picture = await self.given(asked.get("image_url"))
        return await self._queue(request, asked, pictures.caption(picture), "image-to-3d")

    async def _queue(
        self, request: web.Request, asked: Mapping[str, Any], prompt: str, skill: str
    ) -> web.Response:
        job = await self.take(
            request,
            kind="model",
            prompt=prompt,
            asked=asked,
            cost=_CREDITS[skill] * 1_000_000,
            callback=self.webhook,
        )
        return web.json_response({"result": job.id}, status=202)

    async def _show(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None or ("mode" in job.asked) != (request.match_info["version"] == "v2"):
            return web.json_response({"message": "Task not found"}, status=404)
        return web.json_response(self._shown(job))

    def _shown(self, job: Made) -> dict[str, Any]:
        code = job.fate.fails if job.state == "failed" else None
        error = {"type": _TYPES.get(code or "", "server_error"), "code": code, "message": code}
        return {
            "id": job.id,
            "type": "text-to-3d" if "mode" in job.asked else "image-to-3d",
            "status": _STATES[job.state],
            "progress": int(job.progress * 100),
            "preceding_tasks": 0,
            "model_urls": {"glb": self.file_url(job)} if job.state == "done" else {},
            "consumed_credits": job.billed // 1_000_000,
            "task_error": error if code else None,
        }
