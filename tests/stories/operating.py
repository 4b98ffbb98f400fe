"""What operators may do, and what one does with registered functions in a story."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.house.person import Person

ENDS = ("completed", "failed", "cancelled")
STAFF = {"operator", "admin"}
"""The scopes with which somebody changes what is not their own."""


def scopes_of(operation: dict[str, Any]) -> set[str]:
    """What a key must open for this operation, as the document says."""
    ways = operation.get("security", [])
    return {scope for way in ways for scopes in way.values() for scope in scopes}


async def ask(operator: Person, function: str, **wish: Any) -> dict[str, Any]:
    """A run that was taken in; arguments go under `arguments`."""
    reply = await operator.ask("POST", "/registry/runs", {"function": function, **wish})
    assert reply.status == 202, reply
    assert reply.headers["Location"] == f"/api/v1/registry/runs/{reply.body['id']}"
    return dict(reply.body)


async def see(
    operator: Person, run: dict[str, Any], condition: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The run once it is so."""
    async with asyncio.timeout(30):
        while True:
            seen = (await operator.ask("GET", f"/registry/runs/{run['id']}")).body
            if condition(seen):
                return dict(seen)
            await asyncio.sleep(0.02)


async def ended(operator: Person, run: dict[str, Any]) -> dict[str, Any]:
    """The run once it has ended."""
    return await see(operator, run, lambda seen: seen["status"] in ENDS)


async def outcome(operator: Person, function: str, **arguments: Any) -> tuple[Any, ...]:
    """How a run ends: status, attempt, and its result or the code of its error."""
    seen = await ended(operator, await ask(operator, function, arguments=arguments))
    error = seen["error"] and seen["error"]["code"]
    return seen["status"], seen["attempt"], seen["result"] if error is None else error
