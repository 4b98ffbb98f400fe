"""Watch: what one process changes or learns, every other knows after its next look."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gesso.domain import catalog, tasks
from gesso.domain.catalog import Model
from gesso.domain.routing import Router
from gesso.domain.tasks import report
from gesso.domain.tasks.news import Intent
from gesso.domain.tasks.retry import Failure, fail
from gesso.domain.tasks.watch import Watch
from gesso.infra.db import Tx
from gesso.infra.errors import Conflict, GessoError
from tests.domain.shop import Shop, grip, open_shop

PAINT: dict[str, Any] = {
    "id": "studio/paint",
    "makes": "text_to_image",
    "provider": "studio",
    "model": "paint",
    "queue": "image",
    "price": 2,
}


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


def elsewhere(shop: Shop) -> tuple[Watch, tasks.Menu]:
    """Another process with a menu of its own."""
    menu = replace(shop.menu, router=Router(now=lambda: shop.db.now().timestamp()))
    return Watch(shop.db, menu), menu


async def put(tx: Tx, shop: Shop, entry: dict[str, Any]) -> int:
    known = await catalog.edit(tx, shop.menu.catalog)
    return await catalog.put(tx, known, Model.model_validate(entry))


async def test_every_process_sees_a_change_and_holds_remember_it(shop: Shop) -> None:
    watch, menu = elsewhere(shop)
    await watch.look()
    assert menu.catalog is shop.menu.catalog
    assert await shop.write(put, shop, PAINT) == 1
    assert catalog.TOPIC in shop.rung
    await watch.look()
    assert menu.version == f"{shop.menu.version}+r1"
    assert menu.catalog.by_id["studio/paint"].price.most({}) == 2_000_000
    assert [m.id for m in menu.catalog.models] == [m.id for m in shop.menu.catalog.models]
    shop.menu = menu
    await shop.order()
    assert await shop.money() == (10, 2)
    async with shop.db.view() as view:
        assert await view.scalar(text("select price_version from hold")) == menu.version


async def test_what_is_new_comes_first_and_the_newest_of_an_id_counts(shop: Shop) -> None:
    watch, menu = elsewhere(shop)
    for price in (3, 4):
        await shop.write(put, shop, {**PAINT, "id": "house/paint", "price": price})
    await shop.write(put, shop, {**PAINT, "disabled": True})
    await watch.look()
    assert menu.catalog.models[0].id == "house/paint"
    makers = menu.catalog.makers("text_to_image", "fast")
    assert makers[0].price.piece == 4
    assert "studio/paint" not in {maker.id for maker in makers}
    async with shop.db.view() as view:
        kept = await catalog.history(view, "house/paint")
    assert [row.revision for row in kept] == [2, 1]


async def test_an_entry_that_makes_no_sense_any_more_stops_nobody(shop: Shop) -> None:
    watch, menu = elsewhere(shop)
    await shop.write(put, shop, {**PAINT, "id": "house/paint"})
    async with shop.db.tx() as tx:
        await tx.execute(
            text(
                "insert into catalog_revision (revision, model_id, entry, created_at)"
                " select 2, 'odd/one', '{\"gone\": 1}', created_at from catalog_revision"
            )
        )
    await watch.look()
    assert ("house/paint" in menu.catalog.by_id, "odd/one" in menu.catalog.by_id) == (True, False)


@pytest.mark.parametrize(
    "change", ["update catalog_revision set model_id = 'x'", "delete from catalog_revision"]
)
async def test_revisions_are_only_added(shop: Shop, change: str) -> None:
    await shop.write(put, shop, PAINT)
    with pytest.raises(DBAPIError, match="append-only"):
        async with shop.db.tx() as tx:
            await tx.execute(text(change))


async def test_two_who_change_at_once_do_not_overwrite_each_other(shop: Shop) -> None:
    if shop.db.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    async with shop.db.tx() as first:
        await put(first, shop, PAINT)
        with pytest.raises(Conflict):
            await shop.write(put, shop, {**PAINT, "price": 9})


async def test_a_charge_is_written_once_and_is_never_above_the_price(shop: Shop) -> None:
    await shop.order()
    for charge in ("price + 1", "-1"):
        with pytest.raises(DBAPIError, match="a charge above"):
            async with shop.db.tx() as tx:
                await tx.execute(text(f"update job set charge = {charge}"))
    async with shop.db.tx() as tx:
        await tx.execute(text("update job set charge = 5"))
    for charge in ("4", "null"):
        with pytest.raises(DBAPIError, match="a second one"):
            async with shop.db.tx() as tx:
                await tx.execute(text(f"update job set charge = {charge}"))


async def refuse(shop: Shop, code: str) -> None:
    """Have the provider refuse a picture for this reason, for good."""
    await shop.order()
    [job] = await shop.begin()
    assert await shop.write(report.intend, [Intent(grip(job))]) == [True]
    no = Failure(grip(job), job.task_id, "rejected", code, "No.", again=False)
    assert await shop.write(fail, shop.menu, [no]) == [True]


async def test_every_process_learns_from_every_attempt_once(shop: Shop) -> None:
    watch, menu = elsewhere(shop)
    await shop.order()
    [job] = await shop.begin()
    await shop.deliver(job)
    for _ in range(3):
        await refuse(shop, "provider_error")
    assert shop.menu.router.is_left("studio:paint")
    assert not menu.router.is_left("studio:paint")
    for _ in range(3):
        await watch.look()
    figures = menu.router.figures("studio:paint")
    assert (menu.router.is_left("studio:paint"), figures.streak) == (True, 3)
    assert figures.seconds is not None


async def test_a_users_own_fault_teaches_nobody(shop: Shop) -> None:
    watch, menu = elsewhere(shop)
    for _ in range(4):
        await refuse(shop, "content_policy")
    await watch.look()
    for router in (menu.router, shop.menu.router):
        assert (router.is_left("studio:paint"), router.success("studio:paint")) == (False, 1.0)


async def test_an_entry_that_nobody_needs_is_refused(shop: Shop) -> None:
    for wrong in ({"makes": "coffee"}, {"provider": "nobody"}):
        menu = replace(shop.menu, providers=frozenset({"studio"}))
        with pytest.raises(GessoError) as error:
            menu.check(Model.model_validate({**PAINT, **wrong}))
        assert error.value.kind == "bad_model"
