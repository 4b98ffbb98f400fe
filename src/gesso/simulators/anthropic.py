"""Anthropic, simulated: Messages with answers of the wanted shape, refusals and overload."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from aiohttp import web

from gesso.simulators import made_up
from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Simulator

_VERSIONS: Final = frozenset({"2023-06-01", "2026-10-21"})
_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_IN, _OUT = 1200, 300
_COST = _IN * 1 + _OUT * 5
"""At 1 a million tokens in, and 5 out."""


class Anthropic(Simulator):
    """`POST /v1/messages`; a fate that `fails` with `refusal` stops so."""

    name = "anthropic"

    def routes(self) -> Iterable[web.RouteDef]:
        """The one door."""
        return [web.post("/v1/messages", self._answer)]

    def allows(self, request: web.Request) -> bool:
        """A key in either of its two headers."""
        return request.headers.get("x-api-key") == self.secrets["key"] or super().allows(request)

    def denied(self) -> web.Response:
        """In Anthropic's words."""
        return _error(401)

    def refusal(self, fate: Fate) -> web.Response:
        """The error that belongs to the status."""
        return _error(fate.status, fate.error)

    async def _answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if request.headers.get("anthropic-version") not in _VERSIONS:
            return _error(400, message="anthropic-version: it is required")
        if wrong := {"temperature", "top_p", "top_k"} & set(asked):
            return _error(400, message=f"{wrong.pop()}: it is not taken any more")
        if not isinstance(asked.get("max_tokens"), int) or not asked.get("messages"):
            return _error(400, message="max_tokens, messages: they are required")
        prompt = made_up.prompt_of(_text(asked["messages"][0]))
        job = await self.take(request, kind="text", prompt=prompt, asked=asked, cost=_COST)
        while job.state == "working":  # noqa: ASYNC110  # time alone ends it
            await asyncio.sleep(0.05)
        schema = asked.get("output_config", {}).get("format", {}).get("schema", {})
        text, stop = made_up.said(job.fate, schema), "end_turn"
        if job.fate.answer == "truncated":
            stop = "max_tokens"
        if job.fate.fails:
            text, stop = "", job.fate.fails
        return web.json_response(
            {
                "id": f"msg_{job.id}",
                "type": "message",
                "role": "assistant",
                "model": asked["model"],
                "content": [{"type": "text", "text": text}] if text else [],
                "stop_reason": stop,
                "stop_sequence": None,
                "stop_details": None,
                "usage": {"input_tokens": _IN, "output_tokens": _OUT},
            },
            headers={"request-id": f"req_{job.id}"},
        )


def _text(message: dict[str, Any]) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")


def _error(status: int, type: str | None = None, message: str = "It is not taken.") -> web.Response:
    error = {"type": type or _TYPES.get(status, "api_error"), "message": message}
    body = {"type": "error", "error": error, "request_id": "req_simulated"}
    return web.json_response(body, status=status)
