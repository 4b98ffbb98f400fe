"""A plugin as somebody else's package would be: providers, operations and some registered
functions.

A provider is a class with flows: generators that yield what they want done and return a verdict.
They do no I/O, know no database and keep no state. The one rule: `Refused` and `Absent` only where
Acme certainly has not taken the job; where nobody can know, `Unsure`.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any, Literal

from pydantic import Field

from gesso.domain.tasks import Draft, ImageInput, Operation, Order, Prompt, asset_uuid
from gesso.providers import (
    Absent,
    Accepted,
    Answer,
    Call,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Offers,
    Piece,
    Provider,
    Refused,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.youtube import YouTube
from gesso.simulators.pictures import speaking
from gesso.simulators.samples import sample
from tests.simulators import functions
from tests.unit.media import corpus


class Acme(Provider):
    """Takes a job under our reference, tells how far it is, stops it, finds it by the reference."""

    name = "acme"
    offers = Offers(lookup=True, cancel=True, first_poll=0.2, slowest_poll=1.0)

    def __init__(self) -> None:
        self._root = os.environ["ACME_URL"]
        self._headers = {"Authorization": f"Bearer {os.environ['ACME_KEY']}"}

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused]:
        """Ask for the work, under our reference."""
        answer = yield self._call("POST", "/jobs", _body(order) | {"client_ref": str(order.ref)})
        return _taken(answer)

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how far it is."""
        answer = yield self._call("GET", f"/jobs/{ticket.provider_job_id}")
        if not answer.ok:
            raise Unsure(f"status {answer.status}")
        return _progress(answer.json())

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """Ask it to stop; what is finished cannot be stopped any more."""
        answer = yield self._call("DELETE", f"/jobs/{ticket.provider_job_id}")
        return Cancelled(cost=int(answer.json()["cost"])) if answer.ok else NotCancelled()

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Absent]:
        """Ask for the job of which only our reference is known."""
        answer = yield self._call("GET", f"/jobs?client_ref={ticket.ref}")
        if not answer.ok:
            raise Unsure(f"status {answer.status}")
        found = answer.json()["items"]
        return Accepted(found[0]["id"], poll_after=0.2) if found else Absent()

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Call:
        return Call(method, self._root + path, headers=self._headers, json=body, total=5.0)


class AcmeBlind(Acme):
    """Acme as many providers are: no reference of ours, nothing to look up, nothing to stop."""

    name = "acme_blind"
    offers = Offers(first_poll=0.2, slowest_poll=1.0)

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused]:
        """Ask for the work; if the answer is lost, nobody will ever know."""
        answer = yield self._call("POST", "/jobs", _body(order))
        return _taken(answer)


class AcmeSync(AcmeBlind):
    """Acme's quick door: the picture is the answer."""

    name = "acme_sync"

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused]:
        """Ask for the picture and wait for it."""
        url = f"{self._root}/images"
        answer = yield Call("POST", url, headers=self._headers, json=_body(order), limit=32 << 20)
        if answer.ok:
            return Delivered((Piece(data=answer.body),))
        return _refused(answer)


class Instant(Provider):
    """Delivers without leaving the house: what remains is what gesso itself takes."""

    name = "instant"
    offers = Offers(lookup=True)

    def submit(self, order: Submission) -> Flow[Delivered]:
        """Have it at once."""
        is_clip = order.model == "clip"
        prompt = str(order.input["prompt"])
        data = clip(order.input["padding"]) if is_clip else _sketch(prompt)
        return Delivered((Piece(data=data),), cost=0)
        yield

    def poll(self, ticket: Ticket) -> Flow[Failed]:
        """Never asked: nothing is ever under way."""
        return Failed("interrupted", "It was cut off.", again=True)
        yield

    def cancel(self, ticket: Ticket) -> Flow[Cancelled]:
        """Always possible."""
        return Cancelled()
        yield

    def lookup(self, ticket: Ticket) -> Flow[Absent]:
        """What was not delivered was not made."""
        return Absent()
        yield


def _body(order: Submission) -> dict[str, Any]:
    image = order.sources.get("image")
    return {"model": order.model, **order.input, "image_url": image.url if image else None}


def _taken(answer: Answer) -> Accepted | Refused:
    if answer.ok:
        return Accepted(answer.json()["id"], poll_after=0.2)
    return _refused(answer)


def _refused(answer: Answer) -> Refused:
    """What a status below 500 says is certain; behind one of 500, the job may be at work."""
    if answer.status >= 500:
        raise Unsure(f"status {answer.status}")
    code = str(answer.json()["error"])
    if answer.status == 429:
        wait = float(answer.headers.get("Retry-After", "1"))
        return Refused(code, "Acme is busy.", again=True, after=wait)
    return Refused(code, f"Acme refused it: {code}.")


def _progress(job: Mapping[str, Any]) -> Working | Delivered | Failed:
    match job["status"]:
        case "done":
            pieces = tuple(Piece(url=url) for url in job["files"])
            return Delivered(pieces, cost=int(job["cost"]))
        case "failed":
            is_final = job["error"] == "content_policy"
            return Failed(str(job["error"]), "Acme could not make it.", again=not is_final)
        case "cancelled":
            return Failed("cancelled", "Acme has stopped it.")
    return Working(float(job["progress"]))


@cache
def _sketch(prompt: str) -> bytes:
    return corpus.saved(speaking(prompt), "PNG")


class RestoreOrder(Order):
    """A picture of the caller's without its scratches."""

    type: Literal["restore"]
    image: ImageInput
    strength: float = Field(0.5, gt=0, le=1, description="How much may be made up.")


class Restore(Operation[RestoreOrder]):
    """One job, one picture: an operation is its order, its price and its plan."""

    type = "restore"
    title = "Restore"
    summary = "A picture of yours without its scratches."
    params = RestoreOrder
    phases = ("restore",)
    makes = ("restore",)

    def plan(self, order: RestoreOrder) -> Sequence[Draft]:
        """The one picture."""
        assets = {"image": asset_uuid(order.image)}
        return [Draft("restore", 0, {"strength": order.strength}, assets)]


class SketchOrder(Order):
    """Many small pictures."""

    type: Literal["sketch"]
    prompt: Prompt
    count: int = Field(1, ge=1, le=64)


class Sketch(Operation[SketchOrder]):
    """A job a sketch."""

    type = "sketch"
    title = "Sketch"
    summary = "Small pictures in great number."
    params = SketchOrder
    phases = ("sketches",)
    makes = ("sketch",)

    def plan(self, order: SketchOrder) -> Sequence[Draft]:
        """So many sketches."""
        return [Draft("sketch", index, {"prompt": order.prompt}) for index in range(order.count)]


class ClipOrder(Order):
    """A second of film, and bytes that nobody looks at."""

    type: Literal["clip"]
    prompt: Prompt
    padding: int = Field(0, ge=0, le=64 << 20)


class Clip(Operation[ClipOrder]):
    """One job, one film, as large as is wanted."""

    type = "clip"
    title = "Clip"
    summary = "A second of film."
    params = ClipOrder
    makes = ("clip",)

    def plan(self, order: ClipOrder) -> Sequence[Draft]:
        """The one film."""
        return [Draft("clip", 0, {"prompt": order.prompt, "padding": order.padding})]


def clip(padding: int) -> bytes:
    """A film, and a box of random bytes that players skip (ISO/IEC 14496-12, 8.1.2)."""
    box = (padding + 8).to_bytes(4, "big") + b"free" + Random(padding).randbytes(padding)
    return sample("video") + (box if padding else b"")


class SmallSteps(YouTube):
    """YouTube in chunks so small that a film of a second has many."""

    name = "youtube_in_small_steps"
    chunk = 256 << 10
    turn = 2


PROVIDERS = (Acme, AcmeBlind, AcmeSync, Instant, SmallSteps)
OPERATIONS = (Restore, Sketch, Clip)
TASKS = functions.TASKS
