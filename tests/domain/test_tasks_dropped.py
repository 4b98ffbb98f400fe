"""Jobs that their workers drop: counted, parked, requeued, discarded, and ended at the deadline."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import select

from gesso.app.keepers import JobKeeper
from gesso.domain import deadletters
from gesso.domain.deadletters import DeadLetter
from gesso.domain.tasks import handover, report
from gesso.domain.tasks.admit import Assignment, admit
from gesso.domain.tasks.decide import cancel
from gesso.domain.tasks.due import Terms, claim_due
from gesso.domain.tasks.news import Intent, Postponed, Taken
from gesso.infra.errors import Conflict
from gesso.work import MOST_LOST, Grip, own_name
from tests.domain.shop import LEASE, RUN_OUT, Shop, grip, open_shop

GONE = own_name().rsplit(":", 2)[0] + ":999999999:1"
"""A process of this machine that is not there."""


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


async def dropped_unsent(shop: Shop, times: int) -> UUID:
    """A job that so many workers have taken and never sent; its id."""
    await shop.order()
    for _ in range(times):
        [job] = await shop.write(admit, "image", room=9, lease=RUN_OUT, holder=GONE)
        assert await shop.sweep() == []
    return job.job_id


async def letters(shop: Shop) -> list[DeadLetter]:
    async with shop.db.view() as view:
        return list(await view.scalars(select(DeadLetter)))


async def settle(shop: Shop, verb: object, letter: DeadLetter) -> DeadLetter:
    keepers = {"job": JobKeeper(shop.menu)}
    return await shop.write(verb, keepers, letter.id)  # type: ignore[arg-type]  # one of two verbs


async def test_a_job_that_was_dropped_waits_again_and_is_marked(shop: Shop) -> None:
    job_id = await dropped_unsent(shop, 1)
    [job] = await shop.begin()
    assert (job.job_id, job.lost) == (job_id, 1)


async def test_who_cancels_settles_the_letter_that_only_the_house_may_touch(shop: Shop) -> None:
    await dropped_unsent(shop, MOST_LOST)
    [letter] = await letters(shop)
    [job] = [await shop.job(UUID(letter.subject))]
    async with shop.db.tx(tenant=shop.caller.tenant_id) as tx:
        await cancel(tx, shop.menu, shop.caller.user_id, job.task_id)
    assert [each.settlement for each in await letters(shop)] == ["ended"]


async def test_a_report_forgives_what_was_dropped_before(shop: Shop) -> None:
    await dropped_unsent(shop, 2)
    [job] = await shop.begin()
    assert await shop.write(report.intend, [Intent(grip(job))]) == [True]
    assert await shop.write(report.accept, [Taken(grip(job), "p-1", 0, stays=False)]) == [True]
    stands = await shop.job(job.job_id)
    assert (stands.lost, stands.holder, stands.status) == (0, None, "running")


async def test_what_five_workers_dropped_is_handed_to_no_sixth(shop: Shop) -> None:
    job_id = await dropped_unsent(shop, MOST_LOST)
    assert await shop.begin() == []
    assert await shop.sweep() == []
    [letter] = await letters(shop)
    assert (letter.kind, letter.subject, letter.deliveries) == ("job", str(job_id), MOST_LOST)
    assert letter.facts["status"] == "submitting"
    assert await shop.money() == (10, 1)


async def test_what_was_requeued_is_done_as_if_nothing_had_been(shop: Shop) -> None:
    job_id = await dropped_unsent(shop, MOST_LOST)
    [letter] = await letters(shop)
    assert (await settle(shop, deadletters.requeue, letter)).settlement == "requeued"
    assert await shop.sweep() == []
    [job] = await shop.begin()
    assert (job.job_id, job.lost) == (job_id, 0)
    await shop.deliver(job)
    assert await shop.money() == (9, 0)


async def test_what_was_discarded_fails_and_is_paid_back_once(shop: Shop) -> None:
    job_id = await dropped_unsent(shop, MOST_LOST)
    [letter] = await letters(shop)
    assert (await settle(shop, deadletters.discard, letter)).settlement == "discarded"
    with pytest.raises(Conflict):
        await settle(shop, deadletters.discard, letter)
    with pytest.raises(Conflict):
        await settle(shop, deadletters.requeue, letter)
    ended = await shop.job(job_id)
    assert (ended.status, ended.error_code) == ("failed", "discarded")
    assert await shop.money() == (10, 0)


async def test_what_is_parked_with_its_fate_unknown_ends_at_its_deadline(shop: Shop) -> None:
    await shop.order()
    [job] = await shop.begin()
    assert await shop.write(report.intend, [Intent(grip(job))]) == [True]
    assert await shop.write(report.lose, [Postponed(grip(job), 0)]) == [True]
    for _ in range(MOST_LOST):
        [_held] = await shop.write(claim_due, shop.menu, room=9, terms=Terms(RUN_OUT, GONE))
    assert await shop.sweep() == []
    assert (await shop.job(job.job_id)).status == "unknown"
    [_letter] = await letters(shop)
    await shop.outlive("image")
    assert await shop.sweep() == []
    ended = await shop.job(job.job_id)
    assert (ended.status, ended.error_code) == ("failed", "parked")
    assert [letter.settlement for letter in await letters(shop)] == ["ended"]
    assert await shop.money() == (10, 0)


async def travelling(shop: Shop) -> Assignment:
    """A claim that nobody has redeemed yet."""
    await shop.order()
    [job] = await shop.begin()
    return job


async def test_a_claim_is_redeemed_once(shop: Shop) -> None:
    claim = grip(await travelling(shop))
    terms = Terms(LEASE, own_name())
    [begun] = await shop.write(handover.begin, [claim], terms)
    assert begun.duty == "submit"
    assert await shop.write(handover.begin, [claim], terms) == []
    assert await shop.write(handover.begin, [Grip(claim.id, claim.fence - 1)], terms) == []


async def test_only_from_the_dead_is_taken_before_their_lease_is_over(shop: Shop) -> None:
    claim = grip(await travelling(shop))
    await shop.write(handover.begin, [claim], Terms(LEASE, own_name()))
    assert await shop.write(handover.take_from_the_dead, [claim]) == 0
    other = grip(await travelling(shop))
    await shop.write(handover.begin, [other], Terms(LEASE, GONE))
    assert await shop.write(handover.take_from_the_dead, [other]) == 1
    assert report.DUE in shop.rung
    assert await shop.sweep() == []
    assert [job.job_id for job in await shop.begin()] == [other.id]


async def test_what_could_not_travel_goes_back_to_its_line(shop: Shop) -> None:
    claim = grip(await travelling(shop))
    await shop.write(handover.release, [claim], holder=None)
    assert await shop.sweep() == []
    [job] = await shop.begin()
    assert (job.job_id, job.lost) == (claim.id, 0)


async def test_a_lane_that_is_closed_is_left_alone(shop: Shop) -> None:
    job = await travelling(shop)
    assert await shop.write(report.intend, [Intent(grip(job))]) == [True]
    assert await shop.write(report.accept, [Taken(grip(job), "p-1", 0, stays=False)]) == [True]
    shut = Terms(LEASE, None, ["image"])
    assert await shop.write(claim_due, shop.menu, room=9, terms=shut) == []
    [polled] = await shop.write(claim_due, shop.menu, room=9, terms=Terms(LEASE, None, ["media"]))
    assert polled.duty == "poll"
