"""OpenAI's images, simulated: the answer comes when the picture is done, and holds it as base64.

Source: the SDK `openai` 3.54.0. Words that a request may not have are refused, as there.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from gesso.simulators import samples
from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

_WORDS: Final = frozenset({
    "model", "prompt", "n", "size", "quality", "background", "output_format",
    "output_compression", "moderation", "user", "safety_identifier", "image", "image[]", "mask",
    "input_fidelity",
})  # fmt: skip
_TYPES: Final = {
    401: "invalid_request_error",
    403: "invalid_request_error",
    429: "requests",
    500: "server_error",
}
_USAGE: Final = {"input_tokens": 50, "output_tokens": 1000}
_COST: Final = _USAGE["input_tokens"] * 5 + _USAGE["output_tokens"] * 40
"""At 5 a million tokens in, and 40 out."""


class OpenAI(Simulator):
    """Pictures of words, and out of pictures."""

    name = "openai"

    def routes(self) -> Iterable[web.RouteDef]:
        """Both ways to a picture."""
        return [
            web.post("/images/generations", self._generate),
            web.post("/images/edits", self._edit),
        ]

    def denied(self) -> web.Response:
        """It quotes from the key."""
        return _error(401, "invalid_api_key", "Incorrect API key provided: sk-wrong.")

    def refusal(self, fate: Fate) -> web.Response:
        """The error that belongs to the status, or the one that the fate names."""
        usual = "rate_limit_exceeded" if fate.status == 429 else None
        return _error(fate.status, fate.error or usual, "It is refused.")

    async def _generate(self, request: web.Request) -> web.Response:
        return await self._make(request, await request.json())

    async def _edit(self, request: web.Request) -> web.Response:
        asked: dict[str, Any] = {}
        async for part in await request.multipart():
            name = getattr(part, "name", None) or ""
            content = bytes(await part.read())  # type: ignore[union-attr]  # no form holds another
            value = content if getattr(part, "filename", None) else content.decode()
            asked[name] = [*asked.get(name, []), value] if name.endswith("[]") else value
        pictures = asked.get("image[]", [asked.get("image")])
        if not all(isinstance(each, bytes) and each for each in pictures):
            return _error(400, "missing_required_parameter", "image: it is required.")
        return await self._make(request, asked)

    async def _make(self, request: web.Request, asked: Mapping[str, Any]) -> web.Response:
        unknown = sorted(asked.keys() - _WORDS)
        if unknown:
            return _error(400, "unknown_parameter", f"Unknown parameter: '{unknown[0]}'.")
        if not asked.get("prompt") or not asked.get("model"):
            return _error(400, "missing_required_parameter", "prompt, model: they are required.")
        job = await self.take(
            request, kind="image", prompt=str(asked["prompt"]), asked=asked, cost=_COST
        )
        while job.state == "working":  # noqa: ASYNC110  # time alone ends it
            await asyncio.sleep(0.05)
        pictures = [{"b64_json": b64encode(_content(job)).decode()}] * int(asked.get("n", 1))
        return web.json_response({
            "created": 1_790_000_000,
            "data": pictures,
            "output_format": "png",
            "size": "1024x1024",
            "usage": {**_USAGE, "total_tokens": sum(_USAGE.values())},
        })  # fmt: skip


def _content(job: Made) -> bytes:
    content = samples.sample("image")
    match job.fate.file:
        case "gone":
            return b""
        case "html":
            return b"<!doctype html><title>Sorry</title>"
        case "truncated":
            return content[: len(content) // 2]
    return content


def _error(status: int, code: str | None, message: str) -> web.Response:
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    error = {"message": message, "type": kind, "param": None, "code": code}
    return web.json_response({"error": error}, status=status)
