"""Ingest: a provider's pieces become files of ours: fetched, examined, stored, and only then
delivered.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import structlog

from gesso.domain import media
from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.finish import End
from gesso.domain.tasks.news import Postponed
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.moderator import Moderator
from gesso.domain.tasks.work.sources import Sources
from gesso.infra.errors import TooLarge
from gesso.infra.examiner import Examiner, thumb_of
from gesso.infra.http import NotAllowed, NotThere
from gesso.infra.inspect import Finding, Limits, Rejected
from gesso.infra.pool import Pool
from gesso.infra.storage import Missing, Storage
from gesso.providers import Delivered, Piece, Source
from gesso.providers.driver import Driver
from gesso.work import Grip

log = structlog.get_logger()

_AGAIN = 10.0
"""The longest wait, in seconds, before an ingest is tried again."""
_GONE = (404, 410)
_SECOND_LOOKS = (0.5, 2.0)
"""Seconds until a result is looked for again that is not there: it may be a moment late."""


AT_HAND = 1 << 20
"""Bytes of a result that is stored by the worker which received it; a larger one waits its turn in
the storing lane.
"""


def is_at_hand(result: Delivered) -> bool:
    """Whether all of a result came with the answer, and is soon stored."""
    return sum(len(each.data) if each.data else AT_HAND + 1 for each in result.pieces) <= AT_HAND


class Ingest:
    """Stores the results of jobs. Doing it twice is doing it once: the keys come from the job."""

    def __init__(
        self,
        desk: Desk,
        storage: Storage,
        sources: Sources,
        *,
        driver: Driver,
        pool: Pool,
        limits: Limits,
        moderator: Moderator | None = None,
    ) -> None:
        self._moderator = moderator
        self._desk, self._storage, self._sources = desk, storage, sources
        self._driver, self._limits, self._examiner = driver, limits, Examiner(pool, limits)

    async def keep(self, job: Assignment, pieces: Sequence[Piece]) -> list[dict[str, Any]]:
        """Pieces as a job's output can remember them, wherever its next step is done."""
        kept = [
            {"url": piece.url}
            if piece.data is None and not piece.path
            else await self._sources.keep(job, place, piece, limit=self._limits.size)
            for place, piece in enumerate(pieces)
        ]
        if not any("path" in piece for piece in kept):
            await self._sources.empty(job)
        return kept

    async def store(self, job: Assignment) -> None:
        """Bring a job that was delivered to its end: completed with its assets or its value, or
        failed for want of them.
        """
        pieces = (job.output or {}).get("pieces", [])
        has_value = (job.output or {}).get("value") is not None
        judging = _Judging()
        try:
            if self._moderator is not None and await self._moderator.concerns(job):
                judging.moderator = self._moderator
            assets = [
                await self._asset(job, place, piece, judging) for place, piece in enumerate(pieces)
            ]
            if has_value:
                await judging.see(job, {})
        except Rejected as error:
            await self._give_up(job, error.code, error.message, judging.cost)
        except (FileNotFoundError, Missing):
            await self._give_up(
                job, "result_lost", "The result was lost before it could be stored."
            )
        except TooLarge as error:
            await self._give_up(job, error.kind, error.message)
        except NotAllowed as error:
            log.warning("result_not_fetched", reason=str(error))
            await self._give_up(
                job, "result_out_of_reach", "The result lies where nothing is fetched from."
            )
        except Exception as error:  # noqa: BLE001  # a fault of ours must not hold it for ever
            await self._later(job, error)
        else:
            if assets or has_value:
                await self._deliver(job, assets, judging.cost)
            else:
                await self._give_up(
                    job, "nothing_delivered", "The provider finished without a result."
                )

    async def _deliver(self, job: Assignment, assets: Sequence[media.NewAsset], cost: int) -> None:
        await self._end(
            job,
            End(
                job.job_id, job.task_id, "completed", "completed",
                fence=job.fence, assets=assets, cost=cost,
            ),
        )  # fmt: skip

    async def _give_up(self, job: Assignment, code: str, message: str, cost: int = 0) -> None:
        await self._end(
            job,
            End(
                job.job_id, job.task_id, "failed", "leaked",
                fence=job.fence, error_code=code, error_message=message, cost=cost,
            ),
        )  # fmt: skip

    async def _end(self, job: Assignment, end: End) -> None:
        """End the job; the files of one that was taken from us are somebody else's tools now."""
        if await self._desk.finish(end):
            # Nobody renews the lease of what has ended, and to lose it now must not stop this.
            await asyncio.shield(self._sources.clear(job))

    async def _later(self, job: Assignment, error: Exception) -> None:
        """What is in the way may go away; the hold stays until the deadline."""
        now = self._desk.db.now()
        left, age = (job.deadline_at - now).total_seconds(), (now - job.created_at).total_seconds()
        if left <= 0:
            await self._give_up(
                job, "result_lost", "The result could not be fetched and stored in time."
            )
            return
        log.warning("ingest_postponed", reason=repr(error))
        wait = min(_AGAIN, max(1.0, age / 5), left)
        await self._desk.postpone(Postponed(Grip(job.job_id, job.fence), wait))

    async def _asset(
        self, job: Assignment, place: int, piece: Mapping[str, Any], judging: "_Judging"
    ) -> media.NewAsset:
        file = await self._local(job, place, piece)
        examined = await self._examiner.examine(file)
        finding = examined.finding
        await judging.see(job, _to_see(file, finding))
        key = f"{job.tenant_id}/{job.created_at:%Y/%m}/{job.job_id}-{place}.{finding.extension}"
        kept = await media.keep(self._storage, key, file, examined, limit=self._limits.size)
        return media.NewAsset(
            tenant_id=job.tenant_id,
            owner_id=job.owner_id,
            task_id=job.task_id,
            job_id=job.job_id,
            idx=place,
            kept=kept,
        )

    async def _local(self, job: Assignment, place: int, piece: Mapping[str, Any]) -> Path:
        """The piece as a file of this machine."""
        if piece.get("path"):
            return Path(piece["path"])
        if piece.get("refused"):
            raise Rejected(*piece["refused"])
        for pause in (*_SECOND_LOOKS, None):
            try:
                return await self._fetch(job, place, piece)
            except NotThere as error:
                if error.status not in _GONE:
                    raise
                if pause is None:
                    message = "The provider does not have the result any more."
                    raise Rejected("result_expired", message) from error
                await asyncio.sleep(pause)
        raise AssertionError("the last look returns or raises")

    async def _fetch(self, job: Assignment, place: int, piece: Mapping[str, Any]) -> Path:
        file = self._sources.scratch(job) / f"fetched-{place}"
        await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
        taken = 0
        async with self._chunks(job, piece) as chunks, await anyio.open_file(file, "wb") as out:
            async for chunk in chunks:
                taken += len(chunk)
                if taken > self._limits.size:
                    raise Rejected("media_too_large", "The result is larger than is taken.")
                await out.write(chunk)
        return file

    @asynccontextmanager
    async def _chunks(
        self, job: Assignment, piece: Mapping[str, Any]
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The piece from where it was kept, or from its provider; let go of when the block ends."""
        if piece.get("key"):
            yield await self._storage.open(piece["key"])
            return
        source = self._driver.download(job.provider, str(piece["url"]), total=600)
        async with aclosing(source):
            yield source


@dataclass(slots=True)
class _Judging:
    """What one look at a job's results has taken so far."""

    moderator: Moderator | None = None
    cost: int = 0

    async def see(self, job: Assignment, sources: Mapping[str, Source]) -> None:
        """Have this judged, where it has to be; Rejected where it may not be shown."""
        if self.moderator is not None:
            judgement = await self.moderator.judge(job, sources)
            self.cost += judgement.cost
            judgement.enforce()


def _to_see(file: Path, finding: Finding) -> dict[str, Source]:
    """A result as its judge sees it; of a model, the picture that shows it."""
    if finding.kind == "model":
        return {"image": Source("", str(thumb_of(file)), "image/webp")}
    return {finding.kind: Source("", str(file), finding.content_type)}
