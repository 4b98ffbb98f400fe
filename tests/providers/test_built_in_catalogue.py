"""The built-in catalogue and who stands behind it: every hosted model, ordered by its id in a house
that has a credential of that provider alone, makes a whole job.
"""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from gesso.domain.catalog import Model, load_catalog
from gesso.providers.adapters import ADAPTERS
from gesso.simulators import Simulator
from gesso.simulators.registry import SIMULATORS
from tests.house.person import Person
from tests.house.world import Ground, Home, open_home

pytestmark = pytest.mark.asyncio(loop_scope="session")

CATALOG = load_catalog()
LOCAL = {"studio", "comfyui"}
"""What makes things in the house, and has stories of its own."""
HOSTED: Mapping[str, tuple[Model, ...]] = {
    name: tuple(
        model
        for model in CATALOG.models
        if any(target.provider == name for target in model.targets)
    )
    for name in sorted(
        {target.provider for model in CATALOG.models for target in model.targets} - LOCAL
    )
}
ORDERS: Mapping[str, Mapping[str, Any]] = {
    "text_to_image": {"prompt": "an owl", "aspect": "16:9"},
    "text_to_video": {"prompt": "an owl flies", "aspect": "9:16", "seconds": 6},
    "image_to_video": {"aspect": "1:1", "seconds": 1},
    "remix_video": {"prompt": "the same owl at night"},
    "image_to_3d": {},
    "analyze_video": {"prompt": "why it spreads"},
    "moderate_content": {"prompt": "an owl"},
    "write_seo": {"prompt": "an owl that flies"},
    "analyze_trends": {"items": [{"title": "owls", "views": 1000}]},
    "scrape_tiktok": {"platform": "tiktok", "query": "owls", "hashtags": ["#owl"], "limit": 3},
    "scrape_youtube": {"platform": "youtube", "hashtags": ["owl"], "limit": 3},
    "scrape_instagram": {"platform": "instagram", "query": "snowy owls", "limit": 3},
    "publish_video": {"title": "An owl"},
}
"""An order of each skill, without the files that it needs."""
PICTURES = {"image_to_video", "image_to_3d"}
FILMS = {"analyze_video": "video", "publish_video": "video", "remix_video": "remix_from"}
"""Skills that need a file of this kind; films by the field that names them."""
OWN_UNITS = {each.name for each in ADAPTERS if each.currency != "USD"}
"""Whoever bills in units of its own."""


@asynccontextmanager
async def house(name: str, file: Path, folder: Path) -> AsyncIterator[tuple[Home, Simulator]]:
    """A house with the built-in catalogue, and something quick that makes files to begin with."""
    quick = {"max_concurrency": 8, "timeout_seconds": 60}
    made = {"provider": "instant", "queue": "instant", "price": 1}
    above = folder / "above.yaml"
    above.write_text(yaml.safe_dump({
        "version": "above-1",
        "queues": {"instant": quick},
        "models": [
            {"id": f"instant/{each}", "makes": each, "model": each, **made}
            for each in ("sketch", "clip")
        ],
    }))  # fmt: skip
    shutil.copyfile(file, folder / "gesso.db")
    ground = Ground(f"sqlite+aiosqlite:///{folder / 'gesso.db'}")
    async with (
        SIMULATORS[name]().open() as simulator,
        open_home(
            ground,
            folder,
            plugins=("tests.simulators.plugin",),
            catalog=above,
            providers={name: {"root": simulator.url, "secrets": dict(simulator.secrets)}},
            outbound={},
        ) as home,
    ):
        yield home, simulator
        await home.inspect()


async def order_of(person: Person, model: Model) -> dict[str, Any]:
    """An order that names this model."""
    order = {"type": model.makes, **ORDERS[model.makes], "model": model.id, "tier": "standard"}
    if model.makes.startswith("scrape_"):
        order["type"] = "scrape_trends"
    if model.makes in PICTURES:
        order["image"] = await person.picture("an owl")
    if model.makes in FILMS:
        order[FILMS[model.makes]] = await person.film()
    return order


@pytest.mark.parametrize("name", HOSTED)
async def test_every_model_of_a_provider_makes_a_whole_job(
    name: str, sqlite_template: Path, tmp_path: Path
) -> None:
    async with house(name, sqlite_template, tmp_path) as (home, simulator):
        anna = await home.person(credits=1000)
        for model in HOSTED[name]:
            before = len(simulator.jobs)
            done = await anna.make(**await order_of(anna, model))
            assert done["status"] == "completed", (model.id, done)
            (job,) = await anna.jobs(done)
            assert job["provider"] == name, (model.id, job)
            assert len(simulator.jobs) == before + 1, model.id
            if name in OWN_UNITS:
                (target,) = model.targets
                assert target.usual_cost == [*simulator.jobs.values()][-1].cost, model.id
        listed = (await anna.ask("GET", "/models")).body["items"]
        available = {each["id"] for each in listed if each["available"]}
        assert available >= {model.id for model in HOSTED[name]}
        assert [each["id"] for each in listed if not each["operations"]] == []
