"""Gemini, simulated: generateContent for answers and pictures, Interactions and files for films."""

import asyncio
import base64
from collections.abc import Iterable
from typing import Any, Final

from aiohttp import web

from gesso.simulators import made_up, samples
from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

_STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_IN, _OUT = 1200, 300
_COST = _IN * 1 + _OUT * 5
"""At 1 a million tokens in, and 5 out."""
_FILM_COST = 250_000


class Gemini(Simulator):
    """A fate that `fails` ends an answer with that reason; `BLOCKED` blocks the prompt instead."""

    name = "gemini"

    def routes(self) -> Iterable[web.RouteDef]:
        """The doors for content, for interactions and for their files."""
        return [
            web.post("/v1/models/{call}", self._generate),
            web.post("/v1/interactions", self._begin),
            web.get("/v1/interactions/{id}", self._show),
            web.post("/v1/interactions/{id}/cancel", self._stop),
            web.get("/v1/files/{name}", self._file),
        ]

    def allows(self, request: web.Request) -> bool:
        """A key in the header."""
        return request.headers.get("x-goog-api-key") == self.secrets["key"]

    def denied(self) -> web.Response:
        """In Gemini's words."""
        return _error(401)

    def refusal(self, fate: Fate) -> web.Response:
        """The error that belongs to the status; told by a `RetryInfo` too when to come back."""
        wait = fate.retry_after
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        details = [] if wait is None else [{"@type": kind, "retryDelay": f"{wait:g}s"}]
        return _error(fate.status, fate.error or "It is not taken.", details)

    async def _generate(self, request: web.Request) -> web.Response:
        model, _, method = request.match_info["call"].partition(":")
        if method != "generateContent":
            return _error(404)
        asked = await request.json()
        config = asked.get("generationConfig", {})
        wants_picture = "IMAGE" in config.get("responseModalities", ())
        first = next((part["text"] for part in asked["contents"][0]["parts"] if "text" in part), "")
        job = await self.take(
            request,
            kind="image" if wants_picture else "text",
            prompt=made_up.prompt_of(first),
            asked=asked,
            cost=_COST,
        )
        while job.state == "working":  # noqa: ASYNC110  # time alone ends it
            await asyncio.sleep(0.05)
        usage = {"promptTokenCount": _IN, "candidatesTokenCount": _OUT - 100}
        told: dict[str, Any] = {
            "usageMetadata": {**usage, "totalTokenCount": _IN + _OUT},
            "modelVersion": model,
            "responseId": job.id,
        }
        if job.fate.fails == "BLOCKED":
            return web.json_response({**told, "promptFeedback": {"blockReason": "SAFETY"}})
        candidate = {**self._candidate(job, config, wants_picture=wants_picture), "index": 0}
        return web.json_response({**told, "candidates": [candidate]})

    def _candidate(
        self, job: Made, config: dict[str, Any], *, wants_picture: bool
    ) -> dict[str, Any]:
        if job.fate.fails:
            return {"finishReason": job.fate.fails}
        if wants_picture:
            data = base64.b64encode(self.content(job)).decode()
            part: dict[str, Any] = {"inlineData": {"mimeType": "image/png", "data": data}}
        else:
            part = {"text": made_up.said(job.fate, config.get("responseJsonSchema", {}))}
        reason = "MAX_TOKENS" if job.fate.answer == "truncated" else "STOP"
        return {"content": {"role": "model", "parts": [part]}, "finishReason": reason}

    def content(self, job: Made) -> bytes:
        """The result's bytes, as the job's fate will have them."""
        content = samples.sample(job.kind)
        match job.fate.file:
            case "html":
                return b"<!doctype html><title>Sorry</title>"
            case "truncated":
                return content[: len(content) // 2]
            case "gone":
                return b""
        return content

    async def _begin(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked.get("response_format", {}).get("type") != "video":
            return _error(400, "response_format: a film is wanted here")
        told = asked["input"]
        parts = [told] if isinstance(told, str) else [part.get("text", "") for part in told]
        job = await self.take(
            request,
            kind="video",
            prompt="".join(parts),
            asked=asked,
            cost=_FILM_COST,
        )
        return web.json_response({**self._shown(job), "status": "in_progress", "steps": []})

    async def _show(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        return _error(404) if job is None else web.json_response(self._shown(job))

    async def _stop(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return _error(404)
        self.cancel(job)
        return web.json_response(self._shown(job))

    def _shown(self, job: Made) -> dict[str, Any]:
        words = {
            "working": "in_progress", "done": "completed",
            "failed": "failed", "cancelled": "cancelled",
        }  # fmt: skip
        told: dict[str, Any] = {
            "id": job.id,
            "object": "interaction",
            "status": words[job.state],
            "model": job.asked["model"],
        }
        if job.state == "done":
            film = {
                "type": "video",
                "mime_type": "video/mp4",
                "uri": f"{self.url}/v1/files/{job.id}",
            }
            told["steps"] = [{"type": "model_output", "content": [film]}]
        if job.state == "failed":
            told["errors"] = [{"code": job.fate.fails, "message": "It could not be made."}]
        return told

    async def _file(self, request: web.Request) -> web.Response:
        name, _, method = request.match_info["name"].partition(":")
        job = self.jobs.get(name)
        if job is None or job.state != "done" or job.fate.file == "gone":
            return _error(404)
        if method == "download":
            return web.Response(body=self.content(job), content_type="video/mp4")
        return web.json_response({"name": f"files/{name}", "state": "ACTIVE"})


def _error(
    status: int, message: str = "It is not taken.", details: list[dict[str, Any]] | None = None
) -> web.Response:
    word = _STATUSES.get(status, "UNKNOWN")
    error = {"code": status, "message": message, "status": word, "details": details or []}
    return web.json_response({"error": error}, status=status)
