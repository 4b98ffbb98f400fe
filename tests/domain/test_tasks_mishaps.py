"""Faults of others, and requests that come twice: the books stay right and the work goes on."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from math import inf, nan
from uuid import UUID

import pytest
from sqlalchemy import select, update

from gesso.domain import tasks
from gesso.domain.tasks import report
from gesso.domain.tasks.decide import order_again
from gesso.domain.tasks.intake import prepare
from gesso.domain.tasks.news import Intent, Taken
from gesso.domain.tasks.retry import Failure, fail
from gesso.domain.tasks.submit import KEYS_LIVE
from gesso.domain.tasks.tables import Attempt, IdempotencyKey, Job
from gesso.infra.errors import Conflict
from gesso.kit.money import CREDIT
from gesso.operations.text_to_image import TextToImage, TextToImageOrder
from tests.domain.shop import Shop, grip, open_shop


class BrokenFold(TextToImage):
    """A plugin with a fault."""

    def fold(self, order: TextToImageOrder, made: Sequence[tasks.Made]) -> tasks.Step:
        raise ZeroDivisionError


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


def break_fold(shop: Shop) -> None:
    operations = {**shop.menu.operations, "text_to_image": BrokenFold()}
    shop.menu = replace(shop.menu, operations=operations)


async def again(shop: Shop, task_id: UUID) -> TextToImageOrder:
    """What a retry would order."""
    async with shop.db.view() as view:
        order = await order_again(view, shop.menu, shop.caller.user_id, task_id)
    assert isinstance(order, TextToImageOrder)
    return order


async def test_a_fold_that_raises_does_not_stop_the_sweep(shop: Shop) -> None:
    break_fold(shop)
    broken = await shop.order()
    await shop.order(type="text_to_video")
    [video] = await shop.begin("video")
    await shop.write(report.intend, [Intent(grip(video))])
    await shop.write(report.accept, [Taken(grip(video), "p-1", 0, stays=False)])
    await shop.outlive("image")
    assert [(due.duty, due.job_id) for due in await shop.sweep()] == [("poll", video.job_id)]
    assert (await shop.task(broken)).status == "expired"
    assert await shop.money() == (10, 5)


async def test_a_fold_that_raises_ends_a_task_with_what_was_delivered(shop: Shop) -> None:
    break_fold(shop)
    task_id = await shop.order(count=2)
    made, missed = await shop.begin()
    await shop.deliver(made)
    await shop.refuse(missed)
    task = await shop.task(task_id)
    assert (task.status, task.error_code) == ("completed", None)
    assert (task.charged, task.released) == (CREDIT, CREDIT)
    assert await shop.money() == (9, 0)


async def test_a_fold_that_raises_fails_a_task_without_a_piece(shop: Shop) -> None:
    break_fold(shop)
    task_id = await shop.order()
    [missed] = await shop.begin()
    await shop.refuse(missed)
    task = await shop.task(task_id)
    assert (task.status, task.error_code) == ("failed", "operation_failed")
    assert (task.charged, task.released) == (0, CREDIT)
    assert await shop.money() == (10, 0)


@pytest.mark.parametrize(
    ("after", "status"),
    [(None, "retrying"), (nan, "retrying"), (-1.0, "retrying"), (1e12, "failed"), (inf, "failed")],
)
async def test_a_refusal_in_any_words_is_taken(
    shop: Shop, after: float | None, status: str
) -> None:
    await shop.order()
    [job] = await shop.begin()
    code, message = "no\0\ud800" + "c" * 100, "because\0\udfff " + "m" * 10_000
    refusal = Failure(grip(job), job.task_id, "rejected", code, message, again=True, after=after)
    assert await shop.write(fail, shop.menu, [refusal]) == [True]
    stands = await shop.job(job.job_id)
    assert stands.status == status
    assert stands.error_code == "no?" + "c" * 61
    assert stands.error_message == "because? " + "m" * 491
    async with shop.db.view() as view:
        known = await view.scalar(select(Attempt.error_code).where(Attempt.job_id == job.job_id))
    assert known == stands.error_code


async def test_what_was_not_tried_does_not_count_as_a_try(shop: Shop) -> None:
    await shop.order()
    [job] = await shop.begin()
    tries = (await shop.job(job.job_id)).max_attempts
    async with shop.db.tx() as tx:
        await tx.execute(update(Job).where(Job.id == job.job_id).values(attempt=tries))
    left_alone = Failure(
        grip(job), job.task_id, "absent", "provider_down", "It fails.",
        again=True, after=3.0, spared=True,
    )  # fmt: skip
    assert await shop.write(fail, shop.menu, [left_alone]) == [True]
    stands = await shop.job(job.job_id)
    assert (stands.status, stands.attempt) == ("retrying", tries - 1)
    assert stands.due_at >= shop.db.now() + timedelta(seconds=2)
    async with shop.db.view() as view:
        [attempt] = await view.scalars(select(Attempt).where(Attempt.job_id == job.job_id))
    assert (attempt.outcome, attempt.intent_at) == ("absent", None)


async def test_a_repeated_request_is_the_first_task_though_it_expects_a_lower_price(
    shop: Shop,
) -> None:
    task_id = await shop.order(key="once", expected_max="1")
    assert await shop.ask(key="once", expected_max="0.5") == tasks.Replayed(task_id)
    fresh = await shop.ask(key="another", expected_max="0.5")
    assert isinstance(fresh, Conflict)
    assert (fresh.kind, fresh.facts["expected_max"]) == ("price_changed", "0.5")
    assert await shop.money() == (10, 1)
    assert await shop.order(key="another", expected_max="1") != task_id


async def test_what_was_delivered_whole_has_nothing_to_retry(shop: Shop) -> None:
    task_id = await shop.order(count=2)
    for job in await shop.begin():
        await shop.deliver(job)
    with pytest.raises(Conflict) as refused:
        await again(shop, task_id)
    assert (refused.value.status, refused.value.kind) == (409, "nothing_to_retry")
    assert refused.value.facts["money"] == {"held": "2", "charged": "2", "released": "0"}


async def test_a_retry_asks_for_the_missing_pictures_alone(shop: Shop) -> None:
    task_id = await shop.order(count=4, seed=7)
    first, *missed, last = await shop.begin()
    for job in (first, last):
        await shop.deliver(job)
    for job in missed:
        await shop.refuse(job)
    order = await again(shop, task_id)
    assert (order.count, order.prompt, order.seed) == (2, "an owl", 11)
    request = await prepare(shop.db, shop.menu, shop.caller, order, key=None, retry_of=task_id)
    [answer] = await shop.write(tasks.submit, [request])
    assert isinstance(answer, tasks.Submitted)
    assert await shop.money() == (8, 2)


async def test_a_retry_of_what_failed_whole_asks_for_all_of_it(shop: Shop) -> None:
    task_id = await shop.order(count=2, seed=7)
    for job in await shop.begin():
        await shop.refuse(job)
    order = await again(shop, task_id)
    assert (order.count, order.seed) == (2, 7)


async def test_only_keys_of_last_week_are_forgotten_and_only_so_many_at_once(shop: Shop) -> None:
    for name in ("a", "b", "c", "young"):
        await shop.order(key=name)
    margin = timedelta(minutes=1)
    ages = dict.fromkeys("abc", KEYS_LIVE + margin) | {"young": KEYS_LIVE - margin}
    async with shop.db.tx() as tx:
        for name, age in ages.items():
            aged = update(IdempotencyKey).where(IdempotencyKey.key == name)
            await tx.execute(aged.values(created_at=shop.db.now() - age))
    assert [await shop.write(tasks.forget_keys, room=2) for _ in range(3)] == [2, 1, 0]
    async with shop.db.view() as view:
        assert (await view.scalars(select(IdempotencyKey.key))).all() == ["young"]
