"""The inbox over HTTP, for operators: what providers have reported, and what came of it."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import BaseModel, Field

from gesso.domain import inbox
from gesso.domain.identity import OperatorDep
from gesso.infra.errors import NotFound
from gesso.infra.web import Page, PageDep, ViewDep, new_router, problems
from gesso.kit.ids import parse_id, public_id

router = new_router("inbox")

PushPath = Annotated[str, Path(max_length=64, description="The id of a push.")]
Status = Literal["stored", "applied", "late", "foreign", "unreadable", "given_up"]


class PushFilter(BaseModel):
    """`?task=…&provider=…&status=…` of the list; the last two may be given more than once."""

    task: str | None = Field(None, max_length=64, description="A task's id.")
    provider: tuple[Annotated[str, Field(max_length=64)], ...] = Field((), max_length=20)
    status: tuple[Status, ...] = Field((), max_length=6)


class PushOut(BaseModel):
    """A provider's report: how far it was believed, and what came of it."""

    id: str
    provider: str
    task_id: str
    attempt_id: str
    trust: Literal["signed", "hint"]
    status: Status
    received_at: datetime
    applied_at: datetime | None
    error: str | None


class PushWithBody(PushOut):
    """The same with its bytes: as text where they are UTF-8, else in base 64."""

    headers: Mapping[str, Any]
    body: str
    encoding: Literal["utf-8", "base64"]


@router.get("/inbox")
async def list_pushes(
    view: ViewDep, _operator: OperatorDep, page: PageDep, filters: Annotated[PushFilter, Query()]
) -> Page[PushOut]:
    """List what providers have reported, the newest first; what was applied a week ago is
    forgotten.
    """
    task_id = parse_id("task", filters.task) if filters.task is not None else None
    if filters.task is not None and task_id is None:
        return Page(items=[], next_cursor=None)
    after = page.after(UUID)
    rows = await inbox.page(
        view,
        task_id=task_id,
        providers=filters.provider,
        statuses=filters.status,
        after=after[0] if after else None,
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(rows, lambda push: (push.id,))
    return Page(items=[PushOut(**_facts(push)) for push in kept], next_cursor=cursor)


@router.get("/inbox/{push_id}", responses=problems(NotFound))
async def get_push(view: ViewDep, _operator: OperatorDep, push_id: PushPath) -> PushWithBody:
    """Look at one, its bytes included."""
    known = parse_id("push", push_id)
    if known is None:
        raise NotFound("There is no such push.")
    push = await inbox.find(view, known)
    text, encoding = _shown(push.body)
    return PushWithBody(**_facts(push), headers=push.headers, body=text, encoding=encoding)


def _facts(push: inbox.Arrival) -> dict[str, Any]:
    return {
        "id": public_id("push", push.id),
        "provider": push.provider,
        "task_id": public_id("task", push.task_id),
        "attempt_id": public_id("attempt", push.attempt_id),
        "trust": push.trust,
        "status": push.status,
        "received_at": push.received_at,
        "applied_at": push.finished_at,
        "error": push.error,
    }


def _shown(body: bytes) -> tuple[str, Literal["utf-8", "base64"]]:
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"
