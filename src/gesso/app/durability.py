"""Durability: settings of the database with which a commit may be lost, told at every start."""

from collections.abc import Mapping
from typing import Final

import structlog
from sqlalchemy import text

from gesso.infra.db import Database

log = structlog.get_logger()

_SAFE: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "fsync": (frozenset({"on"}), "a crash of the machine may destroy the whole database"),
    "full_page_writes": (frozenset({"on"}), "a crash of the machine may leave half-written pages"),
    "synchronous_commit": (
        frozenset({"on", "local", "remote_write", "remote_apply"}),
        "what was answered with 202 may be gone after a crash",
    ),
}
"""Setting of PostgreSQL → the values with which a commit is durable, and what happens otherwise."""


async def dangers(db: Database) -> list[tuple[str, str, str]]:
    """Each setting in force that may lose work: its name, its value, the danger. SQLite has none,
    for gesso sets them itself.
    """
    if db.is_sqlite:
        return []
    query = text("select name, setting from pg_settings where name = any(:names)")
    async with db.view() as view:
        rows = (await view.execute(query, {"names": list(_SAFE)})).all()
    found = {str(name): str(value) for name, value in rows}
    return [
        (name, found[name], danger)
        for name, (safe, danger) in _SAFE.items()
        if name in found and found[name] not in safe
    ]


async def tell_dangers(db: Database) -> None:
    """Say them aloud in the log."""
    for setting, found, danger in await dangers(db):
        log.warning("setting_may_lose_work", setting=setting, found=found, danger=danger)
