"""What the processes of a house share beside the database, as far as there is a way to."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from gesso.infra.bus import Bus
from gesso.infra.bus.local import LocalBus
from gesso.infra.cache import Cache, MemoryStore
from gesso.infra.limits import Limiter, MemoryLimiter
from gesso.infra.settings import Settings, SettingsError
from gesso.infra.web import Component


@dataclass(frozen=True, slots=True)
class Shared:
    """Bus, cache, limiter, and the components by which they tell how they are."""

    bus: Bus
    cache: Cache
    limiter: Limiter
    components: Mapping[str, Component] = field(default_factory=dict)


async def open_shared(settings: Settings, epoch: str, stack: AsyncExitStack) -> Shared:
    """Bus, cache and limiter: over Redis where there is one, else in this process."""
    limiter: Limiter
    if settings.redis.url is None:
        cache = await stack.enter_async_context(Cache(MemoryStore()))
        limiter = MemoryLimiter(among=settings.limits.instances or 1)
        return Shared(LocalBus(), cache, limiter)
    try:
        # late: only who has named a Redis needs its library
        from gesso.infra.bus.redis import RedisBus
        from gesso.infra.cache.redis import RedisStore
        from gesso.infra.limits.redis import RedisLimiter
        from gesso.infra.redis import RedisLink
    except ImportError as error:
        raise SettingsError(
            "GESSO_REDIS__URL: the library is missing; pip install 'gesso[redis]'"
        ) from error
    link = await stack.enter_async_context(RedisLink(settings.redis))
    # Names begin with the life of the database: houses that share a Redis never meet, and after a
    # restore nothing is found that was kept before it.
    bus = await stack.enter_async_context(RedisBus(link, f"gesso:{epoch}:bus"))
    store = await stack.enter_async_context(RedisStore(link, f"gesso:{epoch}:cache"))
    cache = await stack.enter_async_context(Cache(store))
    limiter = RedisLimiter(
        link, f"gesso:{epoch}:limits",
        timeout=settings.redis.timeout, instances=settings.limits.instances,
    )  # fmt: skip

    async def trouble() -> str | None:
        return await link.trouble() or await bus.trouble()

    return Shared(bus, cache, limiter, {"redis": trouble})
