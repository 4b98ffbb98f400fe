"""The driver: what a flow that breaks off lets us say about the job."""

from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from gesso.infra.http import Guard, Http, NotAllowed
from gesso.infra.pool import Pool
from gesso.infra.trace import new_trace, within_trace
from gesso.providers import Call, Flow, Read, Unsure
from gesso.providers.driver import Driver, Unreached
from gesso.providers.traffic import Busy, Down, Traffic
from gesso.providers.traffic.circuit import IN_A_ROW
from tests.unit.http.rough import Exchange, Rough, rough

NOWHERE = "http://127.0.0.1:9"
"""The port that nobody listens at."""


async def _moods(exchange: Exchange) -> None:
    match exchange.path:
        case "/cut":
            exchange.reset()
        case "/busy":
            await exchange.answer(429, headers={"Retry-After": "0"})
        case "/later":
            await exchange.answer(503, headers={"Retry-After": "60"})
        case "/broken":
            await exchange.answer(502)
        case _:
            await exchange.answer(body=b"{}")


@pytest.fixture
async def server() -> AsyncIterator[Rough]:
    async with rough(_moods) as server:
        yield server


@pytest.fixture
async def driver() -> AsyncIterator[Driver]:
    async with Http(Guard.that_allows(["127.0.0.1/32"])) as http:
        yield Driver(http, Pool(1))


def _calls(*calls: Call) -> Flow[str]:
    for call in calls:  # noqa: UP028  # answers are sent in
        yield call
    return "taken"


async def test_a_submission_that_never_left_was_not_taken(driver: Driver, server: Rough) -> None:
    with pytest.raises(Unreached):
        await driver.carry(_calls(Call("POST", NOWHERE)))


async def test_a_submission_that_was_cut_off_may_have_been_taken(
    driver: Driver, server: Rough
) -> None:
    with pytest.raises(Unsure):
        await driver.carry(_calls(Call("POST", f"{server.url}/cut")))


@pytest.mark.parametrize("before", [{"method": "GET"}, {"method": "POST", "prepares": True}])
async def test_what_breaks_off_before_the_job_is_asked_for_was_not_taken(
    driver: Driver, server: Rough, before: dict[str, str]
) -> None:
    first = Call(url=f"{server.url}/fine", **before)  # type: ignore[arg-type]
    with pytest.raises(Unreached):
        await driver.carry(_calls(first, Call("POST", NOWHERE)))
    cut = Call(url=f"{server.url}/cut", **before)  # type: ignore[arg-type]
    with pytest.raises(Unreached):
        await driver.carry(_calls(cut, Call("POST", f"{server.url}/fine")))


@pytest.mark.parametrize("after", ["GET", "POST"])
async def test_what_breaks_off_after_the_job_was_asked_for_may_have_been_taken(
    driver: Driver, server: Rough, after: str
) -> None:
    with pytest.raises(Unsure):
        await driver.carry(_calls(Call("POST", f"{server.url}/fine"), Call(after, NOWHERE)))


async def _saved_up(driver: Driver, server: Rough) -> None:
    """Earn some repetitions."""
    for _ in range(40):
        await driver.carry(_calls(Call("GET", f"{server.url}/fine")))
    server.seen.clear()


@pytest.mark.parametrize(
    ("method", "path", "times"),
    [
        ("GET", "/cut", 2),
        ("GET", "/broken", 2),
        ("GET", "/busy", 2),
        ("GET", "/later", 1),
        ("GET", "/fine", 1),
        ("POST", "/cut", 1),
        ("POST", "/broken", 1),
        ("POST", "/busy", 1),
        ("PUT", "/broken", 1),
        ("DELETE", "/busy", 1),
    ],
)
async def test_only_questions_are_repeated_and_only_once(
    driver: Driver, server: Rough, method: str, path: str, times: int
) -> None:
    await _saved_up(driver, server)
    with suppress(Unsure, Unreached):
        await driver.carry(_calls(Call(method, server.url + path)))
    assert [seen.path for seen in server.seen] == [path] * times


async def test_without_savings_nothing_is_repeated(driver: Driver, server: Rough) -> None:
    await driver.carry(_calls(Call("GET", f"{server.url}/broken")))
    assert len(server.seen) == 1


async def test_a_provider_that_is_left_alone_is_not_asked_again(
    driver: Driver, server: Rough
) -> None:
    await _saved_up(driver, server)
    trip = driver.traffic.trip("acme", "poll", "key")
    trip.road.budget = driver.traffic.trip("", "other").road.budget
    for _ in range(IN_A_ROW):
        await driver.carry(_calls(Call("POST", f"{server.url}/broken")), trip=trip)
    assert trip.circuit.state == "open"
    server.seen.clear()
    await driver.carry(_calls(Call("GET", f"{server.url}/broken")), trip=trip)
    assert len(server.seen) == 1
    with pytest.raises(Down):
        async with driver.traffic.passage("acme", "submit", "key"):
            pass
    async with driver.traffic.passage("acme", "poll", "key", must=True):
        pass
    async with driver.traffic.passage("acme", "submit", "another key"):
        pass
    async with driver.traffic.passage("other", "submit", "key"):
        pass


async def test_a_users_own_faults_open_nothing(driver: Driver, server: Rough) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.answer(422, b"no")

    server.manner = refuse
    trip = driver.traffic.trip("acme", "submit")
    for _ in range(30):
        await driver.carry(_calls(Call("POST", server.url)), trip=trip)
    assert trip.circuit.state == "closed"


async def test_what_is_called_carries_on_the_trace(driver: Driver, server: Rough) -> None:
    trace = new_trace()
    with within_trace(trace):
        await driver.carry(_calls(Call("GET", f"{server.url}/fine"), Call("POST", server.url)))
    told = [seen.headers["traceparent"].split("-") for seen in server.seen]
    assert {parts[1] for parts in told} == {trace.trace_id}
    assert len({parts[2] for parts in told} | {trace.span_id}) == 3
    assert all(seen.headers["user-agent"].startswith("gesso/") for seen in server.seen)


async def test_a_result_is_fetched_from_where_its_provider_was_said_to_be(server: Rough) -> None:
    async with Http() as http:
        driver = Driver(http, Pool(1), roots={"acme": [f"{server.url}/v1"]})
        chunks = [part async for part in driver.download("acme", f"{server.url}/f", total=5)]
        assert b"".join(chunks) == b"{}"
        with pytest.raises(NotAllowed):
            async for _ in driver.download("other", f"{server.url}/f", total=5):
                pass
        with pytest.raises(Unreached):
            await driver.carry(_calls(Call("GET", f"{server.url}/status")))
    assert len(server.seen) == 1


async def test_a_file_is_read_whole_or_not_at_all(driver: Driver, tmp_path: Path) -> None:
    file = tmp_path / "picture"
    file.write_bytes(b"12345")

    def reads(limit: int) -> Flow[bytes | None]:
        content: bytes | None = yield Read(str(file), limit)
        return content

    assert await driver.carry(reads(5)) == b"12345"
    assert await driver.carry(reads(4)) is None


async def test_a_file_that_is_not_there_is_the_flows_to_judge(
    driver: Driver, tmp_path: Path
) -> None:
    def reads() -> Flow[str]:
        try:
            yield Read(str(tmp_path / "nothing"), 5)
        except FileNotFoundError:
            return "gone"
        return "there"

    assert await driver.carry(reads()) == "gone"


async def test_who_stops_a_download_gives_its_place_back(server: Rough) -> None:
    async def never_end(exchange: Exchange) -> None:
        await exchange.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            await exchange.say(b"x" * 65536)

    server.manner = never_end
    async with Http(Guard.that_allows([server.place])) as http:
        driver = Driver(http, Pool(1), Traffic({"acme": 1}))
        place = driver.traffic.road("acme").lanes["download"]
        async with aclosing(driver.download("acme", server.url, total=20)) as chunks:
            await anext(chunks)
            with pytest.raises(Busy):
                await anext(driver.download("acme", server.url, total=20))
            assert place.taken == 1
        assert place.taken == 0
    assert driver.traffic.road("acme").circuits == {}
