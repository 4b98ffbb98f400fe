"""Ending accounts, as an operator does it from the command line."""

import asyncio
import json
from pathlib import Path

import typer

from gesso.app import accounts
from gesso.app.cli.place import existing, settings_at
from gesso.app.cli.trouble import Trouble
from gesso.app.house import signing_key
from gesso.domain import account
from gesso.infra.settings import Settings
from gesso.kit.signing import Signer


def erase(data_dir: Path | None, email: str, *, tenant: str, is_sure: bool) -> None:
    """Have the account ended, and print the receipt alone on standard output."""
    settings = settings_at(data_dir)

    async def act() -> str:
        async with existing(settings) as db, db.tx() as tx:
            user = await accounts.account_of(tx, email, tenant=tenant)
            gone = await account.ask_erasure(tx, user.id, by="cli")
            return _receipts(settings).name(gone.id)

    if not is_sure:
        typer.confirm(f"End the account of {email} for ever?", abort=True, err=True)
    receipt = asyncio.run(act())
    typer.echo(f"{email} is shut out. The rest is done by whoever serves or works.", err=True)
    typer.echo(receipt)


def show(data_dir: Path | None, receipt: str) -> None:
    """Print what a receipt tells, as JSON."""
    settings = settings_at(data_dir)
    receipts = _receipts(settings)

    async def act() -> account.ErasureOut:
        known = receipts.erasure_of(receipt)
        async with existing(settings) as db, db.view() as view:
            gone = await account.find_erasure(view, known) if known else None
            if gone is None:
                raise Trouble("This is no receipt of ours.")
            return account.erasure_out(gone, receipts)

    typer.echo(json.dumps(asyncio.run(act()).model_dump(mode="json"), ensure_ascii=False))


def _receipts(settings: Settings) -> account.Receipts:
    return account.Receipts(Signer(signing_key(settings)))
