"""The moderator: has what was made judged before anybody is shown it.

Who judges is told by the catalogue, as for a user's own `moderate_content`. What cannot be judged
now is judged later, and not shown meanwhile.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import uuid4

from sqlalchemy import select

from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.tables import Task
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.envoy import Envoy
from gesso.domain.tasks.work.places import NoPlace
from gesso.infra.inspect import Rejected
from gesso.providers import Accepted, Delivered, Failed, Source, Submission, Unsure, Verdict
from gesso.providers.credentials import NoCredential
from gesso.providers.driver import Unreached
from gesso.providers.readings import CONTENT_POLICY
from gesso.providers.traffic import Busy, Down

JUDGING: Final = "moderate_content"
_LONGEST: Final = 20_000


class Undecided(Exception):
    """No judgement could be had this time."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether it may be shown, and what judging took, in millionths of the provider's currency."""

    is_shown: bool
    reason: str
    cost: int

    def enforce(self) -> None:
        """Rejected where it may not be shown."""
        if not self.is_shown:
            raise Rejected("withheld", f"It was made, and is not shown: {self.reason}")


class Moderator:
    """Judges the results of these operations; the results of others are shown unseen."""

    def __init__(
        self,
        desk: Desk,
        envoy: Envoy,
        *,
        operations: Collection[str],
        on_doubt: Literal["show", "withhold"],
    ) -> None:
        self._desk, self._envoy = desk, envoy
        self._operations, self._on_doubt = frozenset(operations), on_doubt

    async def concerns(self, job: Assignment) -> bool:
        """Whether what this job has made is to be judged."""
        if not self._operations:
            return False
        async with self._desk.db.view() as view:
            kind = await view.scalar(select(Task.type).where(Task.id == job.task_id))
        return kind in self._operations

    async def judge(self, job: Assignment, sources: Mapping[str, Source]) -> Judgement:
        """A judgement of the job's value, or of these files of its; Undecided where none can be had
        now.
        """
        judge, words = _errand(self._desk.menu, job)
        if self._envoy.provider(judge) is None:
            raise Undecided(f"{judge.provider} is not installed")
        try:
            verdict = await self._ask(judge, words, sources)
        except (NoCredential, NoPlace, Busy, Down, Unreached, Unsure) as error:
            raise Undecided(repr(error)) from error
        match verdict:
            case Delivered(value=dict(value)):
                usual = self._desk.menu.usual_cost(judge)
                cost = usual if verdict.cost is None else verdict.cost
                return self._judgement(value, cost)
            case Failed(code=code) if code == CONTENT_POLICY:
                return Judgement(is_shown=False, reason="Nobody would judge it.", cost=verdict.cost)
        raise Undecided(repr(verdict))

    async def _ask(
        self, judge: Assignment, words: Mapping[str, Any], sources: Mapping[str, Source]
    ) -> Verdict:
        credential = await self._envoy.credential(judge)
        order = Submission(
            ref=judge.attempt_id,
            model=judge.provider_model,
            input=words,
            sources=sources,
            callback_url="",
            scratch="",
            credential=credential,
        )
        async with self._envoy.passage(judge, credential) as trip:
            verdict = await self._envoy.send(
                judge, order, trip=trip, on_accept=_stay, tell=_hear, may_send=lambda: True
            )
        await self._envoy.learn(judge, credential, verdict)
        return verdict

    def _judgement(self, value: Mapping[str, Any], cost: int) -> Judgement:
        verdict, reason = value.get("verdict"), str(value.get("summary", ""))[:300]
        is_shown = verdict == "allow" or (verdict == "review" and self._on_doubt == "show")
        return Judgement(is_shown=is_shown, reason=reason, cost=cost)


def _errand(menu: Menu, job: Assignment) -> tuple[Assignment, Mapping[str, Any]]:
    """The same job as its judge sees it, and what the judge is asked, in its provider's words."""
    operation = menu.operation(JUDGING)
    order = operation.params.model_validate({"type": JUDGING, "prompt": _words(job)})
    (piece,) = menu.price(order, operation.plan(order))
    meta = {"model": piece.model.id, "input": dict(piece.draft.input)}
    judge = replace(
        job,
        attempt_id=uuid4(),
        provider=piece.target.provider,
        provider_model=piece.target.model,
        meta=meta,
    )
    return judge, menu.words(judge, {})


def _words(job: Assignment) -> str:
    """What is judged beside what is shown: the value, or the words that it was made from."""
    value = (job.output or {}).get("value")
    if value is not None:
        return json.dumps(value, ensure_ascii=False)[:_LONGEST]
    said = str(job.meta.get("input", {}).get("prompt") or "").strip()
    return said[:_LONGEST] or "Nothing was said."


async def _stay(_news: Accepted) -> None:
    """Whoever takes it answers in the same breath."""


def _hear(_share: float) -> None:
    """How far a judgement is, nobody asks."""
