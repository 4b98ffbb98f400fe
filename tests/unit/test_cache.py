"""The cache over a store whose answers are under way for a while."""

import asyncio

from gesso.infra.cache import Cache, MemoryStore, Taken

LONG = 60.0


class FarStore(MemoryStore):
    """Its answers are under way for as long as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.drops, self.takes = asyncio.Event(), asyncio.Event()

    async def drop(self, name: str) -> None:
        await self.drops.wait()
        await super().drop(name)

    async def take(self, name: str, claim: str) -> Taken:
        taken = await super().take(name, claim)
        await self.takes.wait()
        return taken


async def test_an_answer_that_is_under_way_during_a_deletion_is_not_shared_after_it() -> None:
    async def make() -> str:
        return "new"

    store = FarStore()
    cache = Cache(store).namespace("test")
    await cache.set("key", "old", LONG)
    deleting = asyncio.create_task(cache.delete("key"))
    await asyncio.sleep(0)
    early = asyncio.create_task(cache.fetch("key", LONG, make))
    await asyncio.sleep(0.01)
    store.drops.set()
    await deleting
    late = asyncio.create_task(cache.fetch("key", LONG, make))
    await asyncio.sleep(0.01)
    store.takes.set()
    assert (await early, await late) == ("old", "new")
