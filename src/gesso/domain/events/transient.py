"""Transient events: what is so at this moment, told to whoever watches and never written down.

A place in line changes with every job that is served; a row of the log for each change would cost
more than the jobs themselves. So these are worked out for the owners who are watching, all at once,
and only what has changed is sent. They carry no `id`: whoever comes back is told how things stand.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gesso.domain.events.wire import transient_frame
from gesso.infra.db import View


@dataclass(frozen=True, slots=True)
class Transient:
    """How something of an owner's stands now; of each task and type there is one."""

    owner_id: UUID
    type: str
    task_id: UUID
    data: Mapping[str, object] = field(hash=False)


Source = Callable[[View, Collection[UUID]], Awaitable[Sequence[Transient]]]
"""Works out how things stand for these owners."""


@dataclass(frozen=True, slots=True)
class _Posted:
    version: int
    fact: Transient
    frame: bytes


class Board:
    """What was worked out last, by owner; each stream remembers how far it has read."""

    def __init__(self) -> None:
        self._version = 0
        self._posted: dict[UUID, dict[tuple[str, UUID], _Posted]] = {}

    def post(self, facts: Sequence[Transient], at: datetime) -> set[UUID]:
        """Put these in place of all that was there; the owners for whom something is new."""
        self._version += 1
        before, self._posted, changed = self._posted, {}, set()
        for fact in facts:
            key = (fact.type, fact.task_id)
            known = before.get(fact.owner_id, {}).get(key)
            if known is None or known.fact.data != fact.data:
                frame = transient_frame(fact.type, task_id=fact.task_id, at=at, data=fact.data)
                known = _Posted(self._version, fact, frame)
                changed.add(fact.owner_id)
            self._posted.setdefault(fact.owner_id, {})[key] = known
        return changed

    def behind(self, owner_id: UUID, task_id: UUID | None, version: int) -> tuple[bytes, int]:
        """The frames that are newer than `version`, of one task if one is named; the version that
        has been read then.
        """
        posted = self._posted.get(owner_id, {}).values()
        frames = [
            each.frame
            for each in posted
            if each.version > version and task_id in (None, each.fact.task_id)
        ]
        return b"".join(frames), self._version
