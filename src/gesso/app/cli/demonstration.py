"""`gesso demo`: a client's whole day, on a server of its own, without a key and without the
network.
"""

import asyncio
import json
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from rich.console import Console

from gesso.app.cli.auditing import told, verdicts_on
from gesso.app.cli.client import Client, Json, connected
from gesso.app.cli.files import delivered, save
from gesso.app.cli.follow import follow
from gesso.app.cli.place import settings_at
from gesso.app.cli.progress import Screen, screen_on
from gesso.app.cli.screen import console, signed, size, table
from gesso.app.cli.trouble import Trouble
from gesso.app.cli.visit import Guest, invited, started
from gesso.domain.catalog import load_catalog
from gesso.infra.settings import Settings
from gesso.kit.money import CREDIT

_WHO = "demo@example.com"
_CREDITS = 50 * CREDIT
_OWL = {"type": "text_to_3d", "prompt": "a ceramic owl", "tier": "fast", "seed": 11}
_SEA = {
    "type": "text_to_video",
    "prompt": "a lighthouse by the sea at sunset",
    "tier": "fast",
    "seed": 7,
}
_PICKED = 0


def demo(out: Path, *, quiet: bool) -> int:
    """Make, save, pay and prove; 0 when all of it went well."""
    begun = time.monotonic()
    # A demonstration touches nothing but its own folder, whatever this machine is set up for.
    settings = settings_at(
        out / "data",
        database={"url": None},
        engine={"kind": "local"},
        log_level="warning",
        catalog=_offline(out / "data"),
    )
    talk = console()
    talk.quiet = quiet
    try:
        asyncio.run(_run(settings, out, talk))
        is_clean = asyncio.run(prove(settings, talk))
    except KeyboardInterrupt:
        return 130
    talk.print(f"All of it took {time.monotonic() - begun:.1f} s. It is in {out}/", soft_wrap=True)
    return 0 if is_clean else 1


def _offline(folder: Path) -> Path:
    """A catalogue in which the studio makes everything, whichever keys this machine has."""
    own = [m for m in load_catalog().models if {t.provider for t in m.targets} == {"studio"}]
    models = [model.model_dump(mode="json", exclude_defaults=True) for model in own]
    file = folder / "offline.json"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": "offline", "models": models}))
    return file


async def _run(settings: Settings, out: Path, talk: Console) -> None:
    async with (
        invitation(settings) as guest,
        started(settings) as url,
        connected(url, guest.key) as client,
    ):
        talk.print(f"A server of its own runs at {url}, its data in {settings.data_dir}/")
        await day(guest, client, out, talk)


def invitation(settings: Settings) -> AbstractAsyncContextManager[Guest]:
    """Somebody with a key and credits enough for the day, for the block."""
    return invited(settings, _WHO, welcome=_CREDITS, at_least=_CREDITS)


async def day(guest: Guest, client: Client, out: Path, talk: Console) -> None:
    """Order a model and a video, choose, save what comes, and show it with the statement."""
    have = (await client.wallet())["available"]
    talk.print(f"{guest.email} has {have} credits, and orders:")
    for order in (_OWL, _SEA):
        talk.print(f"  {order['type']}: {order['prompt']}")
    with screen_on(talk) as screen:
        saved = await _both(client, out, screen)
    _show_files(saved, talk)
    await _show_statement(client, talk)


Saved = list[tuple[Path, Json]]


async def _both(client: Client, out: Path, screen: Screen) -> Saved:
    """The model with its pictures, and the video, side by side."""
    owl, sea = await asyncio.gather(_sculpt(client, out, screen), _film(client, out, screen))
    return [*owl, *sea]


async def _sculpt(client: Client, out: Path, screen: Screen) -> Saved:
    """Four pictures, a choice as an owner makes it, and the model of what was chosen."""
    task = await follow(client, await client.submit(_OWL), screen, title="owl,")
    pictures = delivered(task)
    saved = await _saved(client, task, pictures, out, "owl")
    await client.select(task["id"], int(pictures[_PICKED]["index"]))
    task = await follow(client, task, screen, title="owl,")
    models = [output for output in delivered(task) if output["kind"] == "model"]
    return saved + await _saved(client, task, models, out, "owl")


async def _film(client: Client, out: Path, screen: Screen) -> Saved:
    task = await follow(client, await client.submit(_SEA), screen, title="lighthouse,")
    return await _saved(client, task, delivered(task), out, "lighthouse")


async def _saved(client: Client, task: Json, outputs: list[Json], out: Path, stem: str) -> Saved:
    if task["status"] not in ("completed", "awaiting_selection"):
        said = (task["error"] or {"message": "nobody knows why"})["message"]
        raise Trouble(f"{task['type']} has {task['status']}: {said}")
    files = await save(client, outputs, out, stem)
    return list(zip(files, outputs, strict=True))


def _show_files(saved: Saved, talk: Console) -> None:
    rows = table("file", ">size", "what")
    for file, output in saved:
        rows.add_row(str(file), size(file.stat().st_size), _about(output))
    talk.print(rows)


def _about(output: Json) -> str:
    """What was found out about a piece when it was stored."""
    facts = []
    if output["width"]:
        facts.append(f"{output['width']} × {output['height']}")
    if output["mean_color"]:
        facts.append(f"mean colour {output['mean_color']}")
    if output["duration"]:
        facts.append(f"{output['duration']:g} s")
    if output["triangles"]:
        facts.append(f"{output['triangles']} triangles")
    if output["watertight"]:
        facts.append("watertight")
    return ", ".join(facts)


async def _show_statement(client: Client, talk: Console) -> None:
    """The newest movements of the wallet, as a bank prints them: the oldest first."""
    rows = table(">no", "what", ">available", ">frozen", ">left", "for")
    for entry in reversed(await client.entries(limit=20)):
        subject = entry["task_id"] or entry["memo"] or ""
        changes = (signed(entry["available"]), signed(entry["frozen"]))
        rows.add_row(str(entry["seq"]), entry["kind"], *changes, entry["available_after"], subject)
    talk.print(rows)


async def prove(settings: Settings, talk: Console) -> bool:
    """The audit, after the server has gone; whether it is clean."""
    verdicts = await verdicts_on(settings)
    for line in told(verdicts):
        talk.print(line, soft_wrap=True)
    return all(verdict.breach is None for verdict in verdicts)
