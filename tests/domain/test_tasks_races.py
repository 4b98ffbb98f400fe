"""Workers that get in each other's way: of all who speak of a job, one is heard."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from gesso.domain.events import Event
from gesso.domain.tasks import report
from gesso.domain.tasks.decide import cancel
from gesso.domain.tasks.due import Terms, claim_due
from gesso.domain.tasks.finish import End, finish
from gesso.domain.tasks.news import Intent, Postponed, Progress, Result, Taken
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.retry import Failure, fail
from gesso.domain.tasks.work import Desk, Duties
from gesso.work import Grip, Look
from tests.domain.shop import LEASE, RUN_OUT, Shop, grip, open_shop


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


async def started(shop: Shop) -> tuple[Grip, Grip]:
    """An old and a new grip of a job that its provider has; the new worker stays with it."""
    old, new = await shop.twice_taken()
    assert await shop.write(report.intend, [Intent(new)]) == [True]
    assert await shop.write(report.accept, [Taken(new, "p-1", 30, stays=True)]) == [True]
    return old, new


async def test_of_two_grips_in_a_batch_the_newer_may_send(shop: Shop) -> None:
    old, new = await shop.twice_taken()
    assert await shop.write(report.intend, [Intent(old), Intent(new)]) == [False, True]


async def test_of_two_grips_in_a_batch_the_newer_keeps_its_lease(shop: Shop) -> None:
    old, new = await shop.twice_taken()
    wishes = [Postponed(each, 30, stays=True) for each in (new, old)]
    assert await shop.write(report.postpone, wishes) == [True, False]


async def test_of_two_grips_in_a_batch_the_newer_tells_the_providers_id(shop: Shop) -> None:
    old, new = await shop.twice_taken()
    await shop.write(report.intend, [Intent(new)])
    news = [Taken(new, "p-new", 30, stays=True), Taken(old, "p-old", 30, stays=True)]
    assert await shop.write(report.accept, news) == [True, False]
    assert (await shop.job(new.id)).provider_job_id == "p-new"


async def test_of_two_grips_in_a_batch_the_newer_is_not_sure(shop: Shop) -> None:
    old, new = await shop.twice_taken()
    await shop.write(report.intend, [Intent(new)])
    doubts = [Postponed(old, 30), Postponed(new, 30)]
    assert await shop.write(report.lose, doubts) == [False, True]


async def test_of_two_grips_in_a_batch_the_newer_tells_how_far_it_is(shop: Shop) -> None:
    old, new = await started(shop)
    news = [Progress(old, 0.9, 30, stays=True), Progress(new, 0.5, 30, stays=True)]
    assert await shop.write(report.advance, news) == [False, True]
    assert (await shop.job(new.id)).progress == 0.5


async def test_of_two_grips_in_a_batch_the_newer_brings_the_result(shop: Shop) -> None:
    old, new = await started(shop)
    news = [Result(new, [{"path": "new"}], 0), Result(old, [{"path": "old"}], 0)]
    assert await shop.write(report.receive, news) == [True, False]
    assert (await shop.job(new.id)).output == {"pieces": [{"path": "new"}]}


@pytest.mark.parametrize("again", [True, False])
async def test_of_two_grips_in_a_batch_the_newer_fails(shop: Shop, *, again: bool) -> None:
    old, new = await started(shop)
    task_id = (await shop.job(new.id)).task_id
    news = [
        Failure(each, task_id, "failed", code, "No.", again=again)
        for each, code in ((old, "old"), (new, "new"))
    ]
    assert await shop.write(fail, shop.menu, news) == [False, True]
    job = await shop.job(new.id)
    assert (job.status, job.error_code) == ("retrying" if again else "failed", "new")


async def test_of_two_ends_in_a_batch_the_newer_is_the_end(shop: Shop) -> None:
    old, new = await started(shop)
    job = await shop.job(new.id)
    ends = [
        End(job.id, job.task_id, "failed", "failed", fence=each.fence, error_code=code)
        for each, code in ((old, "old"), (new, "new"))
    ]
    assert await shop.write(finish, shop.menu, ends) == [False, True]
    assert (await shop.job(job.id)).error_code == "new"
    async with shop.db.view() as view:
        told = await view.scalars(
            select(Event.data).where(Event.job_id == job.id, Event.type == "job.failed")
        )
        assert [data["error_code"] for data in told] == ["new"]


async def test_an_intent_that_waited_for_its_own_rescue_may_not_send(postgres_url: str) -> None:
    async with open_shop(postgres_url) as shop:
        await shop.order()
        [silent] = await shop.begin(lease=RUN_OUT)
        async with shop.db.tx() as rescue:
            await claim_due(rescue, shop.menu, room=9, terms=Terms(LEASE))
            intent = asyncio.create_task(shop.write(report.intend, [Intent(grip(silent))]))
            async with asyncio.timeout(10):
                while not await shop.blocked():  # noqa: ASYNC110  # a lock tells nobody
                    await asyncio.sleep(0.01)
        assert await intent == [False]
        [successor] = await shop.begin()
        assert await shop.write(report.intend, [Intent(grip(successor))]) == [True]


@pytest.mark.parametrize("news", [Postponed, Progress])
async def test_a_wish_to_cancel_is_not_put_off_by_who_stays_with_the_job(
    shop: Shop, news: type[Postponed | Progress]
) -> None:
    task_id = await shop.order()
    [job] = await shop.begin()
    await shop.write(report.intend, [Intent(grip(job))])
    await shop.write(report.accept, [Taken(grip(job), "p-1", 30, stays=True)])
    await shop.write(cancel, shop.menu, shop.caller.user_id, task_id)
    if news is Progress:
        told = await shop.write(report.advance, [Progress(grip(job), 0.5, 30, stays=True)])
    else:
        told = await shop.write(report.postpone, [Postponed(grip(job), 30, stays=True)])
    assert told == [True]
    assert [(due.duty, due.job_id) for due in await shop.sweep()] == [("cancel", job.job_id)]


async def test_more_due_rows_than_room_ring_for_another_look(shop: Shop) -> None:
    for _ in range(3):
        await shop.order()
    await shop.outlive("image")
    shop.rung.clear()
    await shop.sweep(room=2)
    assert report.DUE in shop.rung
    shop.rung.clear()
    await shop.sweep(room=2)
    assert report.DUE not in shop.rung
    assert await shop.money() == (10, 0)


async def test_queues_take_turns_when_there_is_one_hand(shop: Shop) -> None:
    for _ in range(2):
        await shop.order()
    await shop.order(type="text_to_video")
    idle: Any = SimpleNamespace(do=None)
    admit, _ = Duties(Desk(shop.db, shop.menu, lease=LEASE, holder="one"), idle).all()
    rung = frozenset({queue_topic("image"), queue_topic("video")})
    taken = [job.queue for _ in range(2) for job in await admit.claim(Look(1, rung))]
    assert Counter(taken) == {"image": 1, "video": 1}
