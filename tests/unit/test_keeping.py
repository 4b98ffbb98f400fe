"""Kept answers: asked for once, anew only so often, and never by everybody at once."""

import asyncio
from contextlib import nullcontext

import pytest

from gesso.infra.http import HttpError, NoAnswer
from gesso.providers import Answer, Call
from gesso.providers.keeping import FRESH, Keeping

KEYS = Call("GET", "https://example.org/keys", keep=3600)
ANEW = Call("GET", "https://example.org/keys", keep=3600, fresh=True)


class Server:
    """Answers with a number that rises, or not at all."""

    def __init__(self) -> None:
        self.now, self.asked = 1000.0, 0
        self.status: int | None = 200
        self.keeping = Keeping(lambda: self.now)

    async def answer(self, _call: Call) -> Answer:
        self.asked += 1
        await asyncio.sleep(0)
        if self.status is None:
            raise NoAnswer("silence")
        return Answer(self.status, {}, str(self.asked).encode())

    async def ask(self, call: Call) -> bytes:
        return (await self.keeping.ask(call, self.answer)).body


async def test_a_good_answer_is_kept_as_long_as_was_said() -> None:
    server = Server()
    assert set(await asyncio.gather(*[server.ask(KEYS) for _ in range(20)])) == {b"1"}
    server.now += 3599
    assert await server.ask(KEYS) == b"1"
    server.now += 2
    assert await server.ask(KEYS) == b"2"


async def test_one_that_was_no_good_is_asked_for_anew_once_a_minute() -> None:
    server = Server()
    await server.ask(KEYS)
    assert {await server.ask(ANEW) for _ in range(100)} == {b"1"}
    server.now += FRESH
    assert {await server.ask(ANEW) for _ in range(100)} == {b"2"}
    assert server.asked == 2


@pytest.mark.parametrize("status", [None, 500, 401])
async def test_failures_are_not_repeated_at_once_and_hide_no_good_answer(
    status: int | None,
) -> None:
    server = Server()
    server.status = status
    for _ in range(10):
        with pytest.raises(HttpError) if status is None else nullcontext():
            assert await server.ask(KEYS) == b"1"  # a refusal is the asker's to judge
    assert server.asked == 1
    server.now += 5
    server.status = 200
    assert await server.ask(KEYS) == b"2"
    server.now += FRESH
    server.status = status
    assert {await server.ask(ANEW) for _ in range(10)} == {b"2"}
    assert server.asked == 3


async def test_what_differs_in_a_header_is_another_question() -> None:
    server = Server()
    answers = [
        await server.ask(Call("GET", KEYS.url, headers={"authorization": key}, keep=60))
        for key in ("one", "two", "one")
    ]
    assert answers == [b"1", b"2", b"1"]
