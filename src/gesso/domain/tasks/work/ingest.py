"""Ingest: a provider's pieces become files of ours: fetched, examined, stored, and only then
delivered.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio
import structlog

from gesso.domain import media
from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.finish import End
from gesso.domain.tasks.news import Grip, Postponed
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.sources import Sources
from gesso.infra.errors import TooLarge
from gesso.infra.http import Http
from gesso.infra.inspect import Examined, Limits, Rejected
from gesso.infra.pool import Pool
from gesso.infra.storage import Storage
from gesso.providers import Piece

log = structlog.get_logger()

_EXAMINE = "gesso.infra.inspect.run:examine"
_AGAIN = 10.0
"""The longest wait, in seconds, before an ingest is tried again."""
_DETAILS = (
    "width", "height", "mean_color", "duration", "fps", "frames",
    "triangles", "vertices", "watertight", "bounds", "textured", "vertex_coloured",
)  # fmt: skip
"""What an asset remembers of its examination."""


class Ingest:
    """Stores the results of jobs. Doing it twice is doing it once: the keys come from the job."""

    def __init__(
        self,
        desk: Desk,
        storage: Storage,
        sources: Sources,
        *,
        http: Http,
        pool: Pool,
        limits: Limits,
    ) -> None:
        self._desk, self._storage, self._sources = desk, storage, sources
        self._http, self._pool, self._limits = http, pool, limits

    def keep(self, job: Assignment, pieces: Sequence[Piece]) -> list[dict[str, Any]]:
        """Pieces as a job's output can remember them; bytes are put into the scratch directory."""
        kept: list[dict[str, Any]] = []
        for place, piece in enumerate(pieces):
            if piece.data is not None:
                file = self._sources.scratch(job) / f"piece-{place}"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(piece.data)
                kept.append({"path": str(file)})
            else:
                kept.append({"path": piece.path} if piece.path else {"url": piece.url})
        return kept

    async def store(self, job: Assignment) -> None:
        """Bring a job that was delivered to its end: completed with its assets, or failed for want
        of them.
        """
        pieces = (job.output or {}).get("pieces", [])
        try:
            assets = [await self._asset(job, place, piece) for place, piece in enumerate(pieces)]
        except Rejected as error:
            await self._give_up(job, error.code, error.message)
        except FileNotFoundError:
            await self._give_up(
                job, "result_lost", "The result was lost before it could be stored."
            )
        except TooLarge as error:
            await self._give_up(job, error.kind, error.message)
        except Exception as error:  # noqa: BLE001  # a fault of ours must not hold it for ever
            await self._later(job, error)
        else:
            if assets:
                await self._deliver(job, assets)
            else:
                await self._give_up(
                    job, "nothing_delivered", "The provider finished without a result."
                )

    async def _deliver(self, job: Assignment, assets: Sequence[media.NewAsset]) -> None:
        await self._end(
            job,
            End(job.job_id, job.task_id, "completed", "completed", fence=job.fence, assets=assets),
        )

    async def _give_up(self, job: Assignment, code: str, message: str) -> None:
        await self._end(
            job,
            End(
                job.job_id, job.task_id, "failed", "leaked",
                fence=job.fence, error_code=code, error_message=message,
            ),
        )  # fmt: skip

    async def _end(self, job: Assignment, end: End) -> None:
        """End the job; the files of one that was taken from us are somebody else's tools now."""
        if await self._desk.finish(end):
            await self._sources.clear(job)

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

    async def _asset(self, job: Assignment, place: int, piece: Mapping[str, Any]) -> media.NewAsset:
        file = await self._local(job, place, piece)
        thumb = file.with_name(f"{file.name}.thumb")
        examined: Examined = await self._pool.run(
            _EXAMINE,
            {"path": str(file), "thumb_path": str(thumb), "limits": self._limits},
            total=60,
        )
        finding = examined.finding
        key = f"{job.tenant_id}/{job.created_at:%Y/%m}/{job.job_id}-{place}.{finding.extension}"
        stored = await self._storage.put(key, _chunks(file), limit=self._limits.size)
        thumbnail = await self._storage.put(
            f"{key}.thumb.webp", _chunks(thumb), limit=self._limits.size
        )
        facts = asdict(finding)
        details = {name: facts[name] for name in _DETAILS if facts[name] is not None}
        return media.NewAsset(
            tenant_id=job.tenant_id,
            owner_id=job.owner_id,
            task_id=job.task_id,
            job_id=job.job_id,
            idx=place,
            kind=finding.kind,
            content_type=finding.content_type,
            size=stored.size,
            sha256=stored.sha256,
            key=key,
            thumbnail_key=thumbnail.key,
            details=details | {"thumbnail": asdict(examined.thumb)},
        )

    async def _local(self, job: Assignment, place: int, piece: Mapping[str, Any]) -> Path:
        """The piece as a file of this machine."""
        if piece.get("path"):
            return Path(piece["path"])
        file = self._sources.scratch(job) / f"fetched-{place}"
        await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
        taken = 0
        async with await anyio.open_file(file, "wb") as out:
            async for chunk in self._http.download(str(piece["url"]), total=600):
                taken += len(chunk)
                if taken > self._limits.size:
                    raise Rejected("media_too_large", "The result is larger than is taken.")
                await out.write(chunk)
        return file


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    async with await anyio.open_file(file, "rb") as source:
        while chunk := await source.read(1 << 18):
            yield chunk
