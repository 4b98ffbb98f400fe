"""A provider that takes many keys, each of an account of its own, and repeats them when it speaks.

`POST /jobs` takes a job, `GET /jobs/{id}` shows it to the account that it belongs to. An
account may be closed, used up or too busy, and holds so many jobs at once.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from aiohttp import web

from gesso.providers import (
    Accepted,
    Access,
    Answer,
    Call,
    Delivered,
    Failed,
    Flow,
    Offers,
    Piece,
    Provider,
    Refused,
    Submission,
    Ticket,
    Working,
)
from gesso.providers.readings import known, refused
from gesso.simulators import Made, Simulator


@dataclass
class Account:
    """One key's account at the provider."""

    status: int = 200
    """What every submission is answered with; 200 takes it."""
    retry_after: float | None = None
    most: int | None = None
    """Jobs at once; more are refused with 429."""
    taken: int = 0
    refused: int = 0
    peak: int = 0


class KeyedSimulator(Simulator):
    """Its accounts may be read and changed by their keys."""

    name = "keyed"
    secrets: ClassVar[Mapping[str, str]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[str, Account] = {}
        self.owners: dict[str, str] = {}
        self.said: Counter[str] = Counter()

    def account(self, key: str, **facts: Any) -> Account:
        """A new account that this key opens."""
        return self.accounts.setdefault(key, Account(**facts))

    def allows(self, request: web.Request) -> bool:
        """Each route looks for itself."""
        return True

    def routes(self) -> Iterable[web.RouteDef]:
        """Take a job, show a job."""
        return [web.post("/jobs", self._take), web.get("/jobs/{id}", self._show)]

    def at_work(self, key: str) -> int:
        """How many of an account's jobs are at work."""
        return sum(
            job.state == "working" for job in self.jobs.values() if self.owners.get(job.id) == key
        )

    async def _take(self, request: web.Request) -> web.Response:
        key = _key_of(request)
        account = self.accounts.get(key)
        status = 401 if account is None else account.status
        if account is not None and status == 200 and account.most is not None:
            status = 429 if self.at_work(key) >= account.most else 200
        if account is None or status != 200:
            if account is not None:
                account.refused += 1
            return self._complain(key, status, account.retry_after if account else None)
        body = await request.json()
        job = await self.take(request, kind="image", prompt=body["prompt"], asked=body, cost=20_000)
        self.owners[job.id] = key
        account.taken += 1
        account.peak = max(account.peak, self.at_work(key))
        return web.json_response({"id": job.id, "said": f"welcome, {key}"})

    async def _show(self, request: web.Request) -> web.Response:
        job, key = self.jobs.get(request.match_info["id"]), _key_of(request)
        if job is None or self.owners.get(job.id) != key:
            return self._complain(key, 404, None)
        return web.json_response(self._shown(job, key))

    def _shown(self, job: Made, key: str) -> Mapping[str, Any]:
        return {
            "state": job.state,
            "file": self.file_url(job) if job.state == "done" else None,
            "error": _echo(key) if job.state == "failed" else None,
            "code": job.fate.fails,
        }

    def _complain(self, key: str, status: int, retry_after: float | None) -> web.Response:
        self.said[key] += 1
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        return web.json_response({"error": _echo(key)}, status=status, headers=headers)


def _key_of(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _echo(key: str) -> str:
    """A complaint that gives the key away in every way there is."""
    basic = base64.b64encode(f"user:{key}".encode()).decode()
    bare = base64.b64encode(key.encode()).decode()
    return (
        f"Incorrect key provided: {key}. You sent Authorization: Bearer {key}, Basic {basic},"
        f" {bare}, ?key={quote(key, safe='')} or {key[:20]}"
    )


class Keyed(Provider):
    """Speaks to it with whatever key it is given."""

    name = "keyed"
    offers = Offers(first_poll=0.2, slowest_poll=0.5)
    access = Access(root="http://127.0.0.1:1", secrets={"key": "KEYED_KEY"})

    def submit(self, order: Submission) -> Flow[Accepted | Refused]:
        """Ask for the work, and repeat what the provider said on taking it."""
        if order.input["prompt"] == "a broken adapter":
            raise LookupError(f"no way in with {order.credential.secret()}")
        answer = yield _call(order.credential.root, order.credential.secret(), order.input)
        told = _told(answer)
        if answer.ok:
            return Accepted(told["id"], poll_after=0.2, metadata={"said": told["said"]})
        return refused(answer, str(told["error"]))

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how far it is."""
        url = f"{ticket.credential.root}/jobs/{ticket.provider_job_id}"
        answer = yield Call("GET", url, headers=_headers(ticket.credential.secret()), total=5.0)
        told = _told(known(answer))
        match told["state"]:
            case "done":
                return Delivered((Piece(url=told["file"]),))
            case "failed":
                return Failed(str(told["code"]), str(told["error"]))
        return Working()


def _call(root: str, key: str, body: Mapping[str, Any]) -> Call:
    return Call("POST", f"{root}/jobs", headers=_headers(key), json=body, total=5.0)


def _headers(key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _told(answer: Answer) -> Mapping[str, Any]:
    told: Mapping[str, Any] = answer.json()
    return told


PROVIDERS = (Keyed,)
