"""The topic: events for other services, told from wherever work is done."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from gesso.app.house import House
from gesso.domain import events, identity, tasks
from gesso.infra.amqp import Publisher
from gesso.infra.web import Component
from gesso.work import Engine, Hands, own_name

_HANDS = 16
"""Owners of whom is told at once: a few, for all of them share one line to the broker."""
_PATIENCE = 2.0


@asynccontextmanager
async def telling(house: House, *, here: bool) -> AsyncIterator[Mapping[str, Component]]:
    """Tell while the block runs, if the settings want it and it is to be done here; the answer is
    what the health page may ask.

    It has an engine of its own: what is told never travels, whoever does the other work.
    """
    settings, url = house.settings, house.settings.broker.url
    if not here or not settings.topic.enabled or url is None:
        yield {}
        return
    exchange = settings.topic.exchange
    declare = [partial(events.declare_topic, exchange)]
    async with Publisher(url, settings.broker, declare=declare) as publisher:
        herald = events.Herald(
            house.db,
            publisher,
            events.Labels(identity.tenants_of, tasks.operations_of),
            epoch=house.epoch,
            exchange=exchange,
            lease=timedelta(seconds=settings.engine.lease),
        )
        crew = Hands(own_name(), most=_HANDS)
        engine = Engine([herald.duty()], crew, tick=settings.engine.tick)
        house.bus.listen(engine.ring)
        await engine.start()
        try:
            yield {"broker": publisher.trouble, "topic": engine.trouble}
        finally:
            await engine.stop(patience=_PATIENCE)
