"""A visit: a way into a server for one command,
whichever server is at hand, and gone afterwards.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from gesso.app import accounts, server
from gesso.app.cli.client import Client, connected
from gesso.app.cli.place import ready, require_free
from gesso.domain import identity
from gesso.infra.logs import set_up_logs
from gesso.infra.settings import Settings
from gesso.kit.money import CREDIT

LOCAL_USER = "local@gesso.localhost"
"""Whose work it is when a person generates on their own machine without an account."""
WELCOME = 100 * CREDIT

_LOOK = aiohttp.ClientTimeout(total=3)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody at the door with a key that is good for this errand."""

    email: str
    prefix: str
    key: str
    is_new: bool
    granted: int


@asynccontextmanager
async def invited(
    settings: Settings, email: str, *, welcome: int, at_least: int = 0
) -> AsyncIterator[Guest]:
    """A key of this user's for as long as the block lasts; a new user gets `welcome` micro-credits.

    With `at_least`, whoever has less is brought up to it.
    """
    async with ready(settings) as db:
        async with db.tx() as tx:
            user = await identity.find_user(tx, email)
            is_new = user is None
            if user is None:
                user = await accounts.open_account(tx, email, amount=welcome)
            granted = await accounts.top_up(tx, user, at_least, memo="top-up")
            key, text = await accounts.visit(tx, user, "visit of the command line")
        try:
            yield Guest(email, key.prefix, text, is_new, granted)
        finally:
            async with db.tx() as tx:
                await identity.revoke_key(tx, user, key.prefix)


@asynccontextmanager
async def at_hand(settings: Settings, key: str) -> AsyncIterator[Client]:
    """A client of the server that runs on this data directory, or of one started for the block."""
    url = await running_url(settings)
    if url is not None:
        async with connected(url, key) as client:
            yield client
        return
    async with started(settings) as url, connected(url, key) as client:
        yield client


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[str]:
    """A server inside this process for the block, on a free port of the loopback; its address.

    What it logs goes into `gesso.log` in the data directory, not between the lines of the command.
    """
    require_free(settings)
    here = {"host": "127.0.0.1", "port": 0, "public_url": None}
    own = settings.model_copy(update={"server": settings.server.model_copy(update=here)})
    # Not closed again: threads of the event loop may have a word to say until the process ends.
    log = (settings.data_dir / "gesso.log").open("a")
    set_up_logs(settings.log_level, settings.log_format, stream=log)
    async with server.running(own) as url:
        yield url


async def running_url(settings: Settings) -> str | None:
    """Where a server works on this data directory; None when none does."""
    try:
        told = json.loads((settings.data_dir / "server.json").read_text())
        url = str(told["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # A server that was killed leaves its note behind, so it is asked.
    try:
        async with (
            aiohttp.ClientSession(timeout=_LOOK) as session,
            session.get(f"{url}/health/live") as answer,
        ):
            return url if answer.status == 200 else None
    except (aiohttp.ClientError, TimeoutError):
        return None
