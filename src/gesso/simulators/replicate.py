"""Replicate, simulated. Sources: those of `gesso.providers.replicate`."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from aiohttp import web

from gesso.simulators import published
from gesso.simulators.fate import Fate
from gesso.simulators.samples import Kind
from gesso.simulators.simulator import Made, Simulator

_COST: Final = 3_000
_STATES: Final = {"done": "succeeded", "failed": "failed", "cancelled": "canceled"}
_TITLES: Final = {402: "Insufficient credit", 422: "Invalid version or not permitted"}
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"


class ReplicateSimulator(Simulator):
    """Takes any model, version and deployment; what it makes follows from the name."""

    name = "replicate"
    secrets: ClassVar[Mapping[str, str]] = {"key": "r8_simulated"}

    def __init__(self) -> None:
        super().__init__()
        self.signing_key = secrets.token_bytes(24)

    def routes(self) -> Iterable[web.RouteDef]:
        """Predictions, the account's secret, and what models take."""
        return [
            web.get("/v1/models/{owner}/{name}", self._describe),
            web.get("/v1/models/{owner}/{name}/versions/{version}", self._describe),
            web.post("/v1/predictions", self._submit),
            web.post("/v1/models/{owner}/{name}/predictions", self._submit),
            web.post("/v1/deployments/{owner}/{name}/predictions", self._submit),
            web.get("/v1/predictions/{id}", self._show),
            web.post("/v1/predictions/{id}/cancel", self._cancel),
            web.get("/v1/webhooks/default/secret", self._tell_secret),
        ]

    def denied(self) -> web.Response:
        """In Replicate's words."""
        return _problem(401, "Unauthenticated", "You did not pass a valid authentication token")

    def refusal(self, fate: Fate) -> web.Response:
        """A problem, as all of its refusals are."""
        if fate.status == 429:
            words = "Request was throttled. Your rate limit resets in ~1s."
            return web.json_response({"detail": words}, status=429)
        return _problem(fate.status, _TITLES.get(fate.status, "Refused"), fate.error or "No.")

    def new_id(self, number: int) -> str:
        """26 letters, as Replicate's are."""
        seed = int.from_bytes(hashlib.sha256(f"{self.url} {number}".encode()).digest())
        return "".join(_LETTERS[seed >> 5 * place & 31] for place in range(26))

    def pushed(self, job: Made) -> tuple[bytes, Mapping[str, str]]:
        """The report on a prediction that has ended: itself."""
        body = json.dumps(self._prediction(job)).encode()
        return body, self.signed(f"msg_{job.id}", body)

    def signed(self, name: str, body: bytes, *, at: float | None = None) -> dict[str, str]:
        """The headers of a report (Standard Webhooks), as of this moment unless said otherwise."""
        timestamp = str(int(time.time() if at is None else at))
        message = f"{name}.{timestamp}.".encode() + body
        digest = hmac.digest(self.signing_key, message, hashlib.sha256)
        return {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }

    async def _tell_secret(self, _request: web.Request) -> web.Response:
        return web.json_response({"key": "whsec_" + base64.b64encode(self.signing_key).decode()})

    async def _describe(self, request: web.Request) -> web.Response:
        match = request.match_info
        version = {"id": match.get("version", "0" * 64), "openapi_schema": published.document()}
        if "version" in match:
            return web.json_response(version)
        known = {"owner": match["owner"], "name": match["name"], "latest_version": version}
        return web.json_response(known)

    async def _submit(self, request: web.Request) -> web.Response:
        asked = await request.json()
        match = request.match_info
        named = str(asked.get("version", "")).rpartition(":")[0] or "a/version"
        model = f"{match['owner']}/{match['name']}" if "owner" in match else named
        given = asked.get("input")
        if not isinstance(given, dict) or ("owner" not in match and not asked.get("version")):
            return _problem(422, "Invalid input", "- input is required")
        job = await self.take(
            request,
            kind=_kind(model),
            prompt=str(given.get("prompt", model)),
            asked={"model": model, **asked},
            cost=_COST,
            callback=asked.get("webhook"),
        )
        return web.json_response(self._prediction(job), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return _problem(404, "Not found", "The requested resource does not exist.")
        return web.json_response(self._prediction(job))

    async def _cancel(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return _problem(404, "Not found", "The requested resource does not exist.")
        self.cancel(job)
        return web.json_response(self._prediction(job))

    def _prediction(self, job: Made) -> dict[str, Any]:
        state = _STATES.get(job.state, "processing" if job.progress else "starting")
        place = f"{self.url}/v1/predictions/{job.id}"
        share = int(job.progress * 100)
        return {
            "id": job.id,
            "model": job.asked["model"],
            "version": job.asked.get("version", "hidden"),
            "input": job.asked["input"],
            "output": self._output(job) if state == "succeeded" else None,
            "logs": f"{share}%|{'#' * (share // 10):<10}| {share}/100 [00:01]",
            "error": job.fate.fails if state == "failed" else None,
            "status": state,
            "created_at": "2026-11-22T12:00:00.000000Z",
            "data_removed": False,
            "metrics": {"predict_time": 1.25, "total_time": 1.5} if job.state != "working" else {},
            "urls": {"get": place, "cancel": f"{place}/cancel"},
        }

    def _output(self, job: Made) -> Any:
        url = self.file_url(job)
        return [url] if job.kind == "image" else url


def _kind(model: str) -> Kind:
    if "3d" in model or "trellis" in model:
        return "model"
    return "video" if "video" in model else "image"


def _problem(status: int, title: str, detail: str) -> web.Response:
    body = {"title": title, "detail": detail, "status": status}
    return web.json_response(body, status=status, content_type="application/problem+json")
