"""YouTube: whatever befalls an upload, the film is published once, whole, or not at all."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from gesso.simulators import Fate
from gesso.simulators.youtube import Trip, YouTubeSimulator
from tests.house.person import Person, until
from tests.house.world import Ground
from tests.providers.case_youtube import CASES
from tests.providers.conftest import Trade, trading
from tests.simulators.plugin import SmallSteps

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHUNK = SmallSteps.chunk
PADDING = 5 * CHUNK
CASE = replace(CASES[0], adapter=SmallSteps, model={**CASES[0].model, "provider": SmallSteps.name})


@pytest_asyncio.fixture(loop_scope="session")
async def trade(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Trade]:
    """A house that publishes in small steps."""
    async with trading(CASE, Ground(sqlite_url), tmp_path) as trade:
        yield trade


def channel(trade: Trade) -> YouTubeSimulator:
    """What YouTube knows."""
    assert isinstance(trade.simulator, YouTubeSimulator)
    return trade.simulator


async def content(person: Person, film: str) -> bytes:
    """The bytes of a stored film."""
    asset = (await person.ask("GET", f"/assets/{film}")).body
    return (await person.ask("GET", asset["url"])).content


async def test_a_film_arrives_whole_with_what_is_said_of_it(trade: Trade) -> None:
    anna = await trade.home.person()
    film = await anna.film(PADDING)
    task = await trade.order(
        anna,
        "a second of film",
        video=film,
        description="Nothing happens.",
        tags=["film", "one second"],
        publish_at="2031-01-02T03:04:05+01:00",
        language="en",
        notify=True,
    )
    done = await anna.wait(task)
    assert done["status"] == "completed", done
    (made,) = channel(trade).jobs.values()
    assert channel(trade).videos[made.id] == await content(anna, film)
    assert made.asked == {
        "snippet": {
            "title": "a second of film",
            "description": "Nothing happens.",
            "tags": ["film", "one second"],
            "categoryId": "22",
            "defaultLanguage": "en",
        },
        "status": {
            "privacyStatus": "private",
            "publishAt": "2031-01-02T02:04:05Z",
            "selfDeclaredMadeForKids": False,
            "containsSyntheticMedia": True,
        },
    }
    assert done["result"] == {
        "video_id": made.id,
        "url": f"https://www.youtube.com/watch?v={made.id}",
        "state": "processed",
        "privacy": "private",
        "publish_at": "2031-01-02T02:04:05Z",
    }
    (job,) = await anna.jobs(task)
    assert "session" not in str(job), "who has the address of an upload can write to it"


@pytest.mark.parametrize(
    "trips",
    [
        (Trip(CHUNK + 100_000, "cut"), Trip(3 * CHUNK + 1, "cut")),
        (Trip(2 * CHUNK, "unavailable"), Trip(2 * CHUNK, "unavailable")),
        (Trip(CHUNK, "short"), Trip(4 * CHUNK, "short")),
        (Trip(CHUNK, "loses_answer"),),
        (Trip(PADDING, "cut"), Trip(PADDING, "unavailable"), Trip(PADDING, "loses_answer")),
        (Trip(2 * CHUNK, "expires"),),
    ],
    ids=["cut", "unavailable", "short", "answer lost", "last chunk", "session expired"],
)
async def test_a_broken_upload_goes_on_and_publishes_once(
    trade: Trade, trips: tuple[Trip, ...]
) -> None:
    anna = await trade.home.person()
    film = await anna.film(PADDING)
    channel(trade).trip("bumpy", *trips)
    done = await anna.wait(await trade.order(anna, "bumpy", video=film), seconds=60)
    assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
    (published,) = channel(trade).videos.values()
    assert published == await content(anna, film)


async def test_what_may_be_published_is_not_published_again(trade: Trade) -> None:
    anna = await trade.home.person()
    film = await anna.film(PADDING)
    channel(trade).trip("gone", Trip(PADDING, "vanishes"))
    ended = await anna.wait(await trade.order(anna, "gone", video=film), seconds=60)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "fate_unknown"), ended
    assert ended["cost"]["charged"] == "0"
    assert len(channel(trade).sessions) == 1
    assert len(channel(trade).videos) == 1


async def test_an_upload_that_is_not_wanted_any_more_publishes_nothing(trade: Trade) -> None:
    anna = await trade.home.person()
    film = await anna.film(PADDING)
    channel(trade).pace = 0.3
    task = await trade.order(anna, "never mind", video=film)
    await anna.see(task, lambda now: now["progress"] > 0)
    await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    ended = await anna.wait(task)
    assert (ended["status"], ended["cost"]["charged"]) == ("cancelled", "0"), ended
    assert channel(trade).videos == {}


async def test_a_film_that_is_published_when_it_is_called_off_is_told_of(trade: Trade) -> None:
    anna = await trade.home.person()
    channel(trade).plan("too late", Fate(seconds=None))
    task = await trade.order(anna, "too late")
    await until(lambda: len(channel(trade).videos) == 1)
    await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    ended = await anna.wait(task)
    assert ended["status"] == "completed", ended
    assert ended["result"]["state"] == "uploaded"


async def test_a_film_that_is_published_when_time_is_up_is_told_of(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with trading(CASE, Ground(sqlite_url), tmp_path, hurry=4) as trade:
        anna = await trade.home.person()
        channel(trade).plan("slow", Fate(seconds=None))
        ended = await anna.wait(await trade.order(anna, "slow"))
        assert ended["status"] == "completed", ended
        assert ended["result"]["state"] == "uploaded"


async def test_an_exhausted_quota_is_called_that(trade: Trade) -> None:
    anna = await trade.home.person()
    over = Fate(status=403, error="quotaExceeded", takes=False)
    channel(trade).plan("one too many", over, over, over)
    ended = await anna.wait(await trade.order(anna, "one too many"), seconds=60)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "quota_exhausted"), ended


async def test_without_a_token_nothing_is_published_or_charged(trade: Trade) -> None:
    anna = await trade.home.person()
    channel(trade).trusts = False
    ended = await anna.wait(await trade.order(anna, "not mine"), seconds=60)
    assert (ended["status"], ended["cost"]["charged"]) == ("failed", "0"), ended
    assert channel(trade).sessions == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"privacy": "public", "publish_at": "2031-01-02T03:04:05Z"},
        {"publish_at": "2031-01-02T03:04:05"},
        {"title": ""},
        {"title": "<script>"},
        {"title": "x" * 101},
        {"tags": ["x" * 300, "y" * 300]},
        {"description": "ä" * 3000},
        {"privacy": "secret"},
        {"video": "asset_0000000000000000000000000"},
    ],
    ids=str,
)
async def test_an_order_that_makes_no_sense_is_refused(
    trade: Trade, wrong: dict[str, object]
) -> None:
    anna = await trade.home.person()
    order = {"type": "publish_video", "title": "fine", "video": await anna.film(), **wrong}
    reply = await anna.ask("POST", "/tasks", order)
    assert reply.status == 422, reply
    assert reply.code
