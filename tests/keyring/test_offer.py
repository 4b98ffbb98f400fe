"""What can be asked for follows the keys on the ring, in every process."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gesso.domain.tasks.watch import Watch
from tests.domain.shop import Shop, open_shop
from tests.keyring.test_rows import put, safe_in


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


async def test_a_key_on_the_ring_makes_its_provider_one_to_ask(shop: Shop, tmp_path: Path) -> None:
    menu = replace(shop.menu, reachable=lambda _: False, providers=frozenset({"acme", "studio"}))
    watch = Watch(shop.db, menu)
    await watch.look()
    assert not menu.can_ask("acme")
    await put(shop.db, safe_in(tmp_path), "first")
    await watch.look()
    assert menu.can_ask("acme")
    assert not menu.can_ask("studio")
