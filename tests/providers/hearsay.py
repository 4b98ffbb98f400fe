"""Hearsay: a provider that does not exist, whose reports nobody signs; it asks first whether the
address is ours.
"""

import json
from collections.abc import Iterable, Mapping

from aiohttp import web

from gesso.providers import (
    Accepted,
    Access,
    Call,
    Challenge,
    Delivered,
    Failed,
    Flow,
    Hint,
    News,
    Offers,
    Piece,
    Provider,
    Push,
    Refused,
    Submission,
    Ticket,
    Working,
    readings,
)
from gesso.simulators import Made, Simulator


class Hearsay(Provider):
    """Takes a job and a callback; its reports are hints."""

    name = "hearsay"
    offers = Offers(push="hint", first_poll=30.0)
    access = Access(secrets={"key": "HEARSAY_KEY"})

    def submit(self, order: Submission) -> Flow[Accepted | Refused]:
        body = {**order.input, "callback": order.callback_url}
        answer = yield self._call(order, "POST", "/jobs", body)
        if not answer.ok:
            return readings.refused(answer, "It was refused.")
        return Accepted(answer.json()["id"], poll_after=30.0)

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        answer = yield self._call(ticket, "GET", f"/jobs/{ticket.provider_job_id}")
        job = readings.known(answer).json()
        if job["status"] == "done":
            return Delivered((Piece(url=job["file"]),), cost=5_000)
        return Working() if job["status"] == "working" else Failed("cancelled", "It stopped.")

    def verify_push(self, push: Push) -> Flow[Hint | Challenge]:
        told = json.loads(push.body)
        if "challenge" in told:
            return Challenge(json.dumps({"challenge": told["challenge"]}).encode())
        return Hint()
        yield

    def read_push(self, push: Push) -> News:
        return News(json.loads(push.body)["id"])

    def _call(self, of: Submission | Ticket, method: str, path: str, body: object = None) -> Call:
        headers = {"Authorization": f"Bearer {of.credential.secret()}"}
        return Call(method, of.credential.root + path, headers=headers, json=body)


class HearsaySimulator(Simulator):
    """Its server."""

    name = "hearsay"

    def routes(self) -> Iterable[web.RouteDef]:
        return [web.post("/jobs", self._submit), web.get("/jobs/{id}", self._show)]

    def pushed(self, job: Made) -> tuple[bytes, Mapping[str, str]]:
        return json.dumps({"id": job.id, "status": job.state}).encode(), {}

    async def _submit(self, request: web.Request) -> web.Response:
        asked = await request.json()
        job = await self.take(
            request, kind="image", prompt=asked["prompt"], asked=asked, cost=5_000,
            callback=asked["callback"],
        )  # fmt: skip
        return web.json_response({"id": job.id})

    async def _show(self, request: web.Request) -> web.Response:
        job = self.jobs[request.match_info["id"]]
        return web.json_response({"status": job.state, "file": self.file_url(job)})


PROVIDERS = (Hearsay,)
