"""What the pages remember for somebody has a shape; what others remember is theirs."""

from typing import Any

import pytest

from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_was_put_is_what_is_there(home: Home) -> None:
    anna, bea = await home.person(), await home.person()
    assert (await anna.ask("GET", "/me/preferences")).body["preferences"] == {}
    kept = {
        "gesso": {
            "theme": "dark",
            "language": "zh",
            "shortcuts": {"task.retry": "R", "like": None},
        },
        "somebodys.app": {"columns": [1, None, {"deep": "er"}]},
    }
    put = await anna.ask("PUT", "/me/preferences", {"preferences": kept, "rev": 0})
    assert (put.status, put.body["preferences"], put.body["rev"]) == (200, kept, 1)
    assert (await anna.ask("GET", "/me/preferences")).body["preferences"] == kept
    assert (await bea.ask("GET", "/me/preferences")).body["preferences"] == {}
    late = await anna.ask("PUT", "/me/preferences", {"preferences": {}, "rev": 0})
    assert (late.status, late.code) == (409, "rev_mismatch")


@pytest.mark.parametrize(
    "gesso",
    [
        {"theme": "mauve"},
        {"language": "tlh"},
        {"color": "red"},
        {"single_keys": "perhaps"},
        {"shortcuts": {"Not A Name": "x"}},
        {"shortcuts": {"like": "x" * 21}},
        {"shortcuts": {f"a{n}": "x" for n in range(61)}},
        "dark",
    ],
)
async def test_what_our_pages_could_not_read_is_refused(home: Home, gesso: Any) -> None:
    anna = await home.person()
    reply = await anna.ask("PUT", "/me/preferences", {"preferences": {"gesso": gesso}})
    assert (reply.status, reply.code) == (422, "invalid_request")
    assert reply.body["errors"][0]["pointer"].startswith("#/preferences/gesso")


async def test_a_page_does_not_remember_without_end(home: Home) -> None:
    anna = await home.person()
    reply = await anna.ask("PUT", "/me/preferences", {"preferences": {"app": "x" * 20_000}})
    assert (reply.status, reply.code) == (422, "preferences_too_large")
