"""A partner's server comes in by itself, orders a picture from its own wallet, and is shut out."""

import asyncio
from typing import Any

import pytest

from gesso.kit.ids import parse_id
from tests.house.person import Person
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def token(home: Home, client: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    form = {
        "grant_type": "client_credentials",
        "client_id": client["id"],
        "client_secret": client["client_secret"],
    }
    async with home.web.post("/oauth/token", data=form) as answer:
        return answer.status, dict(await answer.json())


async def test_a_program_orders_pays_and_is_shut_out(home: Home) -> None:
    admin = await home.person(0, "admin")
    wanted = {"name": "a partner", "scopes": ["tasks:read", "tasks:write", "wallet:read"]}
    made = await admin.ask("POST", "/clients", wanted)
    assert made.status == 201, made
    status, granted = await token(home, made.body)
    assert (status, granted["token_type"]) == (200, "Bearer")
    user_id = parse_id("user", made.body["user_id"])
    assert user_id is not None
    program = Person(home.web, granted["access_token"], user_id)
    door = "a door that opens by itself"
    poor = await program.ask("POST", "/tasks", {"type": "text_to_image", "prompt": door})
    assert (poor.status, poor.code) == (402, "insufficient_credits")
    await home.grant(program, 10)
    task = await program.wait(await program.submit("text_to_image", prompt=door))
    assert task["status"] == "completed"
    assert (await admin.ask("GET", f"/tasks/{task['id']}")).status == 404
    denied = await program.ask("GET", "/clients")
    assert (denied.status, denied.code) == (403, "missing_scope")
    async with home.web.get("/.well-known/jwks.json") as answer:
        assert len((await answer.json())["keys"]) >= 1
    assert (await admin.ask("DELETE", f"/clients/{made.body['id']}")).status == 204
    async with asyncio.timeout(3):
        while (await program.ask("GET", "/me")).status != 401:  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.05)
    assert (await token(home, made.body))[0] == 401
    await home.inspect()
