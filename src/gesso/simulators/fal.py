"""fal.ai's queue, simulated. Sources: those of `gesso.providers.fal`."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final
from uuid import UUID, uuid5

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gesso.simulators import published
from gesso.simulators.fate import Fate
from gesso.simulators.samples import Kind
from gesso.simulators.simulator import Made, Simulator

_JWKS: Final = "/.well-known/jwks.json"
_SCHEMAS: Final = "/api/openapi/queue/openapi.json"
_USER: Final = "simulated-user"
_COST: Final = 25_000
_NAMES: Final = UUID("f0a11000-0000-5000-8000-000000000000")
_STATUS: Final = {"content_policy_violation": 422, "generation_timeout": 504}


class FalSimulator(Simulator):
    """Takes any model; what it makes follows from the model's name."""

    name = "fal"
    secrets: ClassVar[Mapping[str, str]] = {"key": "simulated-id:simulated-secret"}

    def __init__(self) -> None:
        super().__init__()
        self.signing_key = Ed25519PrivateKey.generate()

    def routes(self) -> Iterable[web.RouteDef]:
        """The queue's, and where its keys and its models' schemas are published."""
        job = "/{path:.+}/requests/{id}"
        return [
            web.get(_JWKS, self.publish_keys),
            web.get(_SCHEMAS, self.describe),
            web.get(f"{job}/status", self._status),
            web.put(f"{job}/cancel", self._cancel),
            web.get(job, self._result),
            web.post("/{model:.+}", self._submit),
        ]

    def allows(self, request: web.Request) -> bool:
        """Its own scheme; what is published is for everybody."""
        key = f"Key {self.secrets['key']}"
        return request.path in {_JWKS, _SCHEMAS} or request.headers.get("Authorization") == key

    def denied(self) -> web.Response:
        """In fal's words."""
        return web.json_response({"detail": "No valid credentials."}, status=401)

    def refusal(self, fate: Fate) -> web.Response:
        """A model's refusal where there is a word for it, else fal's own."""
        return _error(fate.error or "bad_request", fate.status)

    def new_id(self, number: int) -> str:
        """A UUID, as fal's are."""
        return str(uuid5(_NAMES, f"{self.url} {number}"))

    def pushed(self, job: Made) -> tuple[bytes, Mapping[str, str]]:
        """The report on a request that has ended."""
        status, output = self._output(job)
        is_ok = status == 200
        body = json.dumps({
            "request_id": job.id,
            "gateway_request_id": job.id,
            "status": "OK" if is_ok else "ERROR",
            "error": None if is_ok else f"Invalid status code: {status}",
            "payload": output,
        }).encode()  # fmt: skip
        return body, self.signed(job.id, body)

    def signed(self, name: str, body: bytes, *, at: float | None = None) -> dict[str, str]:
        """The headers of a report, signed as of this moment unless said otherwise."""
        timestamp = str(int(time.time() if at is None else at))
        lines = [name, _USER, timestamp, hashlib.sha256(body).hexdigest()]
        return {
            "Content-Type": "application/json",
            "X-Fal-Webhook-Request-Id": name,
            "X-Fal-Webhook-User-Id": _USER,
            "X-Fal-Webhook-Timestamp": timestamp,
            "X-Fal-Webhook-Signature": self.signing_key.sign("\n".join(lines).encode()).hex(),
        }

    async def publish_keys(self, _request: web.Request | None) -> web.Response:
        """The public half of what it signs with, as a JWKS document."""
        public = self.signing_key.public_key()
        published = jwt.algorithms.OKPAlgorithm.to_jwk(public, as_dict=True)
        return web.json_response({"keys": [published]})

    async def describe(self, request: web.Request) -> web.StreamResponse:
        """What a model takes, as the OpenAPI document of its queue."""
        return web.json_response(published.document(f"/{request.query['endpoint_id']}"))

    async def _submit(self, request: web.Request) -> web.Response:
        asked = await request.json()
        model = request.match_info["model"]
        job = await self.take(
            request,
            kind=_kind(model),
            prompt=str(asked.get("prompt", model)),
            asked={"model": model, **asked},
            cost=_COST,
            callback=request.query.get("fal_webhook"),
        )
        place = f"{self.url}/{'/'.join(model.split('/')[:2])}/requests/{job.id}"
        return web.json_response({
            "status": "IN_QUEUE",
            "request_id": job.id,
            "response_url": place,
            "status_url": f"{place}/status",
            "cancel_url": f"{place}/cancel",
            "queue_position": 0,
        })  # fmt: skip

    async def _status(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return web.json_response({"detail": "Request not found"}, status=404)
        if job.state == "working":
            if job.progress == 0:
                told = {"status": "IN_QUEUE", "queue_position": 0}
            else:
                told = {"status": "IN_PROGRESS", "logs": None}
            return web.json_response(told, status=202)
        completed: dict[str, Any] = {"status": "COMPLETED", "logs": None, "metrics": {}}
        if job.state != "done":
            completed |= {"error": "It failed.", "error_type": job.fate.fails or "client_cancelled"}
        return web.json_response(completed)

    async def _result(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None or job.state == "working":
            return web.json_response({"detail": "Request is still in progress"}, status=400)
        status, output = self._output(job)
        headers = {} if status == 200 else {"X-Fal-Retryable": str(status >= 500).lower()}
        return web.json_response(output, status=status, headers=headers)

    async def _cancel(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return web.json_response({"detail": "Request not found"}, status=404)
        if job.state != "working":
            return web.json_response({"status": "ALREADY_COMPLETED"}, status=400)
        self.cancel(job)
        return web.json_response({"status": "CANCELLATION_REQUESTED"}, status=202)

    def _output(self, job: Made) -> tuple[int, dict[str, Any]]:
        if job.state == "cancelled":
            detail = "The request was cancelled by its client."
            return 499, {"detail": detail, "error_type": "client_cancelled"}
        if job.fate.fails:
            status = _STATUS.get(job.fate.fails, 500)
            return status, {"detail": [_detail(job.fate.fails)]}
        file = {"url": self.file_url(job), "content_type": None, "file_size": None}
        match job.kind:
            case "image":
                return 200, {"images": [file], "prompt": job.prompt, "seed": 7}
            case "video":
                return 200, {"video": file}
        return 200, {"model_mesh": file}


def _kind(model: str) -> Kind:
    if "3d" in model or "trellis" in model or "hyper3d" in model:
        return "model"
    return "video" if "video" in model else "image"


def _error(kind: str, status: int) -> web.Response:
    if status == 422:
        return web.json_response({"detail": [_detail(kind)]}, status=status)
    headers = {"X-Fal-Error-Type": kind}
    body = {"detail": "It was refused.", "error_type": kind}
    return web.json_response(body, status=status, headers=headers)


def _detail(kind: str) -> dict[str, Any]:
    return {
        "loc": ["body", "prompt"],
        "msg": "It cannot be made.",
        "type": kind,
        "url": f"https://docs.fal.ai/errors#{kind}",
        "input": None,
    }
