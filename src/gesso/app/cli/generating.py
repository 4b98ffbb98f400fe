"""`gesso generate`: one order, watched from its price to its files."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from gesso.app.cli.client import Client, Json, Refused, connected
from gesso.app.cli.files import delivered, free_stem, keep_values, save, stem_of
from gesso.app.cli.follow import OVER, follow
from gesso.app.cli.place import settings_at
from gesso.app.cli.progress import screen_on
from gesso.app.cli.screen import console
from gesso.app.cli.trouble import Trouble
from gesso.app.cli.visit import LOCAL_USER, WELCOME, at_hand, invited
from gesso.infra.settings import Settings
from gesso.kit.money import credits_text

_PATIENCE = 20.0
"""Seconds in which a cancelled task may come to its end while somebody waits for the prompt."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted, and what to do with it."""

    order: Mapping[str, Any]
    out: Path
    pick: int | None


def generate(data_dir: Path | None, wish: Wish, *, url: str | None, key: str | None) -> int:
    """Have it made, and save it; 0 when it was completed, 1 when not, 130 after Ctrl-C."""
    if (url is None) != (key is None):
        raise Trouble("A server needs both: --url with --key (GESSO_URL with GESSO_API_KEY).")
    talk = console()
    try:
        return asyncio.run(_run(data_dir, wish, (url, key), talk))
    except KeyboardInterrupt:
        return 130


async def _run(
    data_dir: Path | None, wish: Wish, server: tuple[str | None, str | None], talk: Console
) -> int:
    url, key = server
    way = connected(url, key) if url and key else _locally(settings_at(data_dir), talk)
    async with way as client:
        try:
            task = await client.submit(wish.order)
        except Refused as refused:
            if refused.code == "insufficient_credits" and not url:
                raise Trouble(f"{refused} `gesso wallet grant {LOCAL_USER} 100`") from refused
            raise
        talk.print(f"{task['id']}: {_credits(task['cost']['held'])} frozen.")
        try:
            return await _carry(client, task, wish, talk)
        except asyncio.CancelledError:
            await _give_up(client, task, wish, talk)
            raise


@asynccontextmanager
async def _locally(settings: Settings, talk: Console) -> AsyncIterator[Client]:
    async with invited(settings, LOCAL_USER, welcome=WELCOME) as guest:
        if guest.is_new:
            welcome = credits_text(WELCOME)
            talk.print(f"There is a user {guest.email} here now, with {welcome} credits.")
        async with at_hand(settings, guest.key) as client:
            yield client


async def _carry(client: Client, task: Json, wish: Wish, talk: Console) -> int:
    """Watch the task to its end, its owner's choice included."""
    with screen_on(talk) as screen:
        task = await follow(client, task, screen)
    stem = free_stem(wish.out, stem_of(str(wish.order.get("prompt") or wish.order["type"])))
    saved = await _save(client, task, wish.out, stem, talk)
    if task["status"] == "awaiting_selection":
        index = await _choose(delivered(task), wish.pick, talk)
        task = await client.select(task["id"], index)
        talk.print(f"Picture {index} is chosen.")
        with screen_on(talk) as screen:
            task = await follow(client, task, screen)
        await _save(client, task, wish.out, stem, talk, but=saved)
    for file, text in keep_values(task, wish.out, stem):
        talk.print(text, soft_wrap=True, markup=False, highlight=False)
        talk.print(f"  {file}", soft_wrap=True)
    if task["status"] != "completed":
        error = task["error"] or {"message": task["status"]}
        talk.print(f"It has {task['status']}: {error['message']}")
    await _settle_up(client, task, talk)
    return 0 if task["status"] == "completed" else 1


async def _save(
    client: Client,
    task: Json,
    out: Path,
    stem: str,
    talk: Console,
    *,
    but: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """Save what is there and was not saved yet; the ids of all that is saved now."""
    outputs = [output for output in delivered(task) if output["asset_id"] not in but]
    for file in await save(client, outputs, out, stem):
        talk.print(f"  {file}", soft_wrap=True)
    return but | {str(output["asset_id"]) for output in outputs}


async def _choose(pictures: list[Json], pick: int | None, talk: Console) -> int:
    """The picture to go on with: as told before, as typed now, or the first."""
    known = [int(picture["index"]) for picture in pictures]
    if pick is not None or not (sys.stdin.isatty() and talk.is_terminal):
        return known[0] if pick is None else pick
    while True:
        talk.print(f"Which picture shall it be? {known[0]}–{known[-1]}: ", end="")
        typed = (await _line()).strip()
        if typed.isdecimal() and int(typed) in known:
            return int(typed)


async def _line() -> str:
    """A line from the keyboard, while everything else goes on."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not typed.done():
            typed.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin, read)
    try:
        line = await typed
    finally:
        loop.remove_reader(sys.stdin)
    if not line:
        raise Trouble("Nothing was chosen; the pictures stay, and so does the choice.")
    return line


async def _give_up(client: Client, task: Json, wish: Wish, talk: Console) -> None:
    """Cancel, wait for the end within reason, keep what was paid for, and say what it came to."""
    talk.print("\nCancelling …")
    task = await client.cancel(task["id"])
    try:
        async with asyncio.timeout(_PATIENCE):
            while task["status"] not in OVER:
                await asyncio.sleep(0.25)
                task = await client.task(task["id"])
    except TimeoutError:
        talk.print(f"{task['id']} is still being cancelled; what is not made is not charged.")
        return
    stem = free_stem(wish.out, stem_of(str(wish.order.get("prompt") or wish.order["type"])))
    await _save(client, task, wish.out, stem, talk)
    await _settle_up(client, task, talk)


async def _settle_up(client: Client, task: Json, talk: Console) -> None:
    """Say what it cost and what is left, in the wallet's own figures."""
    cost, wallet = task["cost"], await client.wallet()
    back = "" if cost["released"] == "0" else f", {_credits(cost['released'])} came back"
    talk.print(f"{_credits(cost['charged'])} charged{back}. You have {wallet['available']} left.")


def _credits(amount: str) -> str:
    return f"{amount} credit{'' if amount == '1' else 's'}"
