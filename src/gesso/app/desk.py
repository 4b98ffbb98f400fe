"""The desk of sign-in: who delivers its letters, and who checks its passwords."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parseaddr
from pathlib import Path

import structlog

from gesso.domain import signin
from gesso.infra.db import Database
from gesso.infra.mail import Mail, Outbox, Smtp, open_post
from gesso.infra.settings import Settings

log = structlog.get_logger()


@asynccontextmanager
async def open_desk(settings: Settings, db: Database, secret: bytes) -> AsyncIterator[signin.Desk]:
    """The desk while the block runs; letters in hand at its end have a few seconds to leave."""
    mail = settings.mail
    if mail.url is None and settings.environment == "production":
        log.warning("letters_stay_here", setting="GESSO_MAIL__URL", folder=str(outbox_of(settings)))
    hasher = signin.Hasher(settings.signin.hash_threads)
    try:
        async with open_post(
            _mail(settings), sender=mail.sender, now=db.now, waits=mail.waits
        ) as post:
            yield signin.Desk(
                db=db,
                post=post,
                hasher=hasher,
                pepper=signin.pepper_of(secret),
                settings=settings.signin,
                public_url=settings.public_url,
                name=parseaddr(mail.sender)[0] or "gesso",
            )
    finally:
        hasher.close()


def outbox_of(settings: Settings) -> Path:
    """Where letters lie while no mail server is named."""
    return settings.data_dir.absolute() / "outbox"


def _mail(settings: Settings) -> Mail:
    mail = settings.mail
    if mail.url is None:
        return Outbox(outbox_of(settings))
    return Smtp.at(mail.url, timeout=mail.timeout, ca_file=mail.ca_file)
