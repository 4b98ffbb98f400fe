"""Keys are chosen by weight among those that may, and never beyond what they may."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from gesso.domain.keyring import rules
from gesso.domain.keyring.rules import Standing, choose
from gesso.kit.ids import new_id

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
MINUTE = NOW.replace(second=0)


def standing(key_id: UUID | None = None, **facts: object) -> Standing:
    usual: dict[str, object] = {
        "id": key_id or new_id(), "weight": 1, "max_concurrency": None, "per_minute": None,
        "in_flight": 0, "faults": 0, "rests_until": None,
        "window_at": None, "window_used": 0, "window_before": 0,
    }  # fmt: skip
    return Standing(**{**usual, **facts})  # type: ignore[arg-type]


limits = st.none() | st.integers(1, 20)
keys = st.builds(
    standing,
    weight=st.integers(1, 1000),
    max_concurrency=limits,
    per_minute=limits,
    in_flight=st.integers(0, 25),
    faults=st.integers(0, 3),
    rests_until=st.none() | st.integers(-100, 100).map(lambda s: NOW + timedelta(seconds=s)),
    window_at=st.sampled_from([None, MINUTE, MINUTE - rules.MINUTE, MINUTE - 5 * rules.MINUTE]),
    window_used=st.integers(0, 25),
    window_before=st.integers(0, 25),
)
dice = st.floats(0, 1, exclude_max=True)


@given(st.lists(keys, max_size=8), dice)
def test_no_key_is_chosen_that_rests_or_is_full(ring: list[Standing], roll: float) -> None:
    chosen = choose(ring, NOW, roll)
    if isinstance(chosen, float):
        assert chosen > 0
        assert all(key.wait(NOW) > 0 for key in ring)
        return
    assert chosen in ring
    assert chosen.rests_until is None or chosen.rests_until <= NOW
    assert chosen.max_concurrency is None or chosen.in_flight < chosen.max_concurrency
    assert chosen.per_minute is None or chosen.used(NOW) + 1 <= chosen.per_minute


@given(st.lists(keys, min_size=1, max_size=6), st.lists(dice, min_size=1, max_size=60))
def test_however_often_it_is_lent_no_limit_is_passed(
    ring: list[Standing], rolls: list[float]
) -> None:
    known = {key.id: key for key in ring}
    lent: Counter[UUID] = Counter()
    for roll in rolls:
        chosen = choose(list(known.values()), NOW, roll)
        if isinstance(chosen, float):
            break
        known[chosen.id] = chosen.lent(NOW)
        lent[chosen.id] += 1
    for key in ring:
        after = known[key.id]
        assert after.in_flight == key.in_flight + lent[key.id]
        if key.max_concurrency is not None:
            assert lent[key.id] <= max(0, key.max_concurrency - key.in_flight)
        if key.per_minute is not None:
            assert lent[key.id] <= key.per_minute
        if key.faults:
            assert lent[key.id] <= 1  # whoever has it tries it out


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=6))
def test_the_dice_give_each_key_its_share(weights: list[int]) -> None:
    ring = [standing(weight=weight) for weight in weights]
    total = sum(weights)
    # Every point of the dice at once: the middle of each of `total` equal parts.
    seen = Counter(
        chosen.id
        for point in range(total)
        if isinstance(chosen := choose(ring, NOW, (point + 0.5) / total), Standing)
    )
    assert [seen[key.id] for key in ring] == weights


def test_a_key_is_tried_out_before_others_get_it() -> None:
    back = standing(faults=2, rests_until=NOW - timedelta(seconds=1))
    fine = standing(weight=1000)
    assert choose([fine, back], NOW, 0.0) is back
    lent = back.lent(NOW)
    assert lent.rests_until == NOW + rules.PROBING
    assert choose([fine, lent], NOW, 0.0) is fine


@given(st.integers(1, 30), st.floats(0, 1))
def test_a_rest_grows_and_has_an_end(faults: int, pick: float) -> None:
    rest = rules.rest(faults, None, pick=pick).total_seconds()
    assert 15 <= rest <= 3600
    assert rules.rest(faults, 9000.0, pick=pick).total_seconds() == 9000.0
    assert rules.rest(faults, None, pick=pick) <= rules.rest(faults + 1, None, pick=1.0)


def test_a_minute_slides() -> None:
    key = standing(per_minute=10, window_at=MINUTE - rules.MINUTE, window_used=10)
    assert key.used(MINUTE) == 10
    assert key.used(NOW) == 5
    assert key.used(MINUTE + rules.MINUTE) == 0
    assert key.wait(MINUTE) > 0
    lent = key.lent(NOW)
    assert (lent.window_at, lent.window_used, lent.window_before) == (MINUTE, 1, 10)
    assert lent.used(NOW) == 6
