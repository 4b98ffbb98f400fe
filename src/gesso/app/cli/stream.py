"""Server-Sent Events, read as the HTML standard says (section 9.2),
and resumed after every break.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from gesso.app.cli.client import Client, Refused
from gesso.app.cli.trouble import Trouble

_BREAKS = 20
"""Breaks in a row, without a message between them, after which a server counts as gone."""
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Message:
    """One event of the log as it arrived; `id` is the cursor behind it."""

    id: str
    event: str
    data: dict[str, Any]


class Reader:
    """Turns bytes, cut anywhere, into messages."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, piece: bytes) -> Iterator[Message]:
        """The messages that this piece completes."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            message = self._take(line.removesuffix(b"\r").decode())
            if message is not None:
                yield message

    def _take(self, line: str) -> Message | None:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data" and "data" in self._fields:
                value = f"{self._fields['data']}\n{value}"
            self._fields[name] = value
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        data = json.loads(fields["data"])
        return Message(fields.get("id", ""), fields.get("event", "message"), data)


async def messages(client: Client, task_id: str, cursor: str) -> AsyncGenerator[Message, None]:
    """Every event of a task behind `cursor`, each once, until the task has ended."""
    breaks = 0
    while True:
        try:
            async with client.watch(task_id, cursor) as answer:
                if answer.status == 204:
                    return
                reader = Reader()
                async for piece in answer.content.iter_any():
                    for message in reader.feed(piece):
                        breaks = 0
                        cursor = message.id or str(message.data.get("cursor", cursor))
                        yield message
        except (aiohttp.ClientError, TimeoutError):
            pass
        except Refused as refused:
            if refused.status not in (429, 503):
                raise
        breaks += 1
        if breaks > _BREAKS:
            raise Trouble(f"The server is gone; {task_id} goes on there without us.")
        await asyncio.sleep(min(_LONGEST_PAUSE, 0.05 * 2**breaks))
