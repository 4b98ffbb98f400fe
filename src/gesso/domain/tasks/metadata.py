"""Metadata: what is remembered of a job beside its columns, part by part, each under its name."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from gesso.domain.tasks.tables import Job
from gesso.infra.db import Tx


async def put(tx: Tx, job_id: UUID, name: str, part: Mapping[str, Any]) -> None:
    """Remember this part in place of what was remembered under its name; the caller has locked the
    job.
    """
    await _write(tx, job_id, {**await _read(tx, job_id), name: dict(part)})


async def add(tx: Tx, job_id: UUID, name: str, more: Mapping[str, Any]) -> None:
    """Remember this besides what is there under the name; the caller has locked the job."""
    meta = await _read(tx, job_id)
    await _write(tx, job_id, {**meta, name: {**meta.get(name, {}), **more}})


async def _read(tx: Tx, job_id: UUID) -> dict[str, Any]:
    return await tx.scalar(select(Job.meta).where(Job.id == job_id)) or {}


async def _write(tx: Tx, job_id: UUID, meta: Mapping[str, Any]) -> None:
    await tx.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(meta=meta)
        .execution_options(synchronize_session=False)
    )
