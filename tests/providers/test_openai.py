"""OpenAI: how its answers are read, and how pictures are brought to it."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gesso.infra.http import Http
from gesso.infra.pool import Pool
from gesso.providers import (
    Answer,
    Call,
    Credential,
    Delivered,
    Failed,
    Refused,
    Source,
    Submission,
    Unsure,
)
from gesso.providers.driver import Driver
from gesso.providers.openai import OpenAI
from gesso.simulators import Fate
from gesso.simulators.openai import OpenAI as Simulated
from gesso.simulators.samples import sample

RATES = {"input": 5, "output": 40}


def _order(root: str = "https://openai.invalid", key: str = "k", **more: Any) -> Submission:
    return Submission(
        **{
            "ref": uuid4(),
            "model": "gpt-image-2",
            "input": {"prompt": "an owl", "rates": RATES},
            "sources": {},
            "callback_url": "",
            "scratch": "",
            "credential": Credential("c", root, {"key": key}),
            **more,
        }
    )


def _read(status: int, told: object, headers: Mapping[str, str] | None = None) -> object:
    """What an answer is taken for."""
    flow = OpenAI().submit(_order())
    next(flow)
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    try:
        flow.send(Answer(status, headers or {}, body))
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it wants something else")


def _error(code: str | None, message: str = "It is refused.") -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": code}}


def _ask(**more: Any) -> Call:
    call = next(OpenAI().submit(_order(**more)))
    assert isinstance(call, Call)
    return call


def test_our_rates_do_not_travel_and_patience_is_long() -> None:
    call = _ask()
    assert call.json == {"prompt": "an owl", "model": "gpt-image-2"}
    assert call.silence >= 600
    assert call.total >= 600
    assert call.headers["Authorization"] == "Bearer k"


def test_tokens_become_a_cost() -> None:
    told = {
        "data": [{"b64_json": b64encode(b"picture").decode()}],
        "usage": {"input_tokens": 100, "output_tokens": 2000, "total_tokens": 2100},
    }
    found = _read(200, told)
    assert isinstance(found, Delivered)
    assert [piece.data for piece in found.pieces] == [b"picture"]
    assert found.cost == 100 * 5 + 2000 * 40
    assert found.usage == {"input_tokens": 100, "output_tokens": 2000}


@pytest.mark.parametrize("usage", [None, [], {}, {"input_tokens": -1, "output_tokens": True}])
def test_without_usage_the_catalogue_knows_the_cost(usage: object) -> None:
    found = _read(200, {"data": [{"b64_json": ""}], "usage": usage})
    assert isinstance(found, Delivered)
    assert (found.cost, found.usage) == (None, {})


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        [],
        {},
        {"data": None},
        {"data": []},
        {"data": ["x", {"url": "https://example.org/x.png"}, {"b64_json": None}]},
        {"data": [{"b64_json": "not base64!"}]},
        {"data": [{"b64_json": "ü"}]},
    ],
)
def test_an_answer_without_its_picture_was_billed_perhaps(told: object) -> None:
    with pytest.raises(Unsure):
        _read(200, told)


@pytest.mark.parametrize(
    ("status", "code", "wanted", "again"),
    [
        (400, "moderation_blocked", "content_policy", False),
        (400, "invalid_value", "invalid_input", False),
        (400, None, "invalid_input", False),
        (400, "billing_hard_limit_reached", "quota_exhausted", True),
        (401, "invalid_api_key", "key_refused", True),
        (403, None, "key_refused", True),
        (404, "model_not_found", "unknown_model", False),
        (429, "rate_limit_exceeded", "rate_limited", True),
        (429, "insufficient_quota", "quota_exhausted", True),
    ],
)
def test_refusals_are_called_by_their_names(
    status: int, code: str | None, wanted: str, *, again: bool
) -> None:
    found = _read(status, _error(code, "You sent sk-123."))
    assert isinstance(found, Refused)
    assert (found.code, found.again) == (wanted, again)
    assert wanted not in {"key_refused", "quota_exhausted"} or "sk-" not in found.message


@pytest.mark.parametrize("told", [b"", b"<html>", [], {"error": "busy"}, {"error": {"code": 7}}])
def test_a_refusal_in_no_form_is_one_all_the_same(told: object) -> None:
    found = _read(429, told, {"retry-after-ms": "1500"})
    assert isinstance(found, Refused)
    assert (found.code, found.after) == ("rate_limited", 1.5)


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_behind_a_gateway_nobody_knows(status: int) -> None:
    with pytest.raises(Unsure):
        _read(status, _error(None))


@pytest.fixture
async def simulated() -> AsyncIterator[Simulated]:
    async with Simulated().open() as simulator:
        yield simulator


async def _carry(simulated: Simulated, order: Submission) -> Delivered | Refused | Failed:
    async with Http() as http:
        driver = Driver(http, Pool(1), roots={"openai": [simulated.url]})
        trip = driver.traffic.trip("openai", "submit")
        return await driver.carry(OpenAI().submit(order), trip=trip)


def _source(folder: Path, name: str) -> Source:
    file = folder / name
    file.write_bytes(sample("image"))
    return Source("https://here.invalid/x", str(file), "image/png")


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["image"], {"image"}),
        (["image", "mask"], {"image", "mask"}),
        (["image", "style"], {"image[]"}),
    ],
)
async def test_pictures_travel_in_a_form(
    simulated: Simulated, tmp_path: Path, names: list[str], fields: set[str]
) -> None:
    words = {"prompt": "a hat on it", "n": 2, "rates": RATES, "image": "https://here.invalid/x"}
    order = _order(
        simulated.url,
        simulated.secrets["key"],
        input=words,
        sources={name: _source(tmp_path, name) for name in names},
    )
    found = await _carry(simulated, order)
    assert isinstance(found, Delivered), found
    assert len(found.pieces) == 2
    [job] = simulated.of("a hat on it")
    assert found.cost == job.billed
    assert job.asked.keys() == {"model", "prompt", "n"} | fields
    pictures = [each for name in fields for each in _as_list(job.asked[name])]
    assert pictures == [sample("image")] * len(names)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


async def test_a_picture_that_takes_its_time_is_waited_for(simulated: Simulated) -> None:
    simulated.plan("an owl", Fate(seconds=1.0))
    found = await _carry(simulated, _order(simulated.url, simulated.secrets["key"]))
    assert isinstance(found, Delivered), found


async def test_a_lost_answer_is_not_asked_for_again(simulated: Simulated) -> None:
    simulated.plan("an owl", Fate(loses_answer=True))
    with pytest.raises(Unsure):
        await _carry(simulated, _order(simulated.url, simulated.secrets["key"]))
    assert len(simulated.of("an owl")) == 1


async def test_a_wrong_key_is_told_without_quoting_it(simulated: Simulated) -> None:
    found = await _carry(simulated, _order(simulated.url, "sk-wrong"))
    assert isinstance(found, Refused)
    assert (found.code, "sk-" in found.message) == ("key_refused", False)
