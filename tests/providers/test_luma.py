"""Luma: generations, which tell little."""

from typing import Any

import pytest

from gesso.providers import Delivered, Failed, NotCancelled, Piece, Refused, Working
from gesso.providers.luma import Luma
from gesso.simulators import Fate, Made
from gesso.simulators.luma import LumaSimulator
from tests.providers.flows import HOOK, PRIVATE, answer, carried, first, order, push, ticket

FILM = "video/ray-2"


def polled(**body: Any) -> Any:
    return carried(Luma().poll(ticket(FILM)), answer(200, {"id": "1", **body}))[0]


@pytest.mark.parametrize("where", ["video", "image", "video/modify", "image/reframe"])
def test_each_kind_has_its_endpoint(where: str) -> None:
    call = first(Luma().submit(order(f"{where}/ray-2", {"prompt": "an owl"})))
    assert (call.method, call.url) == ("POST", f"https://api.example/generations/{where}")
    assert call.json == {"model": "ray-2", "prompt": "an owl", "callback_url": HOOK}


def test_states_are_read() -> None:
    assert polled(state="queued") == Working()
    assert polled(state="dreaming", assets=None) == Working()
    film, picture = "https://a.example/1.mp4", "https://a.example/1.jpg"
    told = {"video": film, "image": picture}
    assert polled(state="completed", assets=told) == Delivered((Piece(url=film),))
    assert polled(state="completed", assets={"image": picture}) == Delivered((Piece(url=picture),))


def test_a_failure_may_have_cost_something_and_is_not_tried_again() -> None:
    assert polled(state="failed", failure_reason="No.") == Failed("provider_error", "No.")
    assert polled(state="failed") == Failed("provider_error", "Luma could not make it.")


def test_what_it_says_of_a_refusal_is_passed_on_if_it_can_be_read() -> None:
    verdict, _ = carried(Luma().submit(order(FILM)), answer(400, {"detail": "Too\x00 long"}))
    assert verdict == Refused("invalid_input", "Too long")
    verdict, _ = carried(Luma().submit(order(FILM)), answer(400, {"detail": [{"loc": 1}]}))
    assert verdict == Refused("invalid_input", "Luma refused it (status 400).")


def test_it_takes_links_only() -> None:
    call = first(Luma().submit(order(FILM, {"a": PRIVATE}, image=PRIVATE, path="/p.png")))
    assert isinstance(call.json, dict)
    assert call.json["a"] == PRIVATE


def test_nothing_is_stopped() -> None:
    assert carried(Luma().cancel(ticket(FILM))) == (NotCancelled(), [])


async def test_the_simulated_push_is_read() -> None:
    async with LumaSimulator().open() as luma:
        job = Made("1", "video", "an owl", {"model": "ray-2"}, Fate(), 0)
        body, _ = luma.pushed(job)
        told = push(None)
        news = Luma().read_push(type(told)({}, body, 0.0, told.credential))
        assert news.provider_job_id == "1"
