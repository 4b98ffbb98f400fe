"""What the settings say of the broker: Celery's application, and our publisher."""

from collections.abc import Iterable, Sequence
from functools import partial

import structlog
from celery import Celery

from gesso.app.keepers import MESSAGE
from gesso.domain import deadletters
from gesso.infra.amqp import Publisher
from gesso.infra.db import Database
from gesso.infra.settings import Settings, SettingsError
from gesso.work.celery import DeadMessage, deviations, make_celery
from gesso.work.celery.topology import declare
from gesso.work.celery.undertaker import Keep

log = structlog.get_logger()


def broker_url(settings: Settings) -> str:
    """The broker's address; SettingsError when there is none."""
    if settings.broker.url is None:
        raise SettingsError("GESSO_BROKER__URL: the Celery engine needs a broker")
    return settings.broker.url


def celery_of(settings: Settings, lanes: Iterable[str]) -> Celery:
    """Celery as the settings want it; whatever in it could lose work is said aloud."""
    celery = make_celery(broker_url(settings), settings.redis.url, sorted(lanes))
    celery.conf.update(settings.engine.celery)
    for each in deviations(celery.conf):
        log.warning(
            "setting_may_lose_work",
            setting=each.setting,
            found=each.found,
            wanted=each.wanted,
            danger=each.danger,
        )
    return celery


def keeper_of(db: Database) -> Keep:
    """Writes down as dead letters what the broker has given up; each message once."""

    async def keep(messages: Sequence[DeadMessage]) -> None:
        async with db.tx() as tx:
            await deadletters.park(tx, [_letter(message) for message in messages])

    return keep


def _letter(message: DeadMessage) -> deadletters.Letter:
    log.warning("message_given_up", task=message.task, lane=message.lane, reason=message.reason)
    return deadletters.Letter(
        kind=MESSAGE,
        subject=message.id,
        lane=message.lane,
        deliveries=message.deliveries,
        reason=f"The broker gave the message up: {message.reason}.",
        facts={"task": message.task, "claims": list(message.claims), "body": message.text},
    )


def publisher_of(settings: Settings, lanes: Iterable[str]) -> Publisher:
    """A publisher whose every line makes what is missing at the broker."""
    return Publisher(
        broker_url(settings), settings.broker, declare=[partial(declare, lanes=sorted(lanes))]
    )
