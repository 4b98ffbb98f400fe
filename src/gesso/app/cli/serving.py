"""`gesso serve`: a word of welcome, and then the server."""

import asyncio
import socket
from pathlib import Path

import typer

from gesso import __version__
from gesso.app import accounts, server
from gesso.app.cli.place import file_of, require_free, revision_of, settings_at
from gesso.app.cli.trouble import Trouble
from gesso.app.desk import outbox_of
from gesso.app.pages import open_pages
from gesso.app.plugins import find_operations, find_providers
from gesso.domain.catalog import load_catalog
from gesso.infra.db import Database
from gesso.infra.settings import Settings


def serve(data_dir: Path | None, *, host: str | None, port: int | None) -> None:
    """Say where everything is, and serve until told to stop."""
    given = {"host": host, "port": port}
    wanted = {name: value for name, value in given.items() if value is not None}
    settings = settings_at(data_dir, **({"server": wanted} if wanted else {}))
    if settings.server.port == 0:
        # Chosen here, so that what is printed and what is signed name the port that it will be.
        own = settings.server.model_copy(update={"port": _free_port(settings.server.host)})
        settings = settings.model_copy(update={"server": own})
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    _require_sound(settings)
    for line in _banner(settings, is_new=not asyncio.run(_has_people(settings))):
        typer.echo(line)
    try:
        server.run(settings)
    except server.PortTaken as taken:
        raise Trouble(f"{taken}. `gesso serve --port 0` takes a free one.") from taken


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.bind((host, 0))
        return int(listening.getsockname()[1])


def _banner(settings: Settings, *, is_new: bool) -> list[str]:
    lines = [
        f"gesso {__version__}",
        f"  pages     {_pages(settings)}",
        f"  API       {settings.public_url}/api/v1",
        f"  try it    {settings.public_url}/docs",
        f"  data      {settings.data_dir.absolute()}",
        f"  database  {settings.shown_database_url}",
        *([] if settings.mail.url else [f"  letters   {outbox_of(settings)} (no mail server)"]),
    ]
    if is_new:
        lines += [
            "",
            "Nobody is here yet. Sign in on the pages; the code is among the letters.",
            "Or, in another terminal, take somebody in and make a key:",
            "  gesso user create you@example.com --credits 100",
            "  gesso key create you@example.com",
        ]
    return [*lines, ""]


def _pages(settings: Settings) -> str:
    return f"{settings.public_url}/" if open_pages() else "not built; `make pages` does it"


async def _has_people(settings: Settings) -> bool:
    """Whether there is a user; a database that cannot be asked raises its own error."""
    file = file_of(settings)
    if file is not None and not file.exists():
        return False
    db = Database(settings.database_url, settings.database)
    try:
        if await revision_of(db) is None:
            return False
        async with db.view() as view:
            return await accounts.anybody(view)
    finally:
        await db.close()


def _require_sound(settings: Settings) -> None:
    """Raise now, as a sentence, what the server would only find while it starts."""
    load_catalog([settings.catalog] if settings.catalog else [])
    find_operations(settings.plugins)
    find_providers(settings.plugins)
    require_free(settings)
