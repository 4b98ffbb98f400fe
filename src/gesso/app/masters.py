"""Where the master keys come from, and whether this process has those that the database needs."""

import importlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib.metadata import entry_points

import structlog

from gesso.app.plugins import find_providers
from gesso.domain import channels, keyring, sessions
from gesso.infra.db import Database
from gesso.infra.settings import Settings, SettingsError
from gesso.infra.vault import Master, open_masters

log = structlog.get_logger()

GROUP = "gesso.masters"


SIGNING_KEYS = keyring.SealedRows(sessions.SigningKey, sessions.context_of)
"""The keys of access tokens, as a rotation of the master key goes through them."""


def open_safe(settings: Settings) -> keyring.Safe:
    """The safe of this process; nothing is made or asked for before it is needed."""
    ring = settings.keyring
    masters = open_masters(
        plugin=_plugin(ring.plugin) if ring.plugin else None,
        secret=settings.master_key.get_secret_value() if settings.master_key else None,
        old=[key.get_secret_value() for key in ring.old_master_keys],
        file=ring.master_key_file or settings.data_dir / "master.key",
    )
    is_shared = ring.master_key_file is not None
    is_alone = settings.environment != "production" or settings.engine.kind == "local"
    accesses = {name: each.access for name, each in find_providers(settings.plugins).items()}
    return keyring.Safe(
        masters, accesses, is_alone=is_alone or is_shared, others=(channels.SECRETS, SIGNING_KEYS)
    )


def open_mint(settings: Settings, db: Database, safe: keyring.Safe, secret: bytes) -> sessions.Mint:
    """The mint of this process; it has no key before it is opened."""
    tokens = settings.tokens
    life = timedelta(days=tokens.key_days) if tokens.key_days else None
    issuer = tokens.issuer or settings.public_url
    return sessions.Mint(db, safe, issuer=issuer, secret=secret, life=life)


async def check_masters(db: Database, safe: keyring.Safe, *, is_production: bool) -> None:
    """Find out at the start whether this machine can open what is in the keyring: SettingsError in
    production where it cannot, a warning elsewhere.
    """
    async with db.view() as view:
        used = await keyring.masters_in_use(view, safe)
    missing = [each for each in used if not safe.masters.knows(each)]
    if not missing:
        return
    if is_production:
        raise SettingsError(
            "GESSO_MASTER_KEY: what is sealed in the database is wrapped by master keys that this "
            f"machine lacks: {', '.join(missing)}"
        )
    log.warning("master_keys_missing", masters=missing)


def _plugin(name: str) -> Callable[[], Sequence[Master]]:
    """What makes the plugin's master keys: an entry point by its name, or `module:name`."""
    module, is_named, attribute = name.partition(":")
    try:
        if is_named:
            found = getattr(importlib.import_module(module), attribute)
        else:
            (point,) = entry_points(group=GROUP, name=name)
            found = point.load()
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(f"GESSO_KEYRING__PLUGIN: {name!r} cannot be had: {error}") from error
    if not callable(found):
        raise SettingsError(f"GESSO_KEYRING__PLUGIN: {name!r} is not a function")
    made: Callable[[], Sequence[Master]] = found
    return made
