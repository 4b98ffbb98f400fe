"""Runway, simulated: tasks, uploads, and a DELETE that also deletes what has finished.

Source: the package runwayml 5.24.0.
"""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from gesso.providers.runway import VERSION
from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

_KINDS = {
    "text_to_video": "video",
    "image_to_video": "video",
    "video_to_video": "video",
    "text_to_image": "image",
}
_CREDITS = {"text_to_video": 25, "image_to_video": 25, "video_to_video": 75, "text_to_image": 5}
_NEEDED = {"video_to_video": {"model", "videoUri"}}
"""What cannot be left out, where it is not the model, the ratio and the prompt."""
_STATES = {"working": "RUNNING", "done": "SUCCEEDED", "failed": "FAILED", "cancelled": "CANCELLED"}
_SCHEME = "runway://"


class RunwaySimulator(Simulator):
    """Films at 25 credits, films of films at 75, pictures at 5."""

    name = "runway"

    def __init__(self) -> None:
        super().__init__()
        self.uploads: dict[str, bytes | None] = {}
        """What was brought before, by its token; None: a place that waits for it."""

    def routes(self) -> Iterable[web.RouteDef]:
        """Submissions, tasks, and both steps of an upload."""
        return [
            web.post(f"/v1/{{endpoint:{'|'.join(_KINDS)}}}", self._take),
            web.get("/v1/tasks/{id}", self._show),
            web.delete("/v1/tasks/{id}", self._delete),
            web.post("/v1/uploads", self._offer),
            web.post("/store/{token}", self._store),
        ]

    def allows(self, request: web.Request) -> bool:
        """The key, but for the store, whose address is key enough."""
        return request.path.startswith("/store/") or super().allows(request)

    def refusal(self, fate: Fate) -> web.Response:
        """A sentence."""
        return web.json_response({"error": fate.error or "It is refused."}, status=fate.status)

    def new_id(self, number: int) -> str:
        """A UUID."""
        return f"17f20503-6c24-4c16-946b-{number:012d}"

    async def _take(self, request: web.Request) -> web.Response:
        if request.headers.get("X-Runway-Version") != VERSION:
            raise self.refused("X-Runway-Version is missing or not known")
        asked, endpoint = await request.json(), request.match_info["endpoint"]
        missing = _NEEDED.get(endpoint, {"model", "ratio", "promptText"}) - asked.keys()
        if missing:
            raise self.refused(f"missing: {sorted(missing)}")
        if endpoint == "image_to_video":
            image = asked.get("promptImage")
            for frame in image if isinstance(image, list) else [{"uri": image}]:
                await self._picture(frame.get("uri"))
        if endpoint == "video_to_video":
            await self._film(asked["videoUri"])
        kind: Any = _KINDS[endpoint]
        job = await self.take(
            request,
            kind=kind,
            prompt=asked.get("promptText", ""),
            asked=asked,
            cost=_CREDITS[endpoint] * 1_000_000,
        )
        return web.json_response({"id": job.id, "estimatedCost": _credits(job.cost)})

    async def _picture(self, image: object) -> None:
        if not self._was_brought(image):
            await self.given(image)

    async def _film(self, film: object) -> None:
        if not self._was_brought(film):
            await self.given_film(film)

    def _was_brought(self, what: object) -> bool:
        if not str(what).startswith(_SCHEME):
            return False
        if self.uploads.get(str(what).removeprefix(_SCHEME)) is None:
            raise self.refused("nothing was uploaded there")
        return True

    async def _show(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return web.json_response({"error": "Not found."}, status=404)
        return web.json_response(self._shown(job))

    def _shown(self, job: Made) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": job.id,
            "status": _STATES[job.state],
            "createdAt": "2026-11-22T10:00:00Z",
        }
        match job.state:
            case "working":
                return {**shown, "progress": job.progress, "estimatedCost": _credits(job.cost)}
            case "done":
                shown |= {"output": [self.file_url(job)]}
            case "failed":
                shown |= {"failure": "It could not be made.", "failureCode": job.fate.fails}
        return {**shown, "cost": _credits(job.billed)}

    async def _delete(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return web.json_response({"error": "Not found."}, status=404)
        if job.state == "working" and not self.cancel(job):
            raise self.refused("It cannot be cancelled.")
        if job.state != "cancelled":
            del self.jobs[job.id]
        return web.Response(status=204)

    async def _offer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked.get("type") != "ephemeral" or not asked.get("filename"):
            raise self.refused("filename and type are needed")
        token = f"upload-{len(self.uploads) + 1}"
        self.uploads[token] = None
        return web.json_response({
            "runwayUri": f"{_SCHEME}{token}",
            "uploadUrl": f"{self.url}/store/{token}",
            "fields": {"key": token},
        })  # fmt: skip

    async def _store(self, request: web.Request) -> web.Response:
        form, token = await request.post(), request.match_info["token"]
        file = form.get("file")
        if form.get("key") != token or not isinstance(file, web.FileField):
            return web.Response(status=403)
        self.uploads[token] = file.file.read()
        return web.Response(status=204)


def _credits(cost: int) -> dict[str, int]:
    return {"credits": cost // 1_000_000}
