"""Flows without a network: orders and tickets to begin with, and answers that are sent in."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from gesso.providers import Answer, Call, Credential, Flow, Push, Source, Submission, Ticket
from gesso.simulators import Simulator

REF = UUID("018f3f6e-0000-7000-8000-000000000001")
HOOK = "https://gesso.example/hooks/here"
LINK = "https://gesso.example/api/v1/assets/asset_1/content?signature=s"
PRIVATE = "http://192.168.1.7:8000/api/v1/assets/asset_1/content?signature=s"
KEYS = {"key": "a-key", "access_key": "ak_test", "secret_key": "sk_test"}


def order(
    model: str,
    words: Mapping[str, Any] | None = None,
    *,
    image: str | None = None,
    path: str | None = None,
    hook: str = HOOK,
    at: Simulator | None = None,
) -> Submission:
    """An order for this model; `image`: the link to a stored picture; `at`: whom it is for."""
    sources = {} if image is None else {"image": Source(image, path, "image/png")}
    return Submission(
        ref=REF,
        model=model,
        input=words or {"prompt": "an owl"},
        sources=sources,
        callback_url=hook,
        scratch="",
        credential=_credential(at),
    )


def ticket(model: str, task_id: str | None = "task-1", *, at: Simulator | None = None) -> Ticket:
    """A job of this model that was taken, or may have been."""
    return Ticket(REF, model, task_id, {}, "", _credential(at))


def _credential(at: Simulator | None) -> Credential:
    if at is None:
        return Credential("test", "https://api.example", KEYS)
    return Credential("test", at.url, at.secrets)


def push(body: object) -> Push:
    """A push with this body."""
    return Push({}, json.dumps(body).encode(), 0.0, Credential("test", "", KEYS))


def answer(status: int, body: object = None, **headers: str) -> Answer:
    """An answer in JSON."""
    return Answer(status, headers, b"" if body is None else json.dumps(body).encode())


def carried(flow: Flow[Any], *answers: object) -> tuple[Any, list[Any]]:
    """The verdict of a flow that is given these answers, and what it wished for."""
    wishes: list[Any] = []
    try:
        wishes.append(next(flow))
        for each in answers:
            wish = flow.throw(each) if isinstance(each, OSError) else flow.send(each)
            wishes.append(wish)  # one by one: the end of the flow leaves those before it
    except StopIteration as stop:
        return stop.value, wishes
    raise AssertionError(f"{wishes[-1]} was not answered")


def first(flow: Flow[Any]) -> Call:
    """The first call that a flow makes."""
    call = next(flow)
    assert isinstance(call, Call)
    return call
