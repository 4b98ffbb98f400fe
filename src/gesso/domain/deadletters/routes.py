"""Dead letters over HTTP, for operators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic import BaseModel

from gesso.domain import auditlog
from gesso.domain.deadletters import service
from gesso.domain.deadletters.service import Keepers, NoSuchLetter
from gesso.domain.deadletters.tables import DeadLetter
from gesso.domain.identity import OperatorDep
from gesso.infra.db import Tx
from gesso.infra.errors import Conflict
from gesso.infra.web import House, Page, PageDep, TxDep, ViewDep, house_of, new_router, problems
from gesso.kit.ids import parse_id, public_id

router = new_router("dead letters")

LetterPath = Annotated[str, Path(max_length=64, description="The id of a dead letter.")]


class KeepingHouse(House, Protocol):
    """What these routes need of the house beside what every room needs."""

    @property
    def keepers(self) -> Keepers:
        """Who knows what to do with which kind of letter."""


class LetterOut(BaseModel):
    """Something that was parked, and what became of it."""

    id: str
    kind: str
    subject: str
    lane: str
    reason: str
    deliveries: int
    facts: Mapping[str, Any]
    parked_at: datetime
    settled_at: datetime | None
    settlement: str | None


@router.get("/dead-letters")
async def list_letters(
    view: ViewDep,
    _operator: OperatorDep,
    page: PageDep,
    *,
    settled: Annotated[
        bool, Query(description="Those that are settled, not the open ones.")
    ] = False,
) -> Page[LetterOut]:
    """List what is parked, the newest first."""
    after = page.after(UUID)
    rows = await service.page(
        view, after=after[0] if after else None, limit=page.limit + 1, settled=settled
    )
    kept, cursor = page.cut(rows, lambda letter: (letter.id,))
    return Page(items=[_out(letter) for letter in kept], next_cursor=cursor)


@router.get("/dead-letters/{letter_id}", responses=problems(NoSuchLetter))
async def get_letter(view: ViewDep, _operator: OperatorDep, letter_id: LetterPath) -> LetterOut:
    """Look at one."""
    return _out(await service.find(view, _known(letter_id)))


@router.post("/dead-letters/{letter_id}/requeue", responses=problems(NoSuchLetter, Conflict))
async def requeue_letter(
    request: Request, tx: TxDep, _operator: OperatorDep, letter_id: LetterPath
) -> LetterOut:
    """Have what is parked done once more, as if it had never failed."""
    letter = await service.requeue(tx, _keepers(request), _known(letter_id))
    return await _settled(request, tx, letter, "dead_letter.requeue")


@router.post("/dead-letters/{letter_id}/discard", responses=problems(NoSuchLetter, Conflict))
async def discard_letter(
    request: Request, tx: TxDep, _operator: OperatorDep, letter_id: LetterPath
) -> LetterOut:
    """End what is parked; whatever was frozen for it goes back."""
    letter = await service.discard(tx, _keepers(request), _known(letter_id))
    return await _settled(request, tx, letter, "dead_letter.discard")


async def _settled(request: Request, tx: Tx, letter: DeadLetter, action: str) -> LetterOut:
    out = _out(letter)
    about = {"kind": letter.kind, "of": letter.subject}
    await auditlog.note(tx, auditlog.actor(request), action, out.id, about)
    return out


def _keepers(request: Request) -> Keepers:
    return cast(KeepingHouse, house_of(request)).keepers


def _known(text: str) -> UUID:
    found = parse_id("letter", text)
    if found is None:
        raise NoSuchLetter("There is no such dead letter.")
    return found


def _out(letter: DeadLetter) -> LetterOut:
    return LetterOut(
        id=public_id("letter", letter.id),
        kind=letter.kind,
        subject=letter.subject,
        lane=letter.lane,
        reason=letter.reason,
        deliveries=letter.deliveries,
        facts=letter.facts,
        parked_at=letter.parked_at,
        settled_at=letter.settled_at,
        settlement=letter.settlement,
    )
