"""Sources: what a provider is given to work from, and the scratch directory of each attempt."""

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from gesso.domain import media
from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.tables import Job
from gesso.infra.db import Database
from gesso.infra.storage import Storage
from gesso.providers import Source, Submission


class Sources:
    """Finds an assignment's inputs and puts them where a provider, or a process of ours, can reach
    them.
    """

    def __init__(self, db: Database, storage: Storage, links: media.Links, scratch: Path) -> None:
        self._db, self._storage, self._links, self._scratch = db, storage, links, scratch

    def scratch(self, job: Assignment) -> Path:
        """The directory of this job's own, for files that nobody needs after it."""
        return self._scratch / str(job.job_id)

    async def submission(self, job: Assignment) -> Submission:
        """What is to be submitted, with its inputs at hand."""
        scratch = self.scratch(job)
        await asyncio.to_thread(scratch.mkdir, parents=True, exist_ok=True)
        sources = {
            name: await self._source(UUID(asset_id), scratch / name)
            for name, asset_id in job.meta.get("assets", {}).items()
        }
        return Submission(
            ref=job.attempt_id,
            model=job.provider_model,
            input=job.meta.get("input", {}),
            sources=sources,
            callback_url=self._links.callback(job.provider, job.attempt_id),
            scratch=str(scratch),
        )

    async def _source(self, asset_id: UUID, copy: Path) -> Source:
        async with self._db.view() as view:
            asset = await view.scalar(select(media.Asset).where(media.Asset.id == asset_id))
            if asset is None:
                raise LookupError(f"the input {asset_id} is gone")
            made = await view.scalar(select(Job.meta).where(Job.id == asset.job_id))
        local = self._storage.path(asset.key)
        if local is None:
            local = copy
            await self._fetch(asset.key, copy)
        return Source(
            url=self._links.content(asset.id),
            path=str(local),
            content_type=asset.content_type,
            made_from=(made or {}).get("input"),  # type: ignore[arg-type]
        )

    async def _fetch(self, key: str, copy: Path) -> None:
        with copy.open("wb") as file:
            async for chunk in await self._storage.open(key):
                await asyncio.to_thread(file.write, chunk)

    async def clear(self, job: Assignment) -> None:
        """Throw the scratch directory away."""
        await asyncio.to_thread(shutil.rmtree, self.scratch(job), ignore_errors=True)
