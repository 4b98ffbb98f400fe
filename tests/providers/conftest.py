"""A house that works with one simulated provider."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from gesso.infra.http import Guard, Http
from gesso.infra.pool import Pool
from gesso.providers.driver import Driver
from gesso.providers.fal import Fal
from gesso.simulators import Simulator
from gesso.simulators.fal import FalSimulator
from tests.house.person import Person
from tests.house.world import Ground, Home, new_ground, open_home
from tests.providers.case import Case, cases

__all__ = ["case", "case_trade", "new_ground", "trade"]

FLUX = Case(
    Fal,
    FalSimulator,
    model={"makes": "text_to_image", "provider": "fal", "model": "fal-ai/flux/dev"},
    order={"type": "text_to_image", "tier": "standard"},
)
_PLUGINS = ("tests.simulators.plugin", "tests.providers.operations")
_QUEUE = {
    "max_concurrency": 8,
    "timeout_seconds": 60,
    "max_attempts": 3,
    "backoff_first": 0.05,
    "backoff_cap": 0.2,
}


@dataclass
class Trade:
    """A house, the provider that it works with, and what leads from one to the other."""

    home: Home
    simulator: Simulator
    case: Case

    async def order(self, person: Person, prompt: str, **changes: Any) -> dict[str, Any]:
        """The case's order with this prompt, taken in."""
        order = {**self.case.order, self.case.named_by: prompt, **changes}
        if self.case.takes_image:
            order["image"] = await person.picture(prompt)
        if self.case.takes_video and self.case.film_as not in order:
            order[self.case.film_as] = await person.film()
        return await person.submit(**order)


@asynccontextmanager
async def trading(
    case: Case,
    ground: Ground,
    folder: Path,
    *,
    hurry: float | None = None,
    per_minute: int | None = None,
) -> AsyncIterator[Trade]:
    """A house with this case's model as the only one of its kind; `hurry`: seconds for a job,
    `per_minute`: calls to its provider.
    """
    queue = {**_QUEUE, "timeout_seconds": hurry or _QUEUE["timeout_seconds"]}
    usual = {"queue": "trade", "price": 2, "provider_cost": 0.02}
    models = [{"id": case.id, **usual, **case.model}, *({**usual, **each} for each in case.more)]
    catalog = folder / "catalog.yaml"
    catalog.write_text(yaml.safe_dump({
        "version": "trade-1",
        "queues": {"trade": queue, "instant": _QUEUE},
        "models": [*models, {
            "id": "instant/sketch", "makes": "sketch", "provider": "instant", "model": "sketch",
            "queue": "instant", "price": 1,
        }, {
            "id": "instant/clip", "makes": "clip", "provider": "instant", "model": "clip",
            "queue": "instant", "price": 1,
        }],
    }))  # fmt: skip
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(case.simulator().open())
        told = {"root": simulator.url, "secrets": dict(simulator.secrets)}
        providers = {case.adapter.name: {**told, "per_minute": per_minute}}
        home = await stack.enter_async_context(
            open_home(
                ground,
                folder,
                plugins=case.settings.get("plugins", _PLUGINS),
                catalog=catalog,
                providers=providers,
                outbound={},  # what the settings call its root is trusted, and nothing else
                **{name: it for name, it in case.settings.items() if name != "plugins"},
            )
        )
        yield Trade(home, simulator, case)
        await home.inspect()


@pytest.fixture(scope="session", params=cases(), ids=lambda case: case.id)
def case(request: pytest.FixtureRequest) -> Case:
    """Each provider's cases in turn."""
    found: Case = request.param
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def case_trade(
    case: Case, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Trade]:
    """A house for this case, for all stories of it."""
    folder = tmp_path_factory.mktemp(case.adapter.name)
    file = shutil.copyfile(sqlite_template, folder / "gesso.db")
    async with trading(case, Ground(f"sqlite+aiosqlite:///{file}"), folder) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="session")
async def trade(case_trade: Trade) -> AsyncIterator[Trade]:
    """A house for this case, in order when the story is over."""
    yield case_trade
    await case_trade.home.inspect()


@pytest_asyncio.fixture
async def driver() -> AsyncIterator[Driver]:
    """What carries a flow to a simulator, with no house around it."""
    async with Http(Guard.that_allows(["127.0.0.1/32"])) as http:
        yield Driver(http, Pool(1))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fal(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Trade]:
    """A house that works with fal, for all stories of this file."""
    folder = tmp_path_factory.mktemp("fal")
    file = shutil.copyfile(sqlite_template, folder / "gesso.db")
    async with trading(FLUX, Ground(f"sqlite+aiosqlite:///{file}"), folder) as trade:
        yield trade
