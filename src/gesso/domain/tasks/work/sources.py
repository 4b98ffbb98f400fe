"""Sources: what a provider is given to work from, and the scratch directory of each attempt."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from gesso.domain import media, workflows
from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.tables import Job
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.outside import Outside
from gesso.infra.errors import TooLarge, Unavailable
from gesso.infra.files import read_chunks
from gesso.infra.storage import SCRATCH, Storage
from gesso.kit.backoff import full_jitter
from gesso.providers import Credential, Piece, Source, Submission

log = structlog.get_logger()


class Sources:
    """Finds an assignment's inputs and puts them where a provider, or a process of ours, can reach
    them.
    """

    def __init__(
        self,
        desk: Desk,
        storage: Storage,
        links: media.Links,
        scratch: Path,
        *,
        outside: Outside,
    ) -> None:
        self._db, self._menu, self._outside = desk.db, desk.menu, outside
        self._storage, self._links, self._scratch = storage, links, scratch

    def scratch(self, job: Assignment) -> Path:
        """The directory of this job's own, for files that nobody needs after it."""
        return self._scratch / str(job.job_id)

    async def recipe(self, job: Assignment) -> str | None:
        """The stored document that the job is made by: the version that it was ordered in, or the
        one in force under its model's name; None where there is none.
        """
        ordered = job.meta.get("recipe", {}).get("id")
        version = UUID(ordered) if ordered else None
        async with self._db.view() as view:
            return await workflows.content_of(view, version=version, name=job.provider_model)

    async def submission(
        self, job: Assignment, credential: Credential, recipe: str | None = None
    ) -> Submission:
        """What is to be submitted, with its inputs at hand; Unfit where one cannot be had."""
        scratch = self.scratch(job)
        await asyncio.to_thread(scratch.mkdir, parents=True, exist_ok=True)
        sources = await self.at_hand(job)
        for name, url in job.meta.get("links", {}).items():
            copy = self._copies(job) / name
            found = await self._outside.fetch(url, copy)
            sources[name] = Source(url=url, path=str(copy), content_type=found.content_type)
        return Submission(
            ref=job.attempt_id,
            model=job.provider_model,
            input=self._menu.words(job, {name: each.url for name, each in sources.items()}),
            sources=sources,
            callback_url=self._links.callback(job.provider, job.attempt_id),
            scratch=str(scratch),
            credential=credential,
            recipe=recipe,
        )

    async def at_hand(self, job: Assignment) -> dict[str, Source]:
        """The job's inputs where this machine can read them; Unavailable while they are away."""
        return {
            name: await self._source(UUID(asset_id), self._copies(job) / name)
            for name, asset_id in job.meta.get("assets", {}).items()
        }

    async def forget_copies(self, job: Assignment) -> None:
        """Throw away what was fetched for this attempt; what is needed again is fetched again."""
        if job.meta.get("assets") or job.meta.get("links"):
            await asyncio.to_thread(shutil.rmtree, self._copies(job), ignore_errors=True)

    def _copies(self, job: Assignment) -> Path:
        return self.scratch(job) / str(job.attempt_id)

    async def _source(self, asset_id: UUID, copy: Path) -> Source:
        async with self._db.view() as view:
            asset = await view.scalar(select(media.Asset).where(media.Asset.id == asset_id))
            if asset is None:
                raise LookupError(f"the input {asset_id} is gone")
            origin = select(Job.meta, Job.provider, Job.provider_job_id)
            made = (await view.execute(origin.where(Job.id == asset.job_id))).first()
        local = self._storage.path(asset.key)
        if local is None:
            local = copy
            await self._fetch(asset, copy)
        return Source(
            url=self._links.content(asset.id),
            path=str(local),
            content_type=asset.content_type,
            size=asset.size,
            made_from=made.meta.get("input") if made else None,
            provider=made.provider if made else None,
            provider_job_id=made.provider_job_id if made else None,
        )

    async def _fetch(self, asset: media.Asset, copy: Path) -> None:
        """Copy it to this machine, unless it was copied before; a copy appears whole or not."""
        if await asyncio.to_thread(copy.exists):
            return
        await asyncio.to_thread(copy.parent.mkdir, parents=True, exist_ok=True)
        draft = copy.with_name(f"{copy.name}.draft")
        with draft.open("wb") as file:
            async for chunk in await self._storage.open(asset.key):
                await asyncio.to_thread(file.write, chunk)
        await asyncio.to_thread(draft.replace, copy)

    async def keep(
        self, job: Assignment, place: int, piece: Piece, *, limit: int
    ) -> dict[str, Any]:
        """Keep a piece that is bytes or a file of this machine until it is stored, and tell where.

        Where the storage is on another machine, whoever does the next step may be too: then the
        piece goes there at once, and we wait for as long as it is away.
        """
        key = f"{SCRATCH}/{job.job_id}/{job.attempt_id}-{place}"
        if self._storage.path(key) is None:
            return await self._entrust(job, key, piece, limit)
        if piece.data is None:
            return {"path": piece.path}
        file = self.scratch(job) / f"piece-{place}"
        await asyncio.to_thread(_write, file, piece.data)
        return {"path": str(file)}

    async def _entrust(self, job: Assignment, key: str, piece: Piece, limit: int) -> dict[str, Any]:
        tries = 0
        while True:
            try:
                await self._storage.put(key, _chunks(piece), limit=limit)
            except Unavailable as error:
                # A provider may hand a result over once only, so it is not dropped here; who loses
                # the lease meanwhile is stopped by that.
                if self._db.now() >= job.deadline_at:
                    return _lost("The result could not be kept in time.")
                tries += 1
                log.warning("piece_not_kept_yet", tries=tries, reason=error.message)
                await asyncio.sleep(0.2 + full_jitter(tries, first=0.5, cap=5.0))
            except TooLarge as error:
                return {"refused": [error.kind, error.message]}
            except FileNotFoundError:
                return _lost("The result was lost before it was kept.")
            else:
                return {"key": key}

    async def empty(self, job: Assignment) -> None:
        """Throw away this machine's scratch directory."""
        await asyncio.to_thread(shutil.rmtree, self.scratch(job), ignore_errors=True)

    async def clear(self, job: Assignment) -> None:
        """Throw away the scratch directory, and what was kept in the storage."""
        await self.empty(job)
        for piece in (job.output or {}).get("pieces", []):
            if piece.get("key"):
                # What cannot be forgotten now is swept some day.
                with suppress(Unavailable):
                    await self._storage.delete(piece["key"])


def _lost(message: str) -> dict[str, Any]:
    return {"refused": ["result_lost", message]}


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


async def _chunks(piece: Piece) -> AsyncIterator[bytes]:
    if piece.data is not None:
        for start in range(0, len(piece.data), 1 << 20):
            yield piece.data[start : start + (1 << 20)]
        return
    async for chunk in read_chunks(Path(str(piece.path))):
        yield chunk
