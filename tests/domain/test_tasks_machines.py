"""A job on several machines: each step of it may be done where no file of the one before is."""

import hashlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from PIL import Image
from sqlalchemy import select

from gesso.domain import media
from gesso.domain.tasks import report
from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.news import Result
from gesso.domain.tasks.work import Desk, Envoy, Ingest, Outside, Sources, Workshop
from gesso.domain.tasks.work.ingest import AT_HAND
from gesso.infra.examiner import Examiner
from gesso.infra.http import Http
from gesso.infra.inspect import Limits
from gesso.infra.pool import Pool
from gesso.infra.storage import Storage
from gesso.infra.storage.local import LocalStorage
from gesso.kit.ids import public_id
from gesso.kit.signing import Signer
from gesso.providers import (
    Absent,
    Accepted,
    Delivered,
    Flow,
    NotCancelled,
    Offers,
    Piece,
    Provider,
    Submission,
    Ticket,
    Working,
)
from gesso.providers.credentials import Customary
from gesso.providers.driver import Driver
from gesso.work import MOST_LOST, own_name
from tests.domain.shop import LEASE, Shop, grip, open_shop
from tests.house.s3 import Bucket

LIMITS = Limits(size=4 << 20)


@dataclass(frozen=True)
class Painter(Provider):
    """Delivers its picture with its answer: as a file of the machine that asked, or as bytes."""

    picture: bytes
    as_file: bool

    name = "studio"
    offers = Offers()

    def submit(self, order: Submission) -> Flow[Accepted | Delivered]:
        if not self.as_file:
            return Delivered((Piece(data=self.picture),))
        file = Path(order.scratch) / "painted.png"
        file.write_bytes(self.picture)
        return Delivered((Piece(path=str(file)),))
        yield

    def poll(self, ticket: Ticket) -> Flow[Working]:
        return Working()
        yield

    def cancel(self, ticket: Ticket) -> Flow[NotCancelled]:
        return NotCancelled()
        yield

    def lookup(self, ticket: Ticket) -> Flow[Absent]:
        return Absent()
        yield


class Accepter(Painter):
    """Makes films elsewhere: its own id of a job is the hash of the picture that it was given."""

    def submit(self, order: Submission) -> Flow[Accepted | Delivered]:
        if "image" not in order.sources:
            return Delivered((Piece(data=self.picture),))
        given = Path(str(order.sources["image"].path)).read_bytes()
        return Accepted(hashlib.sha256(given).hexdigest())
        yield


@pytest.fixture
async def shop(sqlite_url: str) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_url) as shop:
        yield shop


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as http:
        yield http


def machine(shop: Shop, storage: Storage, http: Http, disk: Path, painter: Painter) -> Workshop:
    """A machine with a disk of its own."""
    links = media.Links(Signer(b"x" * 32), "http://127.0.0.1", seconds=60, now=shop.db.now)
    desk, pool = Desk(shop.db, shop.menu, lease=LEASE, holder=own_name()), Pool(1)
    sources = Sources(desk, storage, links, disk, outside=Outside(http, Examiner(pool, LIMITS)))
    driver = Driver(http, pool)
    ingest = Ingest(desk, storage, sources, driver=driver, pool=pool, limits=LIMITS)
    envoy = Envoy(
        desk,
        {"studio": painter},
        driver,
        credentials=Customary({}, {}),
        sources=sources,
    )
    return Workshop(desk, envoy, sources=sources, ingest=ingest)


def files(folder: Path) -> list[str]:
    return [str(place) for place in folder.rglob("*") if place.is_file()]


def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (64, 48), (9, 90, 9)).save(content, "PNG")
    return content.getvalue()


def large_picture() -> bytes:
    """One that is not stored in the hands that received it."""
    content = BytesIO()
    Image.frombytes("RGB", (640, 640), Random(1).randbytes(640 * 640 * 3)).save(content, "PNG")
    assert len(content.getvalue()) > AT_HAND
    return content.getvalue()


async def hand_over(shop: Shop, one: Workshop, other: Workshop, lost: Path) -> Assignment:
    """One machine has a picture made and is gone with its disk; the other does the next step."""
    await shop.order()
    [taken] = await shop.begin()
    await one.do(taken)
    assert files(lost) == []
    shutil.rmtree(lost, ignore_errors=True)
    [next_step] = await shop.sweep()
    assert next_step.duty == "ingest"
    await other.do(next_step)
    return taken


@pytest.mark.parametrize("as_file", [True, False])
async def test_what_one_machine_received_another_can_store(
    shop: Shop, bucket: Bucket, http: Http, tmp_path: Path, *, as_file: bool
) -> None:
    painter, storage = Painter(large_picture(), as_file=as_file), bucket.storage(prefix="house")
    one = machine(shop, storage, http, tmp_path / "one", painter)
    other = machine(shop, storage, http, tmp_path / "other", painter)
    taken = await hand_over(shop, one, other, tmp_path / "one")
    job = await shop.job(taken.job_id)
    assert (job.status, job.error_code) == ("completed", None)
    async with shop.db.view() as view:
        asset = (await view.scalars(select(media.Asset))).one()
    stored = b"".join([chunk async for chunk in await storage.open(asset.key)])
    assert hashlib.sha256(stored).hexdigest() == asset.sha256
    assert bucket.listed() == [f"house/{asset.key}", f"house/{asset.thumbnail_key}"]
    assert files(tmp_path / "other") == []


@pytest.mark.parametrize("as_file", [True, False])
async def test_what_is_too_large_to_be_kept_ends_the_job(
    shop: Shop, bucket: Bucket, http: Http, tmp_path: Path, *, as_file: bool
) -> None:
    painter, storage = Painter(bytes(LIMITS.size + 1), as_file=as_file), bucket.storage()
    one = machine(shop, storage, http, tmp_path / "one", painter)
    other = machine(shop, storage, http, tmp_path / "other", painter)
    taken = await hand_over(shop, one, other, tmp_path / "one")
    job = await shop.job(taken.job_id)
    assert (job.status, job.error_code) == ("failed", "media_too_large")
    assert await shop.money() == (10, 0)
    assert bucket.listed() == []


async def test_what_came_with_the_answer_is_stored_by_whoever_received_it(
    shop: Shop, http: Http, tmp_path: Path
) -> None:
    storage = LocalStorage(tmp_path / "media")
    one = machine(shop, storage, http, tmp_path / "one", Painter(picture(), as_file=False))
    await shop.order()
    [taken] = await shop.begin()
    await one.do(taken)
    job = await shop.job(taken.job_id)
    assert (job.status, job.fence, job.lost) == ("completed", taken.fence, 0)
    assert await shop.sweep() == []


async def test_what_its_receiver_did_not_store_falls_to_another_after_a_lease(
    shop: Shop, http: Http, tmp_path: Path
) -> None:
    storage = LocalStorage(tmp_path / "media")
    other = machine(shop, storage, http, tmp_path / "other", Painter(b"", as_file=False))
    await shop.order()
    [taken] = await shop.begin()
    file = tmp_path / "kept.png"
    file.write_bytes(picture())
    kept = Result(grip(taken), [{"path": str(file)}], 0, kept_for=LEASE.total_seconds())
    assert await shop.write(report.receive, [kept]) == [True]
    assert await shop.sweep() == []
    await shop.hasten("image")
    [dropped] = await shop.sweep()
    assert (dropped.duty, dropped.lost) == ("ingest", 0)
    await other.do(dropped)
    assert (await shop.job(taken.job_id)).status == "completed"


async def test_what_was_kept_and_is_gone_ends_the_job(
    shop: Shop, bucket: Bucket, http: Http, tmp_path: Path
) -> None:
    storage = bucket.storage()
    one = machine(shop, storage, http, tmp_path, Painter(large_picture(), as_file=False))
    await shop.order()
    [taken] = await shop.begin()
    await one.do(taken)
    [kept] = bucket.listed()
    await storage.delete(kept)
    for due in await shop.sweep():
        await one.do(due)
    job = await shop.job(taken.job_id)
    assert (job.status, job.error_code) == ("failed", "result_lost")
    assert await shop.money() == (10, 0)


async def make_input(shop: Shop, machine: Workshop) -> str:
    """A picture that a film can be made from; its public id."""
    await shop.order()
    [taken] = await shop.begin()
    await machine.do(taken)
    async with shop.db.view() as view:
        return public_id("asset", (await view.scalars(select(media.Asset.id))).one())


async def test_inputs_are_brought_to_the_machine_and_taken_away_again(
    shop: Shop, bucket: Bucket, http: Http, tmp_path: Path
) -> None:
    painter, disk = Accepter(picture(), as_file=False), tmp_path / "disk"
    one = machine(shop, bucket.storage(), http, disk, painter)
    await shop.order(type="image_to_video", image=await make_input(shop, one))
    [taken] = await shop.begin("video")
    await one.do(taken)
    job = await shop.job(taken.job_id)
    assert (job.status, job.progress) == ("running", 0)
    assert job.provider_job_id == hashlib.sha256(picture()).hexdigest()
    assert files(tmp_path / "disk") == []


async def test_inputs_that_cannot_be_fetched_put_a_job_back_and_hold_nothing_against_it(
    shop: Shop, bucket: Bucket, http: Http, tmp_path: Path
) -> None:
    painter = Accepter(picture(), as_file=False)
    one = machine(shop, bucket.storage(), http, tmp_path, painter)
    await shop.order(type="image_to_video", image=await make_input(shop, one))
    away = bucket.storage(endpoint="http://127.0.0.1:1", timeout=1)
    cut_off = machine(shop, away, http, tmp_path, painter)
    for _ in range(MOST_LOST + 1):
        [taken] = await shop.begin("video")
        await cut_off.do(taken)
        await shop.hasten("video")
        assert await shop.sweep() == []
        job = await shop.job(taken.job_id)
        assert (job.status, job.lost, job.attempt) == ("queued", 0, 0)
    [taken] = await shop.begin("video")
    await one.do(taken)
    assert (await shop.job(taken.job_id)).status == "running"
