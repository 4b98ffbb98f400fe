"""Any model of a provider's: by patterns, with inputs in its own words, checked where it can be."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from gesso.kit.ids import new_id, public_id
from gesso.simulators import Simulator
from gesso.simulators.fal import FalSimulator
from gesso.simulators.fate import Fate
from gesso.simulators.replicate import ReplicateSimulator
from tests.house.person import Person, Reply
from tests.house.world import Ground, Home, open_home
from tests.providers.described import DescribedSimulator

pytestmark = pytest.mark.asyncio(loop_scope="session")

VERSION = "5c7d" * 16
_QUEUE = {
    "max_concurrency": 8,
    "timeout_seconds": 60,
    "backoff_first": 0.05,
    "backoff_cap": 0.2,
}


@dataclass
class Mall:
    """A house and the providers whose models are passed through."""

    home: Home
    fal: FalSimulator
    replicate: ReplicateSimulator
    described: DescribedSimulator

    def simulator(self, name: str) -> Simulator:
        """The one of this name."""
        found: Simulator = getattr(self, name)
        return found


def _entry(name: str, provider: str, model: str, price: int, **more: Any) -> dict[str, Any]:
    usual = {"makes": "run_model", "queue": "trade", "provider_cost": 0.02}
    return {**usual, "id": name, "provider": provider, "model": model, "price": price, **more}


_MODELS = [
    _entry("fal:*", "fal", "*", 2),
    _entry("fal:fal-ai/video*", "fal", "fal-ai/video*", 5),
    _entry("fal:fal-ai/withdrawn", "fal", "fal-ai/withdrawn", 1, disabled=True),
    _entry("replicate:*", "replicate", "*", 3),
    _entry("described:*", "described", "*", 2),
    _entry("wrapped:*", "described", "*", 2, input={"input": {"said": "$prompt"}}),
    *(
        {"id": f"instant/{each}", "makes": each, "provider": "instant", "model": each,
         "queue": "trade", "price": 1}
        for each in ("sketch", "clip")
    ),
]  # fmt: skip


@asynccontextmanager
async def _mall(template: Path, folder: Path) -> AsyncIterator[Mall]:
    file = shutil.copyfile(template, folder / "gesso.db")
    catalog = folder / "catalog.yaml"
    content = {"version": "mall-1", "queues": {"trade": _QUEUE}, "models": _MODELS}
    catalog.write_text(yaml.safe_dump(content))
    simulators = (FalSimulator(), ReplicateSimulator(), DescribedSimulator())
    async with AsyncExitStack() as stack:
        for each in simulators:
            await stack.enter_async_context(each.open())
        home = await stack.enter_async_context(
            open_home(
                Ground(f"sqlite+aiosqlite:///{file}"),
                folder,
                plugins=("tests.simulators.plugin", "tests.providers.described"),
                catalog=catalog,
                providers={
                    each.name: {"root": each.url, "secrets": dict(each.secrets)}
                    for each in simulators
                },
                outbound={},
            )
        )
        yield Mall(home, *simulators)
        await home.inspect()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mall(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mall]:
    """One for most of these."""
    async with _mall(sqlite_template, tmp_path_factory.mktemp("mall")) as mall:
        yield mall


@pytest_asyncio.fixture(loop_scope="session")
async def own_mall(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Mall]:
    """One that has never asked for a schema."""
    async with _mall(sqlite_template, tmp_path) as mall:
        yield mall


def order(model: str, **given: Any) -> dict[str, Any]:
    return {"type": "run_model", "model": model, "input": given}


async def refused(person: Person, code: str, body: dict[str, Any]) -> Reply:
    """The refusal of an order for which nothing was frozen."""
    before = await person.money()
    reply = await person.ask("POST", "/tasks", body)
    assert (reply.status, reply.code) == (422, code), reply
    assert await person.money() == before
    return reply


@pytest.mark.parametrize(
    ("model", "price", "kind"),
    [
        ("fal:fal-ai/flux/dev", "2", "image"),
        ("fal:fal-ai/video-1/fast", "5", "video"),
        ("replicate:black-forest-labs/flux-dev", "3", "image"),
        (f"replicate:minimax/video-01:{VERSION}", "3", "video"),
        ("described:fal-ai/trellis", "2", "model"),
        ("described:unknown/model", "2", "image"),
    ],
)
async def test_any_model_is_run_by_its_patterns_price(
    mall: Mall, model: str, price: str, kind: str
) -> None:
    anna = await mall.home.person()
    given = {"prompt": model, "num_images": 1, "nested": {"list": [1, None, "x"]}}
    told = (await anna.ask("POST", "/tasks/estimate", order(model, **given))).body
    assert (told["held"], told["lines"][0]["model"]) == (price, model)
    done = await anna.make(**order(model, **given))
    assert (done["status"], done["cost"]["charged"]) == ("completed", price), done
    assert [each["kind"] for each in done["outputs"]] == [kind]
    provider, _, name = model.partition(":")
    (job,) = mall.simulator(provider).of(model)
    said = job.asked["input"] if provider == "replicate" else job.asked
    assert {key: said[key] for key in given} == given
    assert name.startswith(str(job.asked["model"]))
    assert job.asked.get("version", name) == name
    (shown,) = await anna.jobs(done)
    assert shown["provider"] == provider, shown


@pytest.mark.parametrize("provider", ["fal", "replicate", "described"])
async def test_assets_of_the_callers_become_links(mall: Mall, provider: str) -> None:
    anna = await mall.home.person()
    picture = await anna.picture()
    prompt = f"like {picture}"
    given = {"prompt": prompt, "images": [{"url": picture}], "again": picture}
    done = await anna.make(**order(f"{provider}:owner/links", **given))
    assert done["status"] == "completed", done
    (job,) = mall.simulator(provider).of(prompt)
    said = job.asked["input"] if provider == "replicate" else job.asked
    link = said["again"]
    assert (said["images"], said["prompt"]) == ([{"url": link}], prompt)
    async with mall.home.web.get(link) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
    (shown,) = await anna.jobs(done)
    assert link not in str(shown)


async def test_an_asset_of_somebody_elses_is_none(mall: Mall) -> None:
    anna, bob = await mall.home.person(), await mall.home.person()
    for theirs in (await bob.picture(), public_id("asset", new_id())):
        given = {"images": [{"url": "https://example.org/a.png"}, {"a/b": theirs}]}
        reply = await refused(anna, "unknown_asset", order("fal:fal-ai/flux", **given))
        assert reply.body["pointer"] == "#/input/images/1/a~1b"


async def test_an_input_is_only_so_large(mall: Mall) -> None:
    anna = await mall.home.person()
    for given in ({"prompt": "x" * (64 << 10)}, {"images": _many_ids()}):
        reply = await refused(anna, "input_too_large", order("fal:fal-ai/flux", **given))
        assert reply.body["pointer"] == "#/input"


def _many_ids() -> list[str]:
    return [public_id("asset", new_id()) for _ in range(17)]


@pytest.mark.parametrize(
    "model",
    ["luma:ray/2", "fal:fal-ai/withdrawn", "fal:../../admin", "fal:fal-ai/x?y=1", "fal:a/*"],
)
async def test_what_no_entry_is_for_is_unknown(mall: Mall, model: str) -> None:
    await refused(await mall.home.person(), "unknown_model", order(model, prompt="an owl"))


@pytest.mark.parametrize(
    "change",
    [
        {"model": f"replicate:{VERSION}"},
        {"model": "fal:*"},
        {"model": None},
        {"tier": "fast"},
        {"input": ["prompt"]},
        {"input": None},
    ],
)
async def test_what_is_no_order_is_refused(mall: Mall, change: dict[str, Any]) -> None:
    body = {**order("fal:fal-ai/flux", prompt="an owl"), **change}
    await refused(await mall.home.person(), "invalid_request", body)


async def test_a_pattern_is_not_taken_for_what_it_does_not_make(mall: Mall) -> None:
    body = {"type": "text_to_image", "prompt": "an owl", "model": "fal:fal-ai/flux"}
    await refused(await mall.home.person(), "unknown_model", body)


async def test_an_input_that_does_not_fit_is_told_before_anything_is_frozen(mall: Mall) -> None:
    anna = await mall.home.person()
    given = {"num_images": 9, "images": [{"url": "ftp://example.org"}], "more": "is not minded"}
    reply = await refused(anna, "input_invalid", order("described:owner/bad", **given))
    assert {f"{each['pointer']} {each['code']}" for each in reply.body["errors"]} == {
        "#/input/prompt missing",
        "#/input/num_images maximum",
        "#/input/images/0/url pattern",
    }
    assert mall.described.of("owner/bad") == []


@pytest.mark.parametrize(
    "model", ["replicate:owner/name", f"replicate:owner/name:{VERSION}", "fal:owner/name/fast"]
)
async def test_a_models_own_schema_is_held_against_the_input(mall: Mall, model: str) -> None:
    given = {"prompt": "well", "num_images": 9, "seed": None, "images": [{}]}
    reply = await refused(await mall.home.person(), "input_invalid", order(model, **given))
    assert {each["code"] for each in reply.body["errors"]} == {"maximum", "missing"}


async def test_a_schema_is_asked_for_once(mall: Mall) -> None:
    anna = await mall.home.person()
    before = mall.described.described
    for _ in range(3):
        await refused(anna, "input_invalid", order("described:owner/often"))
    assert mall.described.described == before + 1


async def test_what_the_catalogue_puts_into_other_words_is_not_held_against_ours(
    mall: Mall,
) -> None:
    anna = await mall.home.person()
    done = await anna.make(**order("wrapped:owner/wrapped", prompt=7))
    assert done["status"] == "completed", done
    (job,) = [each for each in mall.described.jobs.values() if "input" in each.asked]
    assert job.asked["input"] == {"said": 7}


@pytest.mark.parametrize("mood", ["away", "silent", "odd", "babbling"])
async def test_what_cannot_be_checked_is_taken_all_the_same(own_mall: Mall, mood: str) -> None:
    anna, own_mall.described.mood = await own_mall.home.person(), mood
    done = await anna.make(**order("described:owner/blind", num_images=9))
    assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
    assert own_mall.described.described > 0


async def test_a_run_that_failed_costs_nothing_and_is_asked_for_again(mall: Mall) -> None:
    anna = await mall.home.person()
    mall.fal.plan("again", Fate(fails="content_policy_violation"))
    done = await anna.make(**order("fal:fal-ai/again", prompt="again"))
    assert (done["status"], done["error"]["code"]) == ("failed", "content_policy")
    assert (await anna.money())[0] == "10"
    again = await anna.ask("POST", f"/tasks/{done['id']}/retry")
    assert again.status == 202, again
    assert (await anna.wait(again.body))["status"] == "completed"
    assert len(mall.fal.of("again")) == 2


async def test_operators_add_a_pattern_while_everything_runs(mall: Mall) -> None:
    operator, anna = await mall.home.person(0, "operator"), await mall.home.person()
    entry = _entry("fal:new-house/*", "fal", "new-house/*", 4)
    added = await operator.ask("POST", "/models", entry)
    assert added.status == 201, added
    async with asyncio.timeout(20):
        while (await operator.ask("GET", "/models/fal:new-house/*")).status != 200:  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.05)
    listed = (await anna.ask("GET", "/models?operation=run_model")).body["items"]
    assert {"fal:*", "fal:new-house/*"} <= {each["id"] for each in listed}
    told = (await anna.ask("POST", "/tasks/estimate", order("fal:new-house/x", n=1))).body
    assert told["held"] == "4"
    assert (await operator.ask("POST", "/models", {**entry, "model": "one"})).status == 422
