"""`gesso serve`: a word of welcome, and then the server."""

import asyncio
from pathlib import Path

import typer

from gesso import __version__
from gesso.app import accounts, server
from gesso.app.cli.place import file_of, settings_at, shown_url
from gesso.app.cli.trouble import Trouble
from gesso.app.schema import revision
from gesso.infra.db import Database
from gesso.infra.errors import GessoError
from gesso.infra.settings import Settings


def serve(data_dir: Path | None, *, host: str | None, port: int | None) -> None:
    """Say where everything is, and serve until told to stop."""
    given = {"host": host, "port": port}
    wanted = {name: value for name, value in given.items() if value is not None}
    settings = settings_at(data_dir, **({"server": wanted} if wanted else {}))
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    for line in _banner(settings, is_new=not asyncio.run(_has_people(settings))):
        typer.echo(line)
    try:
        server.run(settings)
    except server.PortTaken as taken:
        raise Trouble(f"{taken} `gesso serve --port 0` takes a free one.") from taken


def _banner(settings: Settings, *, is_new: bool) -> list[str]:
    lines = [
        f"gesso {__version__}",
        f"  API       {settings.public_url}/api/v1",
        f"  try it    {settings.public_url}/docs",
        f"  data      {settings.data_dir.absolute()}",
        f"  database  {shown_url(settings)}",
    ]
    if is_new:
        lines += [
            "",
            "Nobody is here yet. In another terminal, take somebody in and make a key:",
            "  gesso user create you@example.com --credits 100",
            "  gesso key create you@example.com",
        ]
    return [*lines, ""]


async def _has_people(settings: Settings) -> bool:
    """Whether there is a user; of a database that cannot be asked now, the server will tell more."""
    file = file_of(settings)
    if file is not None and not file.exists():
        return False
    db = Database(settings.database_url, settings.database)
    try:
        if await revision(db) is None:
            return False
        async with db.view() as view:
            return await accounts.anybody(view)
    except (GessoError, OSError):
        return True
    finally:
        await db.close()
