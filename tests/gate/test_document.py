"""What the document promises of limits, and of requests that are made twice."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")

MONEY: Final = re.compile(
    r"/(tasks|retry|runs|payments|top-?ups?|refunds?|grants?|redeem|charges?)$"
)
"""How the path of a POST ends that charges, pays, or asks for work that costs."""
KEYLESS: Final[dict[str, str]] = {
    "/api/v1/payments/events/{event_id}/retry": "a report is applied once, however often asked for",
}
"""Such paths that need no key all the same, and why a second request changes nothing."""


def posts(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        if "post" in operations:
            yield path, operations["post"]


def takes_key(operation: dict[str, Any]) -> bool:
    named = {(each["in"], each["name"]) for each in operation.get("parameters", ())}
    return ("header", "Idempotency-Key") in named


async def test_whatever_charges_can_be_repeated_safely(gated: Home) -> None:
    async with gated.web.get("/openapi.json") as answer:
        document = await answer.json()
    charging = {
        path: operation
        for path, operation in posts(document)
        if "402" in operation["responses"] or MONEY.search(path)
    }
    assert {"/api/v1/tasks", "/api/v1/tasks/{task_id}/retry"} <= set(charging)
    without = {path for path, operation in charging.items() if not takes_key(operation)}
    assert without == set(KEYLESS)


async def test_every_operation_tells_how_it_refuses_who_comes_too_often(gated: Home) -> None:
    async with gated.web.get("/openapi.json") as answer:
        document = await answer.json()
    for operations in document["paths"].values():
        for operation in operations.values():
            refusal = operation["responses"]["429"]
            assert {"Retry-After", "RateLimit", "RateLimit-Policy"} <= set(refusal["headers"])
