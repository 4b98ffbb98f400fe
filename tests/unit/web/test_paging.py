"""Lists: bounded pages, and cursors that only we can make sense of."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.infra.web import InvalidCursor, Page, PageDep, PageRequest, new_router
from gesso.kit.cursor import encode_cursor
from tests.unit.web.serving import build, problem_of, serve

router = new_router("thing")
NUMBERS = range(7)


@router.get("/numbers")
async def list_numbers(page: PageDep) -> Page[int]:
    (begin,) = page.after(int) or (-1,)
    found = [number for number in NUMBERS if number > begin][: page.limit + 1]
    items, cursor = page.cut(found, lambda number: (number,))
    return Page(items=list(items), next_cursor=cursor)


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
async def test_walking_the_pages_meets_everything_once(limit: int) -> None:
    met: list[int] = []
    query: dict[str, Any] = {"limit": limit}
    async with serve(build(router)) as client:
        while True:
            async with client.get("/api/v1/numbers", params=query) as response:
                body = await response.json()
            assert len(body["items"]) <= limit
            met += body["items"]
            if body["next_cursor"] is None:
                break
            query["cursor"] = body["next_cursor"]
    assert met == list(NUMBERS)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", ""])
async def test_a_page_has_one_to_a_hundred_items(limit: str) -> None:
    query = {"limit": limit}
    async with (
        serve(build(router)) as client,
        client.get("/api/v1/numbers", params=query) as response,
    ):
        body = await problem_of(response)
    assert (response.status, body["code"]) == (422, "invalid_request")
    assert [each["parameter"] for each in body["errors"]] == ["limit"]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "ä", "W10", encode_cursor("a"), encode_cursor(1, 2), encode_cursor(2**63), "bnVsbA"],
)
async def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    query = {"cursor": cursor}
    async with (
        serve(build(router)) as client,
        client.get("/api/v1/numbers", params=query) as response,
    ):
        body = await problem_of(response)
    assert (response.status, body["code"]) == (422, "bad_cursor")


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.uuids(),
    st.datetimes(timezones=st.just(UTC)),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)
def test_a_cursor_gives_back_the_key_of_the_last_row(
    number: int, id: UUID, at: datetime, name: str
) -> None:
    key = (number, id, at, name)
    _, cursor = PageRequest(1, None).cut([key, key], lambda row: row)
    assert PageRequest(1, cursor).after(int, UUID, datetime, str) == key


@pytest.mark.parametrize(
    ("stored", "kind"),
    [("x", UUID), ("x", datetime), ("2026-01-01T00:00:00", datetime), ("\0", str), ("\ud800", str)],
)
def test_a_forged_cursor_never_reaches_the_database(stored: str, kind: type) -> None:
    with pytest.raises(InvalidCursor):
        PageRequest(1, encode_cursor(stored)).after(kind)
