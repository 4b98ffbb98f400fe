"""ComfyUI over HTTP: a prompt under our own id, its place in the queue, its end in the history.

Source: ComfyUI 0.3.64 (`server.py`, `execution.py`) and later. The server keeps everything in
memory: a prompt that neither its queue nor its history knows is lost, and has cost nothing. An
address that is empty says the same of a whole server (`gesso.app.comfyui`).
"""

from collections.abc import Generator, Mapping
from pathlib import PurePath
from typing import Any, Final

from pydantic import ValidationError

from gesso.infra.http import File
from gesso.providers.access import Access, Credential
from gesso.providers.comfyui.reading import (
    MARK,
    failure,
    mark_of,
    place_in,
    refusal,
    results,
    was_interrupted,
)
from gesso.providers.comfyui.template import Template, read_template
from gesso.providers.flow import (
    Absent,
    Accepted,
    Answer,
    Call,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Piece,
    Refused,
    Submission,
    Ticket,
    Working,
)
from gesso.providers.provider import Offers, Provider
from gesso.providers.readings import (
    INVALID_INPUT,
    OVERLOADED,
    PROVIDER_ERROR,
    UNKNOWN_MODEL,
    known,
)

_MOMENT: Final = 0.5
"""Seconds for which a prompt that has ended may be in neither the queue nor the history."""
_LONG: Final = 64 << 20
"""Bytes of a queue or of a history; each entry holds its whole graph."""
_FILE: Final = 256 << 20
_RECENT: Final = 200
_LOST: Final = Failed("server_lost", "The server lost it when it was restarted.", again=True)

Asking = Generator[Call, Answer, Any]


class ComfyUI(Provider):
    """Takes a workflow's prompt, tells its end, stops it, finds it by our id."""

    name = "comfyui"
    offers = Offers(lookup=True, cancel=True, recipes=True, first_poll=1.0, slowest_poll=10.0)
    access = Access()

    def submit(self, order: Submission) -> Flow[Accepted | Refused]:
        """Upload the pictures, each under a name of its own, then queue the prompt."""
        if order.recipe is None:
            return Refused(UNKNOWN_MODEL, f"There is no workflow {order.model!r}.")
        template = read_template(order.recipe)
        pictures = {name: order.sources[name] for name in template.images & set(order.sources)}
        try:
            values = template.values({**order.input, **dict.fromkeys(pictures, "")})
        except ValidationError as error:
            return Refused(INVALID_INPUT, _first_fault(error))
        for name, source in pictures.items():
            suffix = PurePath(source.path or "").suffix or f".{source.content_type.split('/')[-1]}"
            file = File(source.path or "", source.content_type, f"gesso-{order.ref}-{name}{suffix}")
            form = (("image", file), ("type", "input"), ("overwrite", "true"))
            answer = yield _call(
                order.credential, "POST", "/upload/image", form=form, prepares=True
            )
            if not answer.ok:
                return _upload_refused(answer, name)
            values[name] = _stored_as(answer.json())
        answer = yield _call(
            order.credential, "POST", "/prompt", json=_prompt(order, template, values)
        )
        if answer.ok:
            return Accepted(str(answer.json()["prompt_id"]), poll_after=1.0)
        return refusal(answer, template)

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Look into the history, then into the queue; what is in neither is lost."""
        if not ticket.credential.root:
            return _LOST
        name = ticket.provider_job_id or str(ticket.ref)
        entry = yield from _ended(ticket.credential, name)
        if entry is None:
            if (yield from _queued(ticket.credential, name)):
                return Working()
            entry = yield from _ended(ticket.credential, name, after=_MOMENT)
            if entry is None:
                return _LOST
        return (yield from _outcome(ticket.credential, entry))

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """Take it out of the queue, or interrupt it where it is the one that runs. The server acts
        on that between nodes, so it is seen to have stopped at a later look.
        """
        at, name = ticket.credential, ticket.provider_job_id or str(ticket.ref)
        if not at.root:
            return Cancelled()
        place = yield from _queued(at, name)
        if place is not None and place.startswith("pending"):
            known((yield _call(at, "POST", "/queue", json={"delete": [name]})))
            place = yield from _queued(at, name)
        if place is not None:
            # Only ever by its name: without one, whatever runs now would be stopped.
            known((yield _call(at, "POST", "/interrupt", json={"prompt_id": name})))
            return NotCancelled()
        entry = yield from _ended(at, name)
        return Cancelled() if entry is None or was_interrupted(entry) else NotCancelled()

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Absent]:
        """Ask for a prompt of our id. A server that gave it an id of its own is found out by what
        we wrote onto it.
        """
        at, name = ticket.credential, str(ticket.ref)
        if not at.root:
            return Absent()
        if (yield from _ended(at, name)) is not None:
            return Accepted(name, poll_after=0.2)
        place = yield from _queued(at, name)
        if place is not None:
            return Accepted(place.partition(":")[2], poll_after=1.0)
        path = f"/history?max_items={_RECENT}"
        recent = known((yield _call(at, "GET", path, limit=_LONG, after=_MOMENT))).json()
        for number, entry in recent.items():
            if number == name or mark_of(entry.get("prompt") or []).get("ref") == name:
                return Accepted(number, poll_after=0.2)
        return Absent()


def _prompt(order: Submission, template: Template, values: Mapping[str, Any]) -> dict[str, Any]:
    mark = {
        "ref": str(order.ref),
        "outputs": [[output.node, output.kind] for output in template.outputs],
    }
    return {
        "prompt": template.fill(values),
        "prompt_id": str(order.ref),
        "client_id": order.credential.secrets.get("client", str(order.ref)),
        "extra_data": {MARK: mark},
    }


def _outcome(at: Credential, entry: Mapping[str, Any]) -> Flow[Delivered | Failed]:
    failed = failure(entry)
    if failed is not None:
        return failed
    found = [f"/view?{query}" for query in results(entry)]
    if not found:
        return Failed(PROVIDER_ERROR, "The workflow ended without the files that it declares.")
    if "token" not in at.secrets:
        return Delivered(tuple(Piece(url=at.root + path) for path in found))
    # Who stores results carries no secrets, so what is behind a token is fetched here.
    pieces: list[Piece] = []
    for path in found:
        answer = yield _call(at, "GET", path, limit=_FILE)
        pieces += [Piece(data=known(answer).body)]
    return Delivered(tuple(pieces))


def _ended(at: Credential, name: str, *, after: float = 0.0) -> Asking:
    """Its entry in the history, if it has one."""
    answer = yield _call(at, "GET", f"/history/{name}", limit=_LONG, after=after)
    return known(answer).json().get(name)


def _queued(at: Credential, name: str) -> Asking:
    """Its place in the queue, if it has one."""
    return place_in(known((yield _call(at, "GET", "/queue", limit=_LONG))).json(), name)


def _call(at: Credential, method: str, path: str, **more: Any) -> Call:
    token = at.secrets.get("token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Call(method, at.root + path, headers=headers, total=more.pop("total", 60.0), **more)


def _stored_as(told: Mapping[str, str]) -> str:
    """The picture as a node names it."""
    return f"{told['subfolder']}/{told['name']}" if told.get("subfolder") else told["name"]


def _upload_refused(answer: Answer, name: str) -> Refused:
    """An upload takes no job, so whatever befalls it is certain."""
    message = f"The server did not take the picture {name!r}: status {answer.status}."
    if answer.status in {400, 413, 415}:
        return Refused(INVALID_INPUT, message)
    return Refused(OVERLOADED, message, again=True)


def _first_fault(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"The input {'.'.join(map(str, first['loc']))!r}: {first['msg']}"
