"""Machines that share no disk: what one was given another stores, by way of the bucket."""

import asyncio
import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.faults.books import check_books, new_key
from tests.faults.client import Client
from tests.faults.plugin import POISON
from tests.faults.process import Place, in_bucket
from tests.faults.provider import Outside
from tests.faults.stack import celery_settings, stack_at
from tests.house.s3 import Bucket

BY_URL: dict[str, Any] = {}
AS_BYTES = {"type": "text_to_video", "tier": "fast"}
AS_A_FILE = {"tier": "fast"}
MAKING, STORING = "outside,poison,image", "media"


@pytest.fixture
def place(
    tmp_path: Path, postgres_url: str, broker_url: str, outside: Outside, bucket: Bucket
) -> Place:
    """Where a distributed stack works that has a bucket."""
    settings = celery_settings(broker_url) | in_bucket(bucket, bucket.gateway.endpoint)
    # Nobody falls silent here, and on a busy machine nobody shall seem to.
    settings["GESSO_ENGINE__LEASE"] = "15"
    # What takes its worker down elsewhere has its antidote from the start: it delivers bytes.
    antidote = tmp_path / "antidote"
    antidote.touch()
    return Place(tmp_path / "data", postgres_url, outside.url, {**settings, POISON: str(antidote)})


@pytest.mark.timeout(180)
async def test_what_one_machine_receives_another_stores_and_a_third_gives_out(
    place: Place, bucket: Bucket
) -> None:
    key = await new_key(place.database_url)
    async with (
        stack_at(place, lanes=(MAKING, STORING)) as stack,
        Client(key, stack.servers[0].url) as client,
    ):
        await asyncio.gather(
            client.order_many([f"owl {n}" for n in range(12)], **BY_URL),
            client.order_many([f"elk {n}" for n in range(12)], **AS_BYTES),
            client.order_many([f"fox {n}" for n in range(4)], **AS_A_FILE),
        )
        await client.all_ended(within=90)
        assert await check_books(place.database_url, client.journal) == {"completed": 28}
        for task in client.journal:
            await is_given_out(client, await client.task(task))
    stored = bucket.listed()
    assert len(stored) == 2 * 28
    assert not [name for name in stored if name.startswith("media/scratch/")]
    for machine in ("server0", "worker0", "worker1"):
        assert left_on(place.data_dir / machine) == []


@pytest.mark.timeout(180)
async def test_a_machine_that_is_lost_with_its_disk_takes_no_result_along(
    place: Place, bucket: Bucket
) -> None:
    """It received them all; nobody was there yet who could have stored one."""
    key = await new_key(place.database_url)
    async with (
        stack_at(place, lanes=(MAKING, STORING)) as stack,
        Client(key, stack.servers[0].url) as client,
    ):
        making, storing = stack.workers
        storing.kill()
        await client.order_many([f"elk {n}" for n in range(8)], **AS_BYTES)
        async with asyncio.timeout(30):
            while await statuses(client) != {"ingesting"}:  # noqa: ASYNC110  # others know
                await asyncio.sleep(0.1)
        assert len(bucket.listed()) == 8
        making.kill()
        shutil.rmtree(making.place.data_dir)
        storing.launch()
        await client.all_ended(within=60)
        assert await check_books(place.database_url, client.journal) == {"completed": 8}
        assert [len(await client.tries(task)) for task in client.journal] == [1] * 8


async def statuses(client: Client) -> set[str]:
    """Those of all jobs."""
    told = [await client.ask("GET", f"/api/v1/tasks/{task}/jobs") for task in client.journal]
    return {job["status"] for _, jobs in told for job in jobs["items"]}


async def is_given_out(client: Client, task: dict[str, Any]) -> None:
    """The server sends exactly what was examined, though it never saw it."""
    [output] = task["outputs"]
    _, asset = await client.ask("GET", f"/api/v1/assets/{output['asset_id']}")
    async with client.session.get(asset["url"]) as answer:
        assert answer.status == 200
        assert hashlib.sha256(await answer.read()).hexdigest() == asset["sha256"]


def left_on(disk: Path) -> list[str]:
    """Files of jobs on a machine."""
    folders = (disk / "media", disk / "scratch")
    return [str(file) for folder in folders for file in folder.rglob("*") if file.is_file()]
