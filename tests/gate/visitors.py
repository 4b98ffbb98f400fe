"""Visitors: whoever comes to the gate, from wherever."""

import itertools
from collections.abc import Mapping
from typing import Any, Final

from tests.house.person import Reply
from tests.house.world import Home

LIMITS: Final[Mapping[str, Any]] = {
    "ip": "60/hour burst 5",
    "media": "60/hour burst 2",
    "signin": "60/hour burst 2",
    "user": "600/hour burst 12",
    "key": "600/hour burst 8",
    "submits": "60/hour burst 4",
    "operations": {"sketch": "60/hour burst 1"},
    "streams_per_ip": 2,
}
_addresses = (f"198.51.{number >> 8}.{number & 255}" for number in itertools.count(1))


def new_address() -> str:
    """An address from which nobody has come yet."""
    return next(_addresses)


async def visit(home: Home, path: str, *, method: str = "GET", **headers: str) -> Reply:
    """A stranger's request; headers are named with underscores."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with home.web.request(method, path, headers=sent) as answer:
        content = await answer.read()
        is_json = answer.content_type.endswith("json") and content
        body = await answer.json() if is_json else None
        return Reply(answer.status, answer.headers, content, body)
