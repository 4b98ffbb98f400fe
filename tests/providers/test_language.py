"""Questions to language models over the wire: what is asked, delivered and paid."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from gesso.providers.gemini import Gemini
from gesso.simulators import Fate, Simulator
from gesso.simulators.anthropic import Anthropic as AnthropicSimulator
from gesso.simulators.gemini import Gemini as GeminiSimulator
from gesso.simulators.samples import sample
from tests.house.world import Ground, Home, open_home
from tests.providers.case_anthropic import CASES as ANTHROPIC
from tests.providers.case_gemini import CASES as GEMINI
from tests.providers.conftest import Trade, trading

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", params=["sqlite", "postgres"])
async def judge(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trade]:
    """A house that has things judged by Anthropic, on each kind of database."""
    ground = Ground(request.getfixturevalue(f"{request.param}_url"))
    async with trading(ANTHROPIC[0], ground, tmp_path) as trade:
        yield trade


async def test_a_typed_result_is_shown_paid_once_and_no_asset(judge: Trade) -> None:
    anna = await judge.home.person()
    done = await anna.wait(await judge.order(anna, "is this fine?"))
    (output,) = done["outputs"]
    assert (output["kind"], output["asset_id"], output["url"]) == ("value", None, None)
    assert done["result"] == output["value"]
    assert set(done["result"]) == {"verdict", "findings", "summary"}
    assert done["cost"] == {"held": "2", "charged": "2", "released": "0"}
    (job,) = await anna.jobs(done)
    assert [each["usage"] for each in job["attempts"]] == [
        {"input_tokens": 1200, "output_tokens": 300}
    ]
    operations = (await anna.ask("GET", "/operations")).body["items"]
    schemas = {each["type"]: each["result_schema"] for each in operations}
    assert set(schemas["moderate_content"]["properties"]) == set(done["result"])
    assert schemas["text_to_image"] is None


async def test_a_price_is_paid_once_however_many_models_were_asked(judge: Trade) -> None:
    anna = await judge.home.person()
    judge.simulator.plan("muddled", Fate(answer="no_json"), Fate(answer="truncated"))
    done = await anna.wait(await judge.order(anna, "muddled"))
    assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
    models = [job.asked["model"] for job in judge.simulator.of("muddled")]
    assert models == ["claude-haiku-5-5", "claude-haiku-5-5", "claude-opus-5-5"]
    (job,) = await anna.jobs(done)
    assert job["attempts"][0]["usage"] == {"input_tokens": 3600, "output_tokens": 900}


async def test_what_no_model_can_answer_is_our_loss(judge: Trade) -> None:
    anna = await judge.home.person()
    judge.simulator.plan("hopeless", *[Fate(answer="wrong_shape")] * 9)
    ended = await anna.wait(await judge.order(anna, "hopeless"))
    assert (ended["status"], ended["error"]["code"]) == ("failed", "invalid_output"), ended
    assert ended["cost"] == {"held": "2", "charged": "0", "released": "2"}
    assert len(judge.simulator.of("hopeless")) == 3
    assert await judge.home.losses(ended) == 2 * 2700 + 13_500


async def test_an_overloaded_provider_is_asked_again(judge: Trade) -> None:
    anna = await judge.home.person()
    judge.simulator.plan("rush", Fate(status=529, takes=False, retry_after=0))
    done = await anna.wait(await judge.order(anna, "rush"))
    assert done["status"] == "completed", done
    assert len(judge.simulator.of("rush")) == 1


async def test_a_picture_is_judged_with_its_words(judge: Trade) -> None:
    anna = await judge.home.person()
    picture = await anna.picture()
    done = await anna.wait(await judge.order(anna, "a square", image=picture))
    assert done["status"] == "completed", done
    (made,) = judge.simulator.of("a square")
    kinds = [block["type"] for block in made.asked["messages"][0]["content"]]
    assert kinds == ["image", "text"]


async def test_an_order_without_anything_to_judge_is_refused(judge: Trade) -> None:
    anna = await judge.home.person()
    empty = await anna.ask("POST", "/tasks", {"type": "moderate_content"})
    assert (empty.status, empty.code) == (422, "invalid_request")
    foreign = {"type": "moderate_content", "prompt": "x", "url": "file:///etc/passwd"}
    assert (await anna.ask("POST", "/tasks", foreign)).status == 422


@pytest_asyncio.fixture(loop_scope="session", params=["gemini", "anthropic"])
async def critic(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> AsyncIterator[Trade]:
    """A house that has films analysed, by one who takes films and by one who takes pictures."""
    base = GEMINI[0] if request.param == "gemini" else ANTHROPIC[0]
    model = {**base.model, "makes": "analyze_video"}
    case = replace(base, model=model, order={"type": "analyze_video"})
    async with trading(case, Ground(sqlite_url), tmp_path) as trade:
        yield trade


async def test_a_film_is_shown_whole_or_in_moments(critic: Trade) -> None:
    anna = await critic.home.person(credits=30)
    video = await anna.film()
    done = await anna.wait(await critic.order(anna, "why?", video=video), seconds=60)
    assert done["status"] == "completed", done
    assert set(done["result"]) >= {"hooks", "pacing", "elements", "why_it_spreads"}
    (made,) = critic.simulator.of("why?")
    if critic.case.adapter is Gemini:
        parts = made.asked["contents"][0]["parts"]
        assert parts[0]["inlineData"]["mimeType"] == "video/mp4"
    else:
        content = made.asked["messages"][0]["content"]
        assert [block["type"] for block in content].count("image") > 1


async def test_a_film_that_cannot_be_fetched_costs_nothing(critic: Trade) -> None:
    anna = await critic.home.person()
    ended = await anna.wait(await critic.order(anna, "lost film", url="http://127.0.0.1:9/a.mp4"))
    assert (ended["status"], ended["error"]["code"]) == ("failed", "source_unreachable"), ended
    assert ended["cost"]["charged"] == "0"
    assert critic.simulator.of("lost film") == []


async def test_a_picture_is_no_film(critic: Trade) -> None:
    anna = await critic.home.person()
    wrong = {"type": "analyze_video", "video": await anna.picture()}
    refused = await anna.ask("POST", "/tasks", wrong)
    assert (refused.status, refused.code) == (422, "wrong_asset_kind")


Vendors = tuple[Home, Mapping[str, Simulator]]
MODELS = {
    "standard": {"anthropic": "claude-haiku-5-5", "gemini": "gemini-3.1-flash-lite"},
    "high": {"anthropic": "claude-sonnet-5-5", "gemini": "gemini-3.8-flash"},
}
"""Whom a tier leads to, by vendor."""


@pytest_asyncio.fixture(loop_scope="session")
async def vendors(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Vendors]:
    """A house as it comes out of the box, with a key of either vendor."""
    async with AnthropicSimulator().open() as anthropic, GeminiSimulator().open() as gemini:
        both: Mapping[str, Simulator] = {"anthropic": anthropic, "gemini": gemini}
        told = {name: {"root": s.url, "secrets": dict(s.secrets)} for name, s in both.items()}
        as_listed = {"explore": 0.0, "speed": 0.0, "thrift": 0.0}
        async with open_home(
            Ground(sqlite_url), tmp_path, providers=told, outbound={}, routing=as_listed
        ) as home:
            yield home, both
            await home.inspect()


@pytest.mark.parametrize(
    ("kind", "refusing", "answering"),
    [("write_seo", "anthropic", "gemini"), ("analyze_video", "gemini", "anthropic")],
    ids=["anthropic", "gemini"],
)
@pytest.mark.parametrize("tier", MODELS)
async def test_where_one_vendor_refuses_the_other_answers_at_the_quoted_price(
    vendors: Vendors, kind: str, refusing: str, answering: str, tier: str
) -> None:
    home, both = vendors
    anna = await home.person(credits=50)
    order = {"type": kind, "tier": tier, "prompt": "an owl"}
    if kind == "analyze_video":
        sent = await anna.ask("POST", "/assets", data=sample("video"))
        order["video"] = sent.body["id"]
    quoted = (await anna.ask("POST", "/tasks/estimate", order)).body["held"]
    both[refusing].plan("an owl", *[Fate(status=429, takes=False, retry_after=30)] * 9)
    done = await anna.make(**order)
    assert (done["status"], done["cost"]["charged"]) == ("completed", quoted), done
    (job,) = await anna.jobs(done)
    assert [each["provider"] for each in job["attempts"]] == [refusing, answering]
    assert (job["provider"], job["provider_model"]) == (answering, MODELS[tier][answering])
    assert (len(both[answering].of("an owl")), both[refusing].of("an owl")) == (1, [])


async def test_the_stronger_model_is_asked_on_request_and_costs_more(vendors: Vendors) -> None:
    home, _ = vendors
    anna = await home.person(credits=50)
    paid = {}
    for tier in ("fast", "standard", "high"):
        done = await anna.make("write_seo", prompt="an owl", tier=tier)
        (job,) = await anna.jobs(done)
        wanted = MODELS["high" if tier == "high" else "standard"]
        assert job["provider_model"] == wanted["anthropic"], tier
        paid[tier] = float(done["cost"]["charged"])
    assert paid["fast"] == paid["standard"] < paid["high"]
