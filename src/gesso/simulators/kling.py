"""Kling, simulated: tasks under two ids, tokens that are checked, and unsigned pushes.

Source: the copies of klingai.com's document API. Which code refuses an `external_task_id` that is
there already is not known; 1201 is guessed.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from aiohttp import web

from gesso.providers.kling import NOT_FOUND
from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

_STATES = {"working": "processing", "done": "succeed", "failed": "failed", "cancelled": "failed"}
_CODES = {400: 1201, 401: 1000, 403: 1103, 404: NOT_FOUND, 429: 1302, 500: 5000, 503: 5001}
_LONGEST = 2500


class KlingSimulator(Simulator):
    """A film is one unit of a resource pack, and so is a picture."""

    name = "kling"
    secrets: ClassVar[Mapping[str, str]] = {
        "access_key": "ak-simulated",
        "secret_key": "sk-simulated",
    }

    def routes(self) -> Iterable[web.RouteDef]:
        """Submissions and tasks, at the same places."""
        place = "/v1/{endpoint:videos/text2video|videos/image2video|images/generations}"
        return [web.post(place, self._take), web.get(f"{place}/{{id}}", self._show)]

    def allows(self, request: web.Request) -> bool:
        """A token that the secret key has signed, and that is good now (RFC 7519)."""
        try:
            kind, token = request.headers.get("Authorization", "").split(" ")
            signed, _, signature = token.rpartition(".")
            claims = json.loads(_bytes(signed.split(".")[1]))
            wanted = hmac.digest(
                self.secrets["secret_key"].encode(), signed.encode(), hashlib.sha256
            )
            is_signed = kind == "Bearer" and hmac.compare_digest(wanted, _bytes(signature))
            is_ours = claims["iss"] == self.secrets["access_key"]
            return is_signed and is_ours and claims["nbf"] <= time.time() < claims["exp"]
        except (ValueError, KeyError, IndexError):
            return False

    def denied(self) -> web.Response:
        """The answer to a request without the right token."""
        return self.refusal(Fate(status=401))

    def refusal(self, fate: Fate) -> web.Response:
        """A code; a fate's error may be one, or the sentence beside it."""
        said = fate.error or "refused"
        code = int(said) if said.isdigit() else _CODES.get(fate.status, 5000)
        body = {"code": code, "message": said, "request_id": "simulated"}
        return web.json_response(body, status=fate.status)

    def pushed(self, job: Made) -> tuple[bytes, Mapping[str, str]]:
        """The answer to a question, unasked."""
        return json.dumps(self._shown(job)).encode(), {"Content-Type": "application/json"}

    async def _take(self, request: web.Request) -> web.Response:
        asked, endpoint = await request.json(), request.match_info["endpoint"]
        if not isinstance(asked.get("duration", ""), str):
            raise self.refused("duration is a string")
        if not 0 < len(asked.get("prompt", "")) <= _LONGEST or not asked.get("model_name"):
            raise self.refused("model_name and prompt are needed")
        if endpoint == "videos/image2video":
            if str(asked.get("image")).startswith("data:"):
                raise self.refused("the picture must be bare base64")
            await self.given(asked.get("image"))
        if self._find(asked.get("external_task_id")):
            raise self.refused("external_task_id is there already")
        job = await self.take(
            request,
            kind="image" if endpoint.startswith("images/") else "video",
            prompt=asked["prompt"],
            asked=asked,
            cost=1_000_000,
            callback=asked.get("callback_url"),
        )
        shown = self._shown(job)
        shown["data"] = {**shown["data"], "task_status": "submitted"}
        return web.json_response(shown)

    async def _show(self, request: web.Request) -> web.Response:
        job = self._find(request.match_info["id"])
        if job is None:
            return self.refusal(Fate(status=404))
        return web.json_response(self._shown(job))

    def _find(self, name: object) -> Made | None:
        return self.jobs.get(str(name)) or next(
            (job for job in self.jobs.values() if job.asked.get("external_task_id") == name), None
        )

    def _shown(self, job: Made) -> dict[str, Any]:
        data = {
            "task_id": job.id,
            "task_status": _STATES[job.state],
            "task_info": {"external_task_id": job.asked.get("external_task_id")},
            "created_at": 1_760_000_000_000,
            "updated_at": 1_760_000_000_000,
        }
        if job.state == "failed":
            data |= {"task_status_msg": job.fate.fails, "final_unit_deduction": "0"}
        if job.state == "done":
            piece = {"id": "1", "index": 0, "url": self.file_url(job), "duration": "5.1"}
            data |= {"task_result": {f"{job.kind}s": [piece]}, "final_unit_deduction": "1"}
        return {"code": 0, "message": "SUCCEED", "request_id": "simulated", "data": data}


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
