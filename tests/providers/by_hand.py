"""Flows driven by hand: answers are put in, and what is asked comes out."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from gesso.providers import Answer, Call, Credential, Flow, Source, Submission, Ticket

REF = UUID("01a21cd9-7aaf-77c2-ad09-7ef3a4086b24")


def answer(status: int, body: object = None, **headers: str) -> Answer:
    """An answer, its body as JSON; underscores in headers' names are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, b"" if body is None else json.dumps(body).encode())


def play(flow: Flow[Any], answers: Sequence[Answer]) -> tuple[list[Call], Any]:
    """Every call of a flow that is answered so, and its verdict."""
    calls, left = [], iter(answers)
    try:
        wish = next(flow)
        while True:
            assert isinstance(wish, Call), wish
            calls.append(wish)
            wish = flow.send(next(left))
    except StopIteration as stop:
        assert list(left) == [], "it asked less often"
        return calls, stop.value


def order(
    credential: Credential,
    given: Mapping[str, Any],
    *,
    model: str = "a-model",
    callback_url: str = "https://gesso.example/hooks/x",
    **sources: Source,
) -> Submission:
    """What is submitted."""
    return Submission(REF, model, given, sources, callback_url, "", credential)


def ticket(
    credential: Credential,
    metadata: Mapping[str, Any] | None = None,
    *,
    job_id: str = "job-1",
    given: Mapping[str, Any] | None = None,
    ending: bool = False,
    **sources: Source,
) -> Ticket:
    """What is asked about."""
    return Ticket(
        REF, "a-model", job_id, metadata or {}, "", credential, given or {}, sources, ending
    )
