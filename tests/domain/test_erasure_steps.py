"""Erasing that is cut off anywhere goes on, whatever comes in meanwhile."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from gesso.domain import account, audit, auditlog, payments, wallet
from gesso.domain.account.service import prefer
from gesso.domain.auditlog import Filters
from gesso.domain.identity import Erasure, User
from gesso.domain.signin.tables import Password
from gesso.domain.tasks.tables import Task
from gesso.domain.wallet import sharing
from gesso.infra.db import moment
from gesso.kit.ids import public_id
from tests.domain.leaving import CANARY, Place, PowerCut, asked, open_place, settled_in, words_left


@pytest.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(database_url, tmp_path) as place:
        yield place


async def test_cut_off_anywhere_it_goes_on_and_leaves_nothing(place: Place) -> None:
    cuts = 0 if place.shop.db.is_sqlite else 1  # each kind of database has every other moment
    while True:
        user = await settled_in(place)
        await asked(place, user)
        place.fuse.left = cuts
        try:
            left = await account.work_off(place)
        except PowerCut:
            place.fuse.left = None
            left = await account.work_off(place)
            is_over = False
        else:
            is_over = True
        place.fuse.left = None
        assert left == 0, cuts
        assert await words_left(place.shop.db) == [], cuts
        assert place.media == [], cuts
        if is_over:
            break
        cuts += 2
    assert cuts > len(account.STEPS)
    async with place.shop.db.view() as view:
        assert await audit.run(view) == []


async def test_power_that_fails_after_every_single_thing_only_takes_longer(place: Place) -> None:
    await asked(place, await settled_in(place))
    for _ in range(100):
        place.fuse.left = 6
        try:
            if await account.work_off(place) == 0:
                break
        except PowerCut:
            continue
    place.fuse.left = None
    assert await words_left(place.shop.db) == []


async def test_nothing_is_finished_while_a_provider_is_still_at_work(place: Place) -> None:
    shop = place.shop
    user = await settled_in(place)
    [job] = await shop.begin()
    gone = await asked(place, user)
    assert await account.work_off(place) == 1
    assert "task" in await words_left(shop.db)
    await shop.deliver(job)  # which is how a provider answers who cannot stop any more
    assert await account.work_off(place) == 0
    assert await words_left(shop.db) == []
    async with shop.db.view() as view:
        did = await auditlog.page(
            view, None, Filters(actor=public_id("user", user.id)), after=None, limit=2
        )
        [payment] = await payments.service.page(view, owner_id=user.id, after=None, limit=2)
        assert await sharing.member_of(view, user.id) is None
        told = await account.find_erasure(view, gone.id)
        purse = await wallet.of_owner(view, user.id)
        task = await view.get(Task, job.task_id)
    assert told is not None
    assert task is not None
    assert [(line.action, line.details) for line in did] == [("queue.change", {"concurrency": 2})]
    assert (payment.status, payment.amount) == ("cancelled", 100)
    assert (told.state, told.counts["media"], purse.held) == ("erased", 2, 0)
    assert task.held == task.charged + task.released


async def test_what_slips_in_while_the_doors_close_is_found_by_looking_back(place: Place) -> None:
    user = await settled_in(place)
    patient = place.settings.account.model_copy(update={"erasure_grace": 3600.0})
    place.settings = place.settings.model_copy(update={"account": patient})
    gone = await asked(place, user)
    assert await account.work_off(place) == 1
    assert await words_left(place.shop.db) == []
    with place.as_somebody(user):
        await place.shop.order(prompt=CANARY)
    async with place.shop.db.tx() as tx:
        long_ago = gone.asked_at - timedelta(hours=2)
        await tx.execute(update(Erasure).values(asked_at=long_ago))
    assert await account.work_off(place) == 0
    assert await words_left(place.shop.db) == []


async def test_asking_again_changes_nothing(place: Place) -> None:
    user = await settled_in(place)
    first = await asked(place, user)
    assert (await asked(place, user)).id == first.id
    await account.work_off(place)
    again = await asked(place, user)
    assert (again.id, again.state) == (first.id, "erased")
    assert await account.work_off(place) == 0


async def test_a_way_in_that_comes_late_is_found_by_looking_back(place: Place) -> None:
    user = await settled_in(place)
    patient = place.settings.account.model_copy(update={"erasure_grace": 3600.0})
    place.settings = place.settings.model_copy(update={"account": patient})
    gone = await asked(place, user)
    assert await account.work_off(place) == 1
    async with place.shop.db.tx() as tx:
        await prefer(tx, user.id, user.tenant_id, {"x": CANARY}, rev=None)
        await tx.execute(update(User).where(User.id == user.id).values(name=CANARY))
        tx.add(
            Password(
                user_id=user.id, tenant_id=user.tenant_id, digest=CANARY, changed_at=moment(tx)
            )
        )
        hour = timedelta(hours=2)
        await tx.execute(update(Erasure).values(asked_at=gone.asked_at - hour))
    assert await account.work_off(place) == 0
    assert await words_left(place.shop.db) == []
    async with place.shop.db.view() as view:
        told = await account.find_erasure(view, gone.id)
    assert told is not None
    assert told.counts["account"] == 0  # what it came to the second time
