"""Registered functions of the stories: each does one thing that a function may do."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from gesso.domain.registry import Cancel, Context, Retry, register_task

NOTEBOOK = "STORIES_NOTEBOOK"
"""The file in which functions note what they do, wherever they run: whoever comes first names it,
and hired workers inherit the name.
"""
os.environ.setdefault(NOTEBOOK, str(Path(tempfile.mkdtemp(prefix="gesso-stories-")) / "notes"))


class Notes:
    """Words that functions have noted in one column of the notebook, in order."""

    def __init__(self, column: str) -> None:
        self._column = column

    def append(self, word: str) -> None:
        """Note a word; a line is written whole, whoever writes beside."""
        with Path(os.environ[NOTEBOOK]).open("a") as file:
            file.write(f"{self._column} {word}\n")

    def __iter__(self) -> Iterator[str]:
        """The words so far."""
        file = Path(os.environ[NOTEBOOK])
        lines = file.read_text().splitlines() if file.exists() else []
        return (word for column, _, word in (line.partition(" ") for line in lines)
                if column == self._column)  # fmt: skip

    def count(self, word: str) -> int:
        """How often the word was noted."""
        return list(self).count(word)


noted = Notes("noted")
"""What `story.note` and `story.wait` were told."""
ended = Notes("ended")
"""Words of runs of `story.wait` that were cancelled."""
_steps = Notes("step")


def at_once(word: str) -> int:
    """How many runs of `story.alone` were in hand together at most."""
    most = busy = 0
    for step in _steps:
        kind, _, whose = step.partition(" ")
        if whose == word:
            busy += 1 if kind == "begin" else -1
            most = max(most, busy)
    return most


class Stay(BaseModel):
    """What a model among the arguments looks like."""

    city: str
    nights: int = 1


@register_task(name="story.add", priority=3)
async def add(a: int, b: int = 1) -> int:
    """Add two numbers.

    This line is not part of the summary.
    """
    return a + b


@register_task(name="story.book")
async def book(day: date, guest: UUID, stay: Stay, notes: list[str] | None = None) -> Any:
    """Take in every kind of thing."""
    return {"day": day, "guest": guest, "stay": stay, "notes": notes or []}


@register_task(name="story.note")
async def note(word: str) -> None:
    """Note a word."""
    noted.append(word)


@register_task(name="story.stumble", max_attempts=4, backoff=(0.01, 0.02))
async def stumble(context: Context, times: int) -> int:
    """Fail so many times."""
    if context.attempt <= times:
        raise LookupError(f"stumbled\0 {context.attempt}")
    return context.attempt


@register_task(name="story.later", max_attempts=2)
async def later(context: Context, after: float) -> str:
    """Ask for one more try."""
    if context.attempt == 1:
        raise Retry("not yet", after=after)
    return "now"


@register_task(name="story.refuse")
async def refuse(reason: str) -> None:
    """See no sense."""
    raise Cancel(reason)


@register_task(name="story.dawdle", timeout=0.2, max_attempts=2, backoff=(0.01, 0.01))
async def dawdle() -> None:
    """Take too long."""
    await asyncio.sleep(60)


@register_task(name="story.wait")
async def wait(context: Context, word: str, seconds: float = 60) -> str:
    """Wait, and tell how far it is."""
    noted.append(word)
    await context.progress(0.5)
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        ended.append(word)
        raise
    return word


@register_task(name="story.alone", parallel=False)
async def alone(word: str) -> None:
    """Never beside another of its kind."""
    _steps.append(f"begin {word}")
    await asyncio.sleep(0.1)
    _steps.append(f"end {word}")


@register_task(name="story.answer")
async def answer(what: str) -> Any:
    """Answer with what may or may not be JSON."""
    answers = {
        "nothing": None,
        "a list": [1, 2.5, "three", None, True],
        "not a number": float("nan"),
        "an object": object(),
        "too much": "x" * 70_000,
        "half a character": "\ud800",
        "no character": "\0",
    }
    return answers[what]


TASKS = (add, book, note, stumble, later, refuse, dawdle, wait, alone, answer)
