"""Rates and the limiter in memory: never more than was said, and never less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.infra.limits import MemoryLimiter, Rule
from gesso.kit.rates import SECOND, Rate, left, parse_rate, shared_out, wait


class Clock:
    """Microseconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


rates = st.builds(
    lambda count, period, burst: parse_rate(f"{count}/{period} burst {burst}"),
    st.integers(1, 5000),
    st.sampled_from(["second", "minute", "hour"]),
    st.integers(1, 50),
)
gaps = st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=80)


@pytest.mark.parametrize(
    ("text", "shown", "interval", "burst"),
    [
        ("600/minute", "600/minute", 100_000, 600),
        ("600/minute burst 200", "600/minute burst 200", 100_000, 200),
        (" 1/day ", "1/day", 86_400 * SECOND, 1),
        ("7/minute burst 7", "7/minute", 8_571_428, 7),
    ],
)
def test_a_rate_is_read_as_it_is_written(text: str, shown: str, interval: int, burst: int) -> None:
    rate = parse_rate(text)
    assert (str(rate), rate.interval, rate.burst) == (shown, interval, burst)


@pytest.mark.parametrize(
    "text",
    ["", "off", "600", "600/minutes", "0/second", "1/second burst 0", "-1/second", "1.5/second",
     "600/minute burst", "10001/second", "1/second burst 1 burst 2"],
)  # fmt: skip
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        parse_rate(text)


@given(rates, gaps)
def test_no_stretch_of_time_lets_more_through_than_burst_and_rate(
    rate: Rate, pauses: list[int]
) -> None:
    clock, passed = Clock(), []
    limiter = MemoryLimiter(clock)
    for pause in pauses:
        clock.now += pause
        if limiter.decide([Rule("r", "k", rate)]).refused is None:
            passed.append(clock.now)
    for first, begin in enumerate(passed):
        for last, end in enumerate(passed[first:], first):
            assert last - first + 1 <= rate.burst + (end - begin) / rate.interval


@given(rates, st.integers(1, 200), st.integers(0, 1000))
def test_who_keeps_to_the_rate_is_never_refused(rate: Rate, times: int, late: int) -> None:
    clock = Clock()
    limiter = MemoryLimiter(clock)
    for _ in range(times):
        assert limiter.decide([Rule("r", "k", rate)]).refused is None
        clock.now += rate.interval + late


@given(rates, gaps)
def test_who_waits_as_long_as_he_is_told_gets_through(rate: Rate, pauses: list[int]) -> None:
    clock, rule = Clock(), Rule("r", "k", rate)
    limiter = MemoryLimiter(clock)
    for pause in pauses:
        clock.now += pause
        standing = limiter.decide([rule])
        if standing.refused is None:
            continue
        due = wait(rate, standing.ahead[0])
        assert due > 0
        assert left(rate, standing.ahead[0]) == 0
        clock.now += due - 1
        assert limiter.decide([rule]).refused == 0
        clock.now += 1
        assert limiter.decide([rule]).refused is None


@given(rates, gaps)
def test_what_is_said_to_be_left_is_left(rate: Rate, pauses: list[int]) -> None:
    clock, rule = Clock(), Rule("r", "k", rate)
    limiter = MemoryLimiter(clock)
    for pause in pauses:
        clock.now += pause
        limiter.decide([rule])
    told = left(rate, limiter.ahead("k"))
    passed = 0
    while limiter.decide([rule]).refused is None:
        passed += 1
    assert passed == told


def test_a_refusal_under_one_rule_counts_under_none() -> None:
    wide, narrow = parse_rate("100/second"), parse_rate("1/hour")
    limiter = MemoryLimiter(Clock())
    rules = [Rule("wide", "w", wide), Rule("narrow", "n", narrow)]
    assert limiter.decide(rules).refused is None
    for _ in range(50):
        assert limiter.decide(rules).refused == 1
    assert left(wide, limiter.ahead("w")) == 99


@given(rates, st.integers(2, 10))
def test_several_alone_let_no_more_through_than_one(rate: Rate, among: int) -> None:
    ours = shared_out(rate, among)
    assert ours.interval == rate.interval * among
    assert ours.tolerance // ours.interval == max(1, rate.burst // among)


def test_memory_is_bounded_and_keeps_who_comes_most() -> None:
    clock = Clock()
    limiter, rate = MemoryLimiter(clock, most=100), parse_rate("1/second burst 10")
    for _ in range(10):
        limiter.decide([Rule("r", "busy", rate)])
    for number in range(1000):
        limiter.decide([Rule("r", f"passer-by {number}", rate)])
    assert len(limiter._moments) <= 101
    assert limiter.decide([Rule("r", "busy", rate)]).refused == 0
