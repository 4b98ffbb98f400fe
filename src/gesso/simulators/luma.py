"""Luma's Dream Machine, simulated: generations, and unsigned pushes of them.

Source: the package lumaai 1.21.0. What it says of a refusal is not known; a `detail` is guessed.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

_STATES = {"working": "dreaming", "done": "completed", "failed": "failed", "cancelled": "failed"}
_CENTS = {"video": 40, "video/modify": 60, "image": 2}
_NEEDED = {"video/modify": {"generation_type", "media", "mode", "model"}}
"""What cannot be left out, where it is not the model and the prompt."""


class LumaSimulator(Simulator):
    """Films and pictures; what they cost, it does not tell."""

    name = "luma"

    def routes(self) -> Iterable[web.RouteDef]:
        """Submissions and generations."""
        return [
            web.post("/generations/{kind:video|video/modify|image}", self._take),
            web.get("/generations/{id}", self._show),
        ]

    def denied(self) -> web.Response:
        """The answer to a request without the right key."""
        return self.refusal(Fate(status=401, error="Not authenticated"))

    def refusal(self, fate: Fate) -> web.Response:
        """A sentence."""
        return web.json_response({"detail": fate.error or "It is refused."}, status=fate.status)

    def pushed(self, job: Made) -> tuple[bytes, Mapping[str, str]]:
        """The generation, as it would be shown."""
        return json.dumps(self._shown(job)).encode(), {"Content-Type": "application/json"}

    def new_id(self, number: int) -> str:
        """A UUID."""
        return f"8f7e1c70-40f7-4c3b-93a4-{number:012d}"

    async def _take(self, request: web.Request) -> web.Response:
        asked, kind = await request.json(), request.match_info["kind"]
        missing = _NEEDED.get(kind, {"model", "prompt"}) - asked.keys()
        if missing:
            raise self.refused(f"missing: {sorted(missing)}")
        for frame in asked.get("keyframes", {}).values():
            await self.given(frame.get("url"))
        if kind == "video/modify":
            await self.given_film(asked["media"].get("url"))
        job = await self.take(
            request,
            kind="image" if kind == "image" else "video",
            prompt=asked.get("prompt", ""),
            asked=asked,
            cost=_CENTS[kind] * 10_000,
            callback=asked.get("callback_url"),
        )
        return web.json_response(self._shown(job) | {"state": "queued"}, status=201)

    async def _show(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return web.json_response({"detail": "Generation not found"}, status=404)
        return web.json_response(self._shown(job))

    def _shown(self, job: Made) -> dict[str, Any]:
        done = job.state == "done"
        return {
            "id": job.id,
            "generation_type": job.kind,
            "state": _STATES[job.state],
            "failure_reason": job.fate.fails if job.state == "failed" else None,
            "created_at": "2026-11-22T10:00:00Z",
            "assets": {job.kind: self.file_url(job)} if done else None,
            "model": job.asked["model"],
            "request": job.asked,
        }
