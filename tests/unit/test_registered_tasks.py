"""Registered functions and timings, without any database."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gesso.app.plugins import find_functions
from gesso.domain.registry import Context, Timing, UnsoundTask, register_task
from gesso.infra.errors import Invalid
from gesso.infra.settings import SettingsError

VIENNA = "Europe/Vienna"


@register_task(name="unit.greet", queue="media", backoff=(2, 9), priority=4)
async def greet(name: str, context: Context, times: int = 1) -> str:
    """Greet somebody
    by name.

    More than the summary.
    """
    await context.progress(2.0)
    return f"{name} " * times + str(context.attempt)


async def test_a_registered_function_is_still_the_function() -> None:
    told: list[float] = []

    async def tell(share: float) -> None:
        told.append(share)

    house: Any = None
    context = Context(uuid4(), 3, house, tell=tell)
    assert await greet("Anna", context, times=2) == "Anna Anna 3"
    parsed = greet.parse({"name": "Bert"})
    assert await greet.run(parsed, context) == "Bert 3"
    assert told == [1.0, 1.0]
    assert greet.summary == "Greet somebody by name."
    assert (greet.terms.queue, greet.terms.priority, greet.terms.parallel) == ("media", 4, True)
    assert list(greet.arguments.model_json_schema()["properties"]) == ["name", "times"]


@pytest.mark.parametrize(
    "arguments", [{}, {"name": 1}, {"name": "x", "times": "2"}, {"name": "x", "context": None}]
)
def test_arguments_are_strict_and_the_context_is_none_of_them(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        greet.parse(arguments)


async def untyped(a) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  # that is the point
    """An argument without a type."""


async def many(*a: int) -> None:
    """Arguments by place."""


async def any_name(**a: int) -> None:
    """Arguments of any name."""


async def hidden(_a: int) -> None:
    """A name that no model can have."""


async def shadowing(model_dump: int) -> None:
    """Another one."""


async def odd(a: Callable[[], None]) -> None:
    """What no JSON can say."""


@pytest.mark.parametrize(
    "function", [untyped, many, any_name, hidden, shadowing, odd, lambda: None]
)
def test_a_function_that_cannot_be_run_by_name_is_refused(
    function: Callable[..., Awaitable[Any]],
) -> None:
    with pytest.raises(UnsoundTask, match=r"unit\.bad"):
        register_task(name="unit.bad")(function)


@pytest.mark.parametrize("name", ["submit", "Unit.bad", "unit.", "unit bad", "", "a." + "b" * 100])
def test_a_name_says_noun_and_verb(name: str) -> None:
    with pytest.raises(UnsoundTask, match="no name"):
        register_task(name=name)(greet._function)


@pytest.mark.parametrize(
    "terms",
    [
        {"max_attempts": 0},
        {"backoff": (3, 1)},
        {"timeout": 0},
        {"priority": 10},
        {"queue": "a lane"},
    ],
)
def test_terms_on_which_nothing_could_run_are_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(UnsoundTask):
        register_task(name="unit.bad", **terms)(greet._function)


def test_one_name_is_offered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"gesso.tidy", "story.add"} <= set(find_functions(["tests.simulators.plugin"]))
    twice = ["tests.simulators.plugin", "tests.simulators.functions"]
    with pytest.raises(SettingsError, match=r"two plugins offer the task 'story\.add'"):
        find_functions(twice)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def moments(cron: str, after: str, zone: str = VIENNA, count: int = 3) -> list[str]:
    """The next moments as a clock on the wall there shows them, with its distance from UTC."""
    timing, found = Timing(cron=cron, time_zone=zone), [at(after)]
    for _ in range(count):
        found.append(timing.next(found[-1]))
    return [f"{each.astimezone(ZoneInfo(zone)):%d %H:%M %z}" for each in found[1:]]


def test_a_line_in_a_time_zone_follows_its_wall_clock() -> None:
    winter = moments("0 6 * * *", "2026-03-27T12:00+01:00")
    assert winter == ["28 06:00 +0100", "29 06:00 +0200", "30 06:00 +0200"]


def test_an_hour_that_is_skipped_is_made_up_for_once() -> None:
    # On 29 March 2026 the clocks in Vienna go from 02:00 to 03:00.
    fixed = moments("30 2 * * *", "2026-03-28T12:00+01:00")
    assert fixed == ["29 03:00 +0200", "30 02:30 +0200", "31 02:30 +0200"]
    running = moments("*/30 * * * *", "2026-03-29T01:15+01:00")
    assert running == ["29 01:30 +0100", "29 03:00 +0200", "29 03:30 +0200"]


def test_an_hour_that_comes_twice_fires_fixed_lines_once() -> None:
    # On 25 October 2026 they go from 03:00 back to 02:00.
    fixed = moments("30 2 * * *", "2026-10-24T12:00+02:00")
    assert fixed == ["25 02:30 +0200", "26 02:30 +0100", "27 02:30 +0100"]
    running = moments("*/30 * * * *", "2026-10-25T02:15+02:00", count=4)
    assert running == ["25 02:30 +0200", "25 02:00 +0100", "25 02:30 +0100", "25 03:00 +0100"]


def test_an_interval_counts_seconds_that_pass() -> None:
    timing = Timing(every_seconds=86_400)
    before = at("2026-03-28T12:00+01:00")
    assert timing.next(before) - before == timedelta(days=1)


@pytest.mark.parametrize(
    ("timing", "due", "now", "latest", "following"),
    [
        (Timing(cron="0 * * * *"), "10:00", "10:00", "10:00", "11:00"),
        (Timing(cron="0 * * * *"), "10:00", "14:59", "14:00", "15:00"),
        (Timing(cron="0 3 * * *"), "03:00", "23:59", "03:00", "03:00+1"),
        (Timing(every_seconds=600), "10:05", "10:05", "10:05", "10:15"),
        (Timing(every_seconds=600), "10:05", "11:00", "10:55", "11:05"),
    ],
)
def test_of_what_was_missed_the_latest_counts(
    timing: Timing, due: str, now: str, latest: str, following: str
) -> None:
    def day(text: str) -> datetime:
        clock, _, later = text.partition("+")
        return at(f"2026-11-25T{clock}+00:00") + timedelta(days=int(later or 0))

    assert timing.catch_up(day(due), day(now)) == (day(latest), day(following))


@given(
    st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 */5 * * 1", "15 1,2,3 * 3,10 *"]),
    st.sampled_from(["UTC", VIENNA, "America/New_York", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001  # made aware below
)
def test_moments_only_rise_and_catching_up_finds_the_same_ones(
    cron: str, zone: str, start: datetime
) -> None:
    timing, now = Timing(cron=cron, time_zone=zone), start.replace(tzinfo=UTC)
    found = [timing.next(now)]
    for _ in range(6):
        found.append(timing.next(found[-1]))
    assert all(a < b for a, b in pairwise([now, *found]))
    assert timing.catch_up(found[0], found[5]) == (found[5], found[6])
    assert timing.catch_up(found[0], found[5] - timedelta(seconds=1)) == (found[4], found[5])


@pytest.mark.parametrize("cron", ["", "* * * *", "0 0 31 2 *", "0 0 * * * *", "a b c d e"])
def test_a_line_that_never_fires_is_refused(cron: str) -> None:
    with pytest.raises(Invalid):
        Timing(cron=cron).check(datetime.now(UTC))
