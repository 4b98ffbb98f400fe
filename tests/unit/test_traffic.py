"""Circuits, budgets and places: what a provider that fails, or is slow, takes from nobody else."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.providers.traffic import Busy, Circuit, Down, Outcome, Traffic
from gesso.providers.traffic.budget import Budget
from gesso.providers.traffic.circuit import (
    FIRST_PAUSE,
    IN_A_ROW,
    LONGEST_PAUSE,
    MANY,
    WITHIN,
)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> Circuit:
    return Circuit(clock, dice=lambda: 0.5)


def _record(circuit: Circuit, clock: Clock, *faults: bool) -> None:
    for is_fault in faults:
        circuit.record(is_fault=is_fault, began=clock.time)


def _broken(circuit: Circuit, clock: Clock) -> Circuit:
    _record(circuit, clock, *[True] * IN_A_ROW)
    return circuit


def test_it_opens_at_the_fifth_fault_in_a_row(circuit: Circuit, clock: Clock) -> None:
    _record(circuit, clock, *[True] * 4, False, *[True] * 4)
    assert (circuit.state, circuit.enter()) == ("closed", 0.0)
    _record(circuit, clock, True)
    assert (circuit.state, circuit.enter()) == ("open", FIRST_PAUSE)


def test_it_opens_when_half_of_many_fail(circuit: Circuit, clock: Clock) -> None:
    _record(circuit, clock, *[False, True] * (MANY // 2 - 1), False)
    assert circuit.state == "closed"
    _record(circuit, clock, True)
    assert circuit.enter() > 0


def test_what_was_long_ago_does_not_count(circuit: Circuit, clock: Clock) -> None:
    for _ in range(MANY):
        _record(circuit, clock, False, True)
        clock.time += WITHIN
    assert circuit.state == "closed"


def test_after_the_pause_one_call_passes_and_the_others_wait(
    circuit: Circuit, clock: Clock
) -> None:
    _broken(circuit, clock)
    clock.time += FIRST_PAUSE
    assert circuit.enter() == 0.0
    assert circuit.state == "half_open"
    assert circuit.enter() > 0
    _record(circuit, clock, False)
    assert (circuit.state, circuit.enter()) == ("closed", 0.0)


def test_each_failed_probe_doubles_the_pause_to_a_limit(circuit: Circuit, clock: Clock) -> None:
    _broken(circuit, clock)
    for pause in (5, 10, 20, 40, 60, 60):
        assert circuit.rest == pytest.approx(min(pause, LONGEST_PAUSE))
        clock.time += pause
        assert circuit.enter() == 0.0
        _record(circuit, clock, True)
        assert circuit.state == "open"


def test_a_success_ends_it_all(circuit: Circuit, clock: Clock) -> None:
    for _ in range(3):
        _broken(circuit, clock)
        clock.time += LONGEST_PAUSE
        circuit.enter()
        _record(circuit, clock, True)
        clock.time += LONGEST_PAUSE
        circuit.enter()
        _record(circuit, clock, False)
        assert circuit.state == "closed"
    assert _broken(circuit, clock).rest == FIRST_PAUSE


def test_a_probe_that_is_never_heard_of_again_is_followed_by_another(
    circuit: Circuit, clock: Clock
) -> None:
    _broken(circuit, clock)
    clock.time += FIRST_PAUSE
    assert circuit.enter() == 0.0
    clock.time += 60
    assert circuit.enter() == 0.0
    assert circuit.enter() > 0


@pytest.mark.parametrize("is_fault", [True, False])
def test_news_from_before_tells_nothing_of_the_present(
    circuit: Circuit,
    clock: Clock,
    is_fault: bool,  # noqa: FBT001
) -> None:
    before = clock.time
    clock.time += 1
    _broken(circuit, clock)
    circuit.record(is_fault=is_fault, began=before)
    assert circuit.rest == FIRST_PAUSE
    clock.time += FIRST_PAUSE
    circuit.enter()
    circuit.record(is_fault=is_fault, began=before)
    assert circuit.enter() > 0
    _record(circuit, clock, False)
    for _ in range(10):
        circuit.record(is_fault=True, began=before)
    assert circuit.state == "closed"


@given(st.lists(st.one_of(st.booleans(), st.floats(0.1, 100)), max_size=300))
def test_whatever_befalls_it_somebody_passes_in_the_end(steps: list[bool | float]) -> None:
    clock = Clock()
    circuit = Circuit(clock)
    for step in steps:
        if isinstance(step, bool):
            circuit.record(is_fault=step, began=clock.time)
        else:
            clock.time += step
            circuit.enter()
        assert 0 <= circuit.rest <= 1.2 * LONGEST_PAUSE
    clock.time += 1.2 * LONGEST_PAUSE
    assert circuit.enter() == 0.0


@given(st.lists(st.booleans(), max_size=500))
def test_no_more_than_one_call_in_ten_is_a_repetition(wishes: list[bool]) -> None:
    budget, repeated = Budget(), 0
    for calls, wants_more in enumerate(wishes, 1):
        budget.earn()
        repeated += wants_more and budget.spend()
        assert 10 * repeated <= calls


async def _occupy(traffic: Traffic, provider: str, until: asyncio.Event, patience: float) -> None:
    async with traffic.passage(provider, "submit", patience=patience):
        await until.wait()


async def test_a_slow_provider_takes_up_its_own_places_and_no_others() -> None:
    traffic, done = Traffic({"slow": 2}), asyncio.Event()
    held = [asyncio.create_task(_occupy(traffic, "slow", done, 0)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        async with traffic.passage("slow", "submit"):
            pass
    async with traffic.passage("slow", "poll"):
        pass
    async with traffic.passage("quick", "submit"):
        pass
    waiting = [asyncio.create_task(_occupy(traffic, "slow", done, 60)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):  # as many wait as there are places: nobody joins that line
        async with traffic.passage("slow", "submit", patience=60):
            pass
    done.set()
    await asyncio.gather(*held, *waiting)
    async with traffic.passage("slow", "submit"):
        pass
    assert traffic.road("slow").lanes["submit"].taken == 0


async def test_who_gives_up_waiting_leaves_no_place_behind() -> None:
    traffic, done = Traffic({"slow": 1}), asyncio.Event()
    held = asyncio.create_task(_occupy(traffic, "slow", done, 0))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        async with traffic.passage("slow", "submit", patience=0.01):
            pass
    leaving = asyncio.create_task(_occupy(traffic, "slow", done, 60))
    await asyncio.sleep(0)
    leaving.cancel()
    done.set()
    await asyncio.gather(held, leaving, return_exceptions=True)
    async with traffic.passage("slow", "submit"):
        pass


async def test_down_tells_when_to_come_back(clock: Clock) -> None:
    traffic = Traffic(now=clock)
    _broken(traffic.road("acme").circuit("key"), clock)
    with pytest.raises(Down) as down:
        async with traffic.passage("acme", "submit", "key"):
            pass
    assert down.value.after >= 0.8 * FIRST_PAUSE
    assert traffic.road("acme").rest > 0
    traffic.road("acme").circuit("another key")
    assert traffic.road("acme").rest == 0


async def _go(traffic: Traffic, kind: str = "submit", *, calls: int = 1, **options: float) -> None:
    async with traffic.passage("acme", kind, **options) as trip:  # type: ignore[arg-type]
        for _ in range(calls):
            trip.end(Outcome("ok", is_fault=False), began=trip.set_out())


async def _gone(traffic: Traffic, clock: Clock, seconds: int, **options: int) -> int:
    """How many get through of those who try four times a second, so long."""
    gone = 0
    for step in range(4 * seconds):
        try:
            await _go(traffic, "poll" if step % 2 else "submit", **options)
            gone += 1
        except Busy:
            pass
        clock.time += 0.25
    return gone


async def test_a_provider_gets_no_more_calls_in_a_minute_than_were_agreed(clock: Clock) -> None:
    traffic = Traffic(per_minute={"acme": 30}, now=clock)
    counted = [await _gone(traffic, clock, 60) for _ in range(3)]
    assert counted == [30, 30, 30]
    for _ in range(100):
        async with traffic.passage("another", "poll"):
            pass


async def test_many_calls_of_one_trip_are_all_counted(clock: Clock) -> None:
    traffic = Traffic(per_minute={"acme": 60}, now=clock)
    assert await _gone(traffic, clock, 60, calls=3) == 20


async def test_who_is_turned_away_is_told_for_how_long(clock: Clock) -> None:
    traffic = Traffic(per_minute={"acme": 12}, now=clock)
    await _go(traffic)
    told = []
    for _ in range(20):
        with pytest.raises(Busy) as busy:
            await _go(traffic)
        told.append(busy.value.after)
    # One after the other, and not so late that they are forgotten.
    assert told == pytest.approx([*range(5, 60, 5), *[60] * 9])
    clock.time += 4.5
    with pytest.raises(Busy):
        await _go(traffic)
    clock.time += 0.5
    await _go(traffic)


async def test_who_may_wait_gets_a_turn_of_their_own() -> None:
    traffic, begun, gone = Traffic(per_minute={"acme": 600}), time.monotonic(), []

    async def go() -> None:
        await _go(traffic, patience=5.0)
        gone.append(time.monotonic() - begun)

    await asyncio.gather(*[go() for _ in range(15)])
    # A second's worth at once, and then one each tenth of a second.
    assert gone[9] < 0.1
    assert gone == sorted(gone)
    assert [after - 0.1 * number for number, after in enumerate(gone[10:], 1)] == pytest.approx(
        [0.0] * 5, abs=0.09
    )


async def test_what_must_be_asked_is_asked_at_once_and_those_that_follow_pay(clock: Clock) -> None:
    traffic = Traffic(per_minute={"acme": 6}, now=clock)
    for _ in range(3):
        await _go(traffic, "poll", must=True)
    clock.time += 25
    with pytest.raises(Busy):
        await _go(traffic, "poll")
    clock.time += 5
    await _go(traffic, "poll")
