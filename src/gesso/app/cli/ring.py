"""Keys of providers, as an operator keeps them: on the database, whether a server runs or not."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from getpass import getpass
from pathlib import Path
from typing import Any, TypeVar

import typer
from pydantic import ValidationError

from gesso.app.cli.place import ready, settings_at
from gesso.app.cli.screen import table, when, write
from gesso.app.cli.trouble import Trouble
from gesso.app.masters import open_safe
from gesso.domain import auditlog, keyring, tasks
from gesso.domain.keyring import KeyChange, KeyIn, KeyOut, ProviderKey, Safe
from gesso.infra.db import Database, View
from gesso.kit.ids import parse_id

_MANY = 1000
T = TypeVar("T")
_Act = Callable[[Database, Safe], Coroutine[Any, Any, T]]


def add(
    data_dir: Path | None,
    provider: str,
    label: str,
    facts: Mapping[str, Any],
    *,
    from_env: bool,
) -> None:
    """Ask for the secret, put the key on the ring and print its id."""

    async def act(db: Database, safe: Safe) -> ProviderKey:
        secrets = _secrets(safe, provider, from_env=from_env)
        asked = {"provider": provider, "label": label, "secrets": secrets, **facts}
        checked = _checked(KeyIn, asked).model_dump(exclude={"secrets"})
        new = keyring.NewKey(**checked, secrets=secrets)
        return await keyring.add(db, safe, new, actor=auditlog.by_hand())

    typer.echo(keyring.credential_id(_do(data_dir, act).id))


def replace(data_dir: Path | None, which: str, root: str | None, *, from_env: bool) -> None:
    """Ask for the new secret, put it in the place of the old one and print its key's id."""

    async def act(db: Database, safe: Safe) -> ProviderKey:
        async with db.view() as view:
            old = await _find(view, which)
        secrets = _secrets(safe, old.provider, from_env=from_env)
        return await keyring.replace(db, safe, old.id, secrets, root=root, actor=auditlog.by_hand())

    typer.echo(keyring.credential_id(_do(data_dir, act).id))


def show_all(data_dir: Path | None, provider: str | None) -> None:
    """Print every key in a line."""

    async def act(db: Database, _safe: Safe) -> list[KeyOut]:
        async with db.view() as view:
            found = await keyring.page(view, provider=provider, after=None, limit=_MANY)
            uses = await tasks.unfinished(view, [keyring.credential_id(key.id) for key in found])
        return [keyring.key_out(k, uses.get(keyring.credential_id(k.id), 0)) for k in found]

    columns = ("key", "provider", "label", "secret", "state", "rests until", ">weight")
    rows = table(*columns, ">at once", ">a minute", ">jobs")
    for key in _do(data_dir, act):
        masks = ", ".join(hint.mask for hint in key.secrets.values())
        until = f"{when(key.resting_until)} {key.rest_code}" if key.resting_until else ""
        limits = [str(each or "–") for each in (key.max_concurrency, key.per_minute)]
        rows.add_row(
            key.id, key.provider, key.label, masks, key.state, until, str(key.weight), *limits,
            str(key.jobs),
        )  # fmt: skip
    write(rows)


def show(data_dir: Path | None, which: str) -> None:
    """Print a key as JSON and what happened to it, the newest first."""

    async def act(db: Database, _safe: Safe) -> dict[str, Any]:
        async with db.view() as view:
            key = await _find(view, which)
            uses = await tasks.unfinished(view, [keyring.credential_id(key.id)])
            lines = await keyring.history(view, key.id, after=None, limit=_MANY)
        shown = keyring.key_out(key, sum(uses.values())).model_dump(mode="json")
        return {**shown, "history": [keyring.event_out(e).model_dump(mode="json") for e in lines]}

    typer.echo(json.dumps(_do(data_dir, act), indent=2, ensure_ascii=False))


def change(data_dir: Path | None, which: str, changes: Mapping[str, Any]) -> None:
    """Change a key and say so."""
    if not changes:
        raise Trouble("Nothing to change was given; `gesso keyring set --help` lists it.")
    checked = _checked(KeyChange, changes).model_dump(exclude_unset=True)

    async def act(db: Database, _safe: Safe) -> None:
        async with db.tx() as tx:
            await keyring.change(tx, (await _find(tx, which)).id, checked, actor=auditlog.by_hand())

    _do(data_dir, act)
    typer.echo(f"{which} is changed.")


def rest(data_dir: Path | None, which: str, seconds: float) -> None:
    """Have a key rest."""

    async def act(db: Database, _safe: Safe) -> None:
        async with db.tx() as tx:
            await keyring.rest(tx, (await _find(tx, which)).id, seconds, actor=auditlog.by_hand())

    _do(data_dir, act)
    typer.echo(f"{which} rests for {seconds:g} s.")


def release(data_dir: Path | None, which: str) -> None:
    """Have a key lent again."""

    async def act(db: Database, _safe: Safe) -> None:
        async with db.tx() as tx:
            await keyring.release(tx, (await _find(tx, which)).id, actor=auditlog.by_hand())

    _do(data_dir, act)
    typer.echo(f"{which} is lent again.")


def remove(data_dir: Path | None, which: str) -> None:
    """Destroy a key."""

    async def act(db: Database, _safe: Safe) -> None:
        async with db.tx() as tx:
            key = await _find(tx, which)
            await keyring.remove(tx, tasks.unfinished, key.id, actor=auditlog.by_hand())

    _do(data_dir, act)
    typer.echo(f"{which} is removed.")


def _do(data_dir: Path | None, act: _Act[T]) -> T:
    settings = settings_at(data_dir)

    async def done() -> T:
        async with ready(settings) as db:
            return await act(db, open_safe(settings))

    return asyncio.run(done())


async def _find(view: View, which: str) -> ProviderKey:
    """The key of this id, or of this provider and label."""
    if (key_id := parse_id("pkey", which)) is not None:
        return await keyring.get(view, key_id)
    provider, _, label = which.partition("/")
    for key in await keyring.page(view, provider=provider, after=None, limit=_MANY):
        if key.label == label and key.state != "retired":
            return key
    raise Trouble(f"There is no key {which!r}; `gesso keyring list` shows them.")


def _checked(model: type[Any], values: Mapping[str, Any]) -> Any:
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        # By hand: the library's own words repeat what was given, which may be the secret.
        told = [
            f"{issue['loc'][0] if issue['loc'] else ''}: {issue['msg']}" for issue in error.errors()
        ]
        raise Trouble("; ".join(told)) from None


def _secrets(safe: Safe, provider: str, *, from_env: bool) -> dict[str, str]:
    """Each part of the secret: from the environment, the keyboard, or standard input."""
    access = safe.accesses.get(provider)
    if access is None or not access.secrets:
        raise Trouble(f"There is no provider {provider!r} that takes a key.")
    parts = dict(access.secrets)
    if from_env:
        missing = [variable for variable in parts.values() if not os.environ.get(variable)]
        if missing:
            raise Trouble(f"{', '.join(missing)} is not set.")
        return {part: os.environ[variable] for part, variable in parts.items()}
    if sys.stdin.isatty():
        return {part: getpass(f"{provider} {part}: ") for part in parts}
    return _read(sys.stdin.read().strip(), list(parts))


def _read(text: str, parts: list[str]) -> dict[str, str]:
    """What came by standard input: the one part as it is, several as JSON."""
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except ValueError:
            raise Trouble("Standard input has neither a secret nor JSON.") from None
        return {str(name): str(value) for name, value in found.items()}
    if len(parts) != 1 or not text:
        wanted = json.dumps(dict.fromkeys(parts, "…"), ensure_ascii=False)
        raise Trouble(f"Standard input should have {'the secret' if text == '' else wanted}.")
    return {parts[0]: text}
