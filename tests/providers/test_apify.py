"""Apify: how runs are started and read, and what may be odd about their rows."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio

from gesso.providers import (
    Accepted,
    Cancelled,
    Credential,
    Delivered,
    Failed,
    Hint,
    News,
    NotCancelled,
    Push,
    Refused,
    Unsure,
    Working,
)
from gesso.providers.apify import Apify, told
from gesso.simulators import Fate
from gesso.simulators.apify import COST, ApifySimulator
from tests.house.world import Ground
from tests.providers.by_hand import answer, order, play, ticket
from tests.providers.case_apify import CASES
from tests.providers.conftest import Trade, trading

stories = pytest.mark.asyncio(loop_scope="session")
CREDENTIAL = Credential("test", "https://api.apify.com", {"key": "secret"})
RUN = {"id": "run-1", "status": "SUCCEEDED", "defaultDatasetId": "set-1", "usageTotalUsd": 0.0125}


def test_a_run_is_started_with_a_webhook_of_its_own() -> None:
    given = {"search": ["owls"], "?": {"maxItems": 3, "memory": 512}, "=": {"title": "text"}}
    (call,), verdict = play(
        Apify().submit(order(CREDENTIAL, given, model="some/one~posts")),
        [answer(201, {"data": {"id": "run-1"}})],
    )
    address, query = urlsplit(call.url), parse_qs(urlsplit(call.url).query)
    assert address.path == "/v2/actors/some%2Fone~posts/runs"
    assert call.headers["Authorization"] == "Bearer secret"
    assert call.json == {"search": ["owls"]}
    assert (query["maxItems"], query["memory"]) == (["3"], ["512"])
    (hook,) = json.loads(b64decode(query["webhooks"][0]))
    assert hook["requestUrl"] == "https://gesso.example/hooks/x"
    assert "ACTOR.RUN.TIMED_OUT" in hook["eventTypes"]
    assert verdict == Accepted("run-1", 15.0)


@pytest.mark.parametrize(
    ("status", "kind", "code", "again"),
    [
        (400, "invalid-input", "invalid_input", False),
        (401, "token-not-valid", "key_refused", True),
        (402, "actor-memory-limit-exceeded", "rate_limited", True),
        (402, "not-enough-usage-to-run-paid-actor", "quota_exhausted", True),
        (403, "concurrent-runs-limit-exceeded", "rate_limited", True),
        (404, "record-not-found", "unknown_model", False),
        (429, "rate-limit-exceeded", "rate_limited", True),
    ],
)
def test_a_refusal_is_read(status: int, kind: str, code: str, *, again: bool) -> None:
    said = answer(status, {"error": {"type": kind, "message": "No."}})
    _, verdict = play(Apify().submit(order(CREDENTIAL, {})), [said])
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.again, verdict.message) == (code, again, "No.")


@pytest.mark.parametrize("said", [answer(502), answer(201, {"data": None}), answer(201)])
def test_what_may_have_started_a_run_is_no_refusal(said: object) -> None:
    with pytest.raises(Unsure):
        play(Apify().submit(order(CREDENTIAL, {})), [said])  # type: ignore[list-item]


def test_rows_are_read_page_by_page_up_to_what_was_wanted() -> None:
    pages = [
        answer(200, [{"n": n} for n in range(200)], X_Apify_Pagination_Total="999"),
        answer(200, [{"n": n} for n in range(200, 350)], X_Apify_Pagination_Total="999"),
    ]
    calls, verdict = play(
        Apify().poll(ticket(CREDENTIAL, given={"?": {"maxItems": 350}, "=": {"n": "no|n"}})),
        [answer(200, {"data": RUN}), *pages],
    )
    asked = [parse_qs(urlsplit(call.url).query) for call in calls[1:]]
    assert [(each["offset"], each["limit"]) for each in asked] == [
        (["0"], ["200"]),
        (["200"], ["150"]),
    ]
    assert isinstance(verdict, Delivered)
    assert verdict.value == {"rows": [{"n": n} for n in range(350)], "total": 999}
    assert (verdict.cost, verdict.usage) == (12_500, {"rows": 350})


def test_a_page_that_comes_empty_ends_it() -> None:
    said = [
        answer(200, {"data": RUN}),
        answer(200, [{}], x_apify_pagination_total="5"),
        answer(200, [], x_apify_pagination_total="5"),
    ]
    _, verdict = play(Apify().poll(ticket(CREDENTIAL, given={"?": {"maxItems": 10}})), said)
    assert verdict.value == {"rows": [{}], "total": 1}


@pytest.mark.parametrize(
    "page", [answer(200, {"rows": []}), answer(200, [{}]), answer(503), answer(200)]
)
def test_a_page_that_is_none_is_read_another_time(page: object) -> None:
    with pytest.raises(Unsure):
        play(
            Apify().poll(ticket(CREDENTIAL, given={"?": {"maxItems": 10}})),
            [answer(200, {"data": RUN}), page],  # type: ignore[list-item]
        )


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("READY", Working),
        ("RUNNING", Working),
        ("TIMING-OUT", Working),
        ("ABORTING", Working),
        ("FAILED", Failed),
        ("TIMED-OUT", Failed),
        ("ABORTED", Failed),
    ],
)
def test_every_status_is_known(status: str, verdict: type) -> None:
    said = answer(200, {"data": {**RUN, "status": status}})
    _, found = play(Apify().poll(ticket(CREDENTIAL)), [said])
    assert isinstance(found, verdict)
    if isinstance(found, Failed):
        assert (found.cost, found.again) == (12_500, False), "what it has used up is billed"


def test_a_run_that_has_ended_cannot_be_stopped() -> None:
    for status, verdict in (("ABORTING", Cancelled(12_500)), ("SUCCEEDED", NotCancelled())):
        said = answer(200, {"data": {**RUN, "status": status}})
        _, found = play(Apify().cancel(ticket(CREDENTIAL)), [said])
        assert found == verdict


def test_a_webhook_is_a_hint_and_names_its_run() -> None:
    body = json.dumps({"eventData": {"actorId": "a", "actorRunId": "run-1"}}).encode()
    push = Push({}, body, 0.0, CREDENTIAL)
    assert play(Apify().verify_push(push), []) == ([], Hint())
    assert Apify().read_push(push) == News("run-1")
    for nonsense in (b"", b"[]", b'{"eventData": 1}', b"\xff"):
        with pytest.raises(ValueError, match=r"."):
            Apify().read_push(Push({}, nonsense, 0.0, CREDENTIAL))


def test_rows_are_told_in_other_words() -> None:
    words = {"title": "caption|text", "author": "by.name|by", "views": "stats.plays"}
    assert told({"text": "An owl", "by": "anna"}, words) == {"title": "An owl", "author": "anna"}
    assert told({"by": {"name": "anna"}, "stats": {"plays": 0}}, words) == {
        "author": "anna",
        "views": 0,
    }
    assert told("no row", words) == {}


@pytest_asyncio.fixture(loop_scope="session")
async def trade(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Trade]:
    """A house that scrapes."""
    async with trading(CASES[0], Ground(sqlite_url), tmp_path) as trade:
        yield trade


@stories
async def test_posts_are_found_ranked_and_paid_by_the_thousand(trade: Trade) -> None:
    assert isinstance(trade.simulator, ApifySimulator)
    trade.simulator.odd = 3
    anna = await trade.home.person()
    done = await anna.wait(await trade.order(anna, "owls", hashtags=["#owl"], limit=230))
    assert (done["status"], done["cost"]["charged"]) == ("completed", "9.2"), done
    result = done["result"]
    assert (len(result["rows"]), result["dropped"], result["total"]) == (227, 3, 230)
    assert result["rows"][0] == {
        "title": "owl 229",
        "url": result["rows"][0]["url"],
        "author": "author-5",
        "published_at": "2026-11-10T12:00:00Z",
        "views": 230_000,
        "likes": 2300,
        "comments": 229,
        "shares": 114,
        "hashtags": ["simulated", "owl"],
    }
    (run,) = trade.simulator.of("owl")
    assert run.asked["input"] == {"searchQueries": ["owls"], "hashtags": ["owl"]}
    assert trade.simulator.bill("owl") == COST


@stories
async def test_nothing_found_is_not_charged(trade: Trade) -> None:
    assert isinstance(trade.simulator, ApifySimulator)
    trade.simulator.odd = 50
    anna = await trade.home.person()
    ended = await anna.wait(await trade.order(anna, "silence", limit=50))
    assert (ended["status"], ended["error"]["code"]) == ("failed", "nothing_found"), ended
    assert ended["cost"]["charged"] == "0"


@stories
async def test_a_run_that_failed_is_a_loss_of_ours(trade: Trade) -> None:
    anna = await trade.home.person()
    trade.simulator.plan("broken", Fate(fails="TIMED-OUT"))
    ended = await anna.wait(await trade.order(anna, "broken"))
    assert (ended["status"], ended["error"]["code"]) == ("failed", "timed_out"), ended


@stories
@pytest.mark.parametrize(
    "wrong",
    [
        {"query": "", "hashtags": []},
        {"limit": 0},
        {"limit": 501},
        {"platform": "elsewhere"},
        {"hashtags": ["two words"]},
        {"region": "germany"},
        {"query": "x" * 201},
        {"limit": "50"},
    ],
    ids=str,
)
async def test_an_order_that_makes_no_sense_is_refused(
    trade: Trade, wrong: dict[str, object]
) -> None:
    anna = await trade.home.person()
    order = {"type": "scrape_trends", "platform": "tiktok", "query": "owls", **wrong}
    reply = await anna.ask("POST", "/tasks", order)
    assert reply.status == 422, reply
    assert reply.code
