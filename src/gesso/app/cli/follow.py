"""Following a task: its snapshot joined to its stream, shown while it goes on."""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from gesso.app.cli.client import Client, Json
from gesso.app.cli.progress import Screen
from gesso.app.cli.stream import messages

OVER = frozenset({"completed", "failed", "cancelled", "expired"})
RESTING = OVER | {"awaiting_selection"}
"""Statuses in which nothing happens until somebody asks for it."""

_NOUNS = {
    "images": "picture",
    "video": "video",
    "model": "model",
    "upscale": "picture",
    "answer": "answer",
    "scrape": "search",
    "publish": "upload",
}


async def follow(client: Client, task: Json, screen: Screen, *, title: str = "") -> Json:
    """Show a task until it rests; the task as it stands then."""
    task = await client.task(task["id"])
    _show_all(screen, task, title)
    while task["status"] not in RESTING:
        task = await _watch(client, task, screen, title)
    return task


async def _watch(client: Client, task: Json, screen: Screen, title: str) -> Json:
    """Show what the stream tells until it says that there is something to read; that, then."""
    async with aclosing(messages(client, task["id"], task["as_of"])) as arriving:
        async for message in arriving:
            kind, _, step = message.event.partition(".")
            if kind == "job":
                _show(screen, message.data, title)
            elif kind == "reset" or step in RESTING:
                break
    # The stream says when to look; what is charged and signed stands in the task itself.
    task = await client.task(task["id"])
    _show_all(screen, task, title)
    return task


def noun(phase: str) -> str:
    """What a piece of this phase is called."""
    return _NOUNS.get(phase, "piece")


def _show_all(screen: Screen, task: Json, title: str) -> None:
    for output in task["outputs"]:
        _show(screen, output, title)


def _show(screen: Screen, piece: Mapping[str, Any], title: str) -> None:
    """Show a piece as an output of a task or as an event tells it; both use the same words."""
    status = piece.get("status") or "running"
    error = piece.get("error") or {}
    note = str(error.get("message") or piece.get("error_message") or "")
    if status == "queued" and piece.get("position"):
        note = f"number {piece['position']} in line"
    share = 1.0 if status == "completed" else float(piece.get("progress") or 0.0)
    name = noun(str(piece["phase"]))
    label = f"{name} {piece['index']}" if name == "picture" else name
    screen.show(f"{title} {label}".strip(), status=status, share=share, note=note)
