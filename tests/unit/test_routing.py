"""The router: leaves who fails, comes back, explores a little, and learns nothing from users."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.domain.routing import Candidate, Router, Seen
from gesso.infra.branches import RoutingSettings
from gesso.kit.ids import new_id


class World:
    """A router, a clock that is moved by hand, and dice that fall the same way every time."""

    def __init__(self, seed: int = 1, **settings: float) -> None:
        self.now = 1_000_000.0
        self.router = Router(
            RoutingSettings.model_validate(settings),
            dice=random.Random(seed),
            now=lambda: self.now,
        )

    def did(
        self,
        name: str,
        *,
        ok: bool,
        fault: str = "provider",
        seconds: float | None = None,
        cost: int | None = None,
    ) -> None:
        seen = Seen(name, ok, self.now, None if ok else fault, seconds, cost)
        self.router.learn(new_id(), seen)

    def chosen(
        self, candidates: Sequence[Candidate], times: int = 1, tried: Sequence[str] = ()
    ) -> Counter[str]:
        return Counter(self.router.choose(candidates, tried=tried).name for _ in range(times))


A, B = Candidate("a"), Candidate("b")


def test_the_first_listed_is_taken_while_nothing_is_known() -> None:
    assert World(explore=0).chosen([A, B], 50) == {"a": 50}


def test_costs_count_only_among_those_in_the_same_currency() -> None:
    dear, cheap = Candidate("a", cost=1_000_000), Candidate("b", cost=280_000)
    assert World(explore=0).chosen([dear, cheap], 9) == {"b": 9}
    units = Candidate("a", cost=1_000_000, currency="units")
    assert World(explore=0).chosen([units, cheap], 9) == {"a": 9}
    world = World(explore=0)
    world.did("a", ok=True, cost=9_000_000)
    world.did("b", ok=True, cost=1)
    assert world.chosen([units, cheap], 9) == {"a": 9}


@given(st.integers(1, 8), st.integers(0, 30))
def test_a_target_is_left_after_so_many_faults_whatever_it_did_before(
    faults: int, successes: int
) -> None:
    world = World(explore=0, faults=faults)
    for _ in range(successes):
        world.did("a", ok=True)
    for _ in range(faults):
        assert not world.router.is_left("a")
        world.did("a", ok=False)
    assert world.router.is_left("a")
    assert world.chosen([A, B], 50) == {"b": 50}


@given(st.integers(0, 2**32), st.sampled_from([0.02, 0.05, 0.2]))
def test_a_share_is_kept_for_exploring(seed: int, share: float) -> None:
    seen = World(seed, explore=share).chosen([A, B, Candidate("c")], 4000)
    others = seen["b"] + seen["c"]
    assert abs(others / 4000 - share) < 4 * (share * (1 - share) / 4000) ** 0.5 + 0.003
    assert min(seen["b"], seen["c"]) > 0


def test_nobody_explores_who_is_left_alone() -> None:
    world = World(explore=0.5)
    for _ in range(3):
        world.did("b", ok=False)
    assert world.chosen([A, B], 200) == {"a": 200}


def test_it_comes_back_by_one_probe_after_its_rest() -> None:
    world = World(explore=0, rest=15)
    for _ in range(3):
        world.did("a", ok=False)
    world.now += 14
    assert world.chosen([A, B], 20) == {"b": 20}
    world.now += 2
    assert world.router.choose([A, B]).why == "probe"
    assert world.chosen([A, B], 20) == {"b": 20}, "one probe at a time"
    world.did("a", ok=True)
    assert world.chosen([A, B], 20) == {"a": 20}


def test_of_those_who_wait_one_goes_to_a_target_that_has_rested() -> None:
    world = World(explore=0, rest=15)
    assert world.router.admits("a")
    for _ in range(3):
        world.did("a", ok=False)
    assert not world.router.admits("a")
    world.now += 16
    assert [world.router.admits("a") for _ in range(3)] == [True, False, False]
    world.did("a", ok=True)
    assert [world.router.admits("a") for _ in range(3)] == [True] * 3


def test_a_probe_that_fails_makes_the_rest_longer() -> None:
    world = World(explore=0, rest=15)
    for _ in range(3):
        world.did("a", ok=False)
    rests = []
    for _ in range(4):
        begun = world.now
        while world.router.choose([A, B]).why != "probe":
            world.now += 1
        rests.append(world.now - begun)
        world.did("a", ok=False)
    assert rests == [15, 30, 60, 120]


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 60))
def test_users_faults_teach_nothing(history: list[bool], faults: int) -> None:
    world, plain = World(explore=0), World(explore=0)
    for ok in history:
        for each in (world, plain):
            each.did("a", ok=ok)
        for _ in range(faults):
            world.did("a", ok=False, fault="user")
    assert world.router.choose([A, B]) == plain.router.choose([A, B])


def test_an_attempt_counts_once() -> None:
    world, attempt = World(explore=0, faults=2), new_id()
    for _ in range(5):
        world.router.learn(attempt, Seen("a", ok=False, at=world.now, fault="provider"))
    assert not world.router.is_left("a")


def test_success_speed_and_cost_count_in_this_order() -> None:
    world = World(explore=0)
    for _ in range(20):
        world.did("a", ok=True, seconds=60, cost=50_000)
        world.did("b", ok=True, seconds=4, cost=50_000)
    assert world.chosen([A, B]) == {"b": 1}
    world = World(explore=0)
    for _ in range(20):
        world.did("a", ok=True, seconds=4, cost=50_000)
        world.did("b", ok=True, seconds=4, cost=5_000)
    assert world.chosen([A, B]) == {"b": 1}
    for _ in range(20):
        world.did("b", ok=False)
        world.did("b", ok=True)
    assert world.chosen([A, B]) == {"a": 1}


def test_what_was_long_ago_is_forgiven() -> None:
    world = World(explore=0)
    for _ in range(30):
        world.did("a", ok=False)
        world.did("a", ok=True)
    assert world.chosen([A, B]) == {"b": 1}
    world.now += 3600
    assert world.chosen([A, B]) == {"a": 1}


def test_a_pin_stands_above_the_figures_until_it_fails_in_a_row() -> None:
    world, pinned = World(explore=0.5), Candidate("b", pinned=True)
    for _ in range(2):
        world.did("b", ok=False)
    assert world.router.choose([A, pinned]).why == "pinned"
    world.did("b", ok=False)
    assert world.chosen([A, pinned], 20) == {"a": 20}


def test_the_disabled_are_never_chosen_while_anybody_else_can_be() -> None:
    off, away = Candidate("a", disabled=True), Candidate("c", reachable=False)
    world = World(explore=0.5)
    for _ in range(9):
        world.did("b", ok=False)
    assert world.chosen([off, B, away], 100) == {"b": 100}


def test_whoever_has_tried_comes_last_and_nothing_is_risked_then() -> None:
    world = World(explore=0.5)
    first = world.router.choose([A, B, Candidate("c")], tried=["a"])
    assert (first.name, first.why) == ("b", "next")
    assert world.chosen([A, B, Candidate("c")], 50, tried=["a"]) == {"b": 50}
    assert world.chosen([A, B], tried=["a", "b"]) == {"a": 1}


def test_another_rank_is_only_asked_where_nobody_of_the_first_is_open() -> None:
    world, spare = World(explore=0.5), Candidate("s", rank=1)
    assert world.chosen([A, spare], 100) == {"a": 100}
    for _ in range(3):
        world.did("a", ok=False)
    assert world.chosen([A, spare], 100) == {"s": 100}


def test_the_reason_is_told_with_how_everybody_stood() -> None:
    world = World(explore=0)
    for _ in range(3):
        world.did("a", ok=False)
    trace = world.router.choose([A, B]).trace
    assert (trace["target"], trace["why"]) == ("b", "best")
    states = {row["target"]: row["state"] for row in trace["candidates"]}  # type: ignore[attr-defined]
    assert states == {"a": "left", "b": "open"}


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_dice_fall_the_same_way_every_time(size: int) -> None:
    crowd = [Candidate(f"t{number}") for number in range(size)]
    one, other = World(7, explore=0.3), World(7, explore=0.3)
    for _ in range(200):
        assert one.router.choose(crowd) == other.router.choose(crowd)
