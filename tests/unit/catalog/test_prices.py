"""Prices: exact, never more than the most that was frozen, and proven by their examples."""

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.domain.catalog import CatalogError, Price, load_catalog
from gesso.kit.money import CREDIT

RATES = st.decimals(0, 50, places=6)
FACTORS = st.decimals("0.1", 10, places=2)
MEASURES = ("seconds", "megapixels", "input_tokens", "output_tokens")
BOUNDS = {"seconds": 60, "megapixels": 40, "input_tokens": 200_000, "output_tokens": 64_000}


@st.composite
def prices(draw: st.DrawFn) -> Price:
    rule = {name: draw(RATES) for name in ("second", "megapixel", "input_token", "output_token")}
    return Price.model_validate({
        **rule,
        "piece": draw(st.decimals("0.000001", 10, places=6)),
        "per_tokens": draw(st.sampled_from([1, 1000, 1_000_000])),
        "tiers": {tier: draw(FACTORS) for tier in ("fast", "high")},
        "at_least": draw(st.decimals(0, 1, places=6)),
        "bounds": BOUNDS,
    })  # fmt: skip


QUANTITIES = st.fixed_dictionaries(
    {},
    optional={
        "seconds": st.one_of(st.integers(0, 60), st.decimals(0, 60, places=3)),
        "megapixels": st.decimals(0, 40, places=4),
        "input_tokens": st.integers(0, 200_000),
        "output_tokens": st.integers(0, 64_000),
        "tier": st.sampled_from(["fast", "standard", "high"]),
    },
)


@given(prices(), QUANTITIES)
def test_the_most_is_never_less_than_the_amount(price: Price, values: dict[str, Any]) -> None:
    asked = {name: each for name, each in values.items() if not name.endswith("tokens")}
    assert price.most(asked) >= price.amount(values) >= 0
    assert price.most(asked) > 0


@given(prices(), QUANTITIES, st.sampled_from(MEASURES), st.integers(0, 1000))
def test_more_is_never_cheaper(
    price: Price, values: dict[str, Any], measure: str, more: int
) -> None:
    less = {**values, measure: values.get(measure, 0)}
    assert price.amount({**less, measure: less[measure] + more}) >= price.amount(less)


@given(prices(), QUANTITIES)
def test_it_is_the_exact_sum_rounded_up_once(price: Price, values: dict[str, Any]) -> None:
    full = {**dict.fromkeys(MEASURES, 0), **values}
    per = price.per_tokens
    exact = (
        Fraction(price.piece)
        + Fraction(price.second) * Fraction(full["seconds"])
        + Fraction(price.megapixel) * Fraction(full["megapixels"])
        + Fraction(price.input_token) * full["input_tokens"] / per
        + Fraction(price.output_token) * full["output_tokens"] / per
    )
    exact *= Fraction(price.tiers.get(values.get("tier", "standard"), Decimal(1)))
    exact = max(exact, Fraction(price.at_least)) * CREDIT
    assert 0 <= price.amount(full) - exact < 1


@given(prices(), st.integers(0, 200_000), st.integers(0, 64_000))
def test_what_an_order_bounds_bounds_the_price(price: Price, read: int, written: int) -> None:
    bounds = {"max_input_tokens": read, "max_output_tokens": written}
    used = {"input_tokens": read, "output_tokens": written}
    assert price.most(bounds) == max(1, price.amount(used))
    assert price.amount(bounds) == price.amount(used)  # nobody told what was used: the most


@pytest.mark.parametrize(
    ("rule", "values", "amount"),
    [
        (1, {}, 1_000_000),
        ("0.25", {"tier": "high"}, 250_000),
        ({"piece": "0.1", "tiers": {"high": 3}}, {"tier": "high"}, 300_000),
        ({"second": "0.05", "bounds": {"seconds": 10}}, {"seconds": 5}, 250_000),
        ({"second": "0.05", "bounds": {"seconds": 10}}, {}, 500_000),
        ({"second": "0.1", "bounds": {"seconds": 10}}, {"seconds": 0.1}, 10_000),
        ({"second": "0.1", "bounds": {"seconds": 10}}, {"seconds": "4"}, 400_000),
        ({"second": "0.1", "bounds": {"seconds": 10}}, {"seconds": True}, 1_000_000),
        ({"second": "0.1", "bounds": {"seconds": 10}}, {"seconds": float("nan")}, 1_000_000),
        ({"second": "0.1", "bounds": {"seconds": 10}}, {"seconds": -1}, 1_000_000),
        ({"second": "0.1", "bounds": {"seconds": 10}}, {"seconds": "1e999999999"}, 1_000_000),
        ({"second": "0.1", "bounds": {"seconds": 10}}, {"seconds": "1e-999999999"}, 1),
        ({"second": "0.1", "bounds": {"seconds": 10}}, {"seconds": 10**5000}, 1_000_000),
        ({"megapixel": "0.02", "bounds": {"megapixels": 4}}, {"width": 1024, "height": 768}, 15729),
        ({"megapixel": 1, "at_least": 1, "bounds": {"megapixels": 4}}, {"megapixels": 0.5}, CREDIT),
    ],
)
def test_price_cards_come_to_the_micro_credit(
    rule: Any, values: dict[str, Any], amount: int
) -> None:
    assert Price.model_validate(rule).amount(values) == amount


def test_tokens_are_charged_as_used_and_frozen_at_their_most() -> None:
    price = Price.model_validate({
        "input_token": "0.3",
        "output_token": "1.2",
        "bounds": {"input_tokens": 100_000, "output_tokens": 8000},
    })  # fmt: skip
    assert price.is_metered
    assert price.most({}) == 30_000 + 9600
    assert price.amount({"input_tokens": 1234, "output_tokens": 56}) == 438  # 370.2 + 67.2, up
    assert (price.unit, price.rate("fast")) == ("1000000 output tokens", 1_200_000)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"price": 0}, "more than nothing"),
        ({"price": {"second": 1}}, "needs `bounds: {seconds: …}`"),
        ({"price": {"second": 1, "bounds": {"seconds": 4}}}, "needs worked examples"),
        ({"price": {"hour": 1}}, "price.hour: Extra inputs are not permitted"),
        ({"price": 1, "examples": [{"price": 2}]}, "its price comes to 1, not 2"),
        (
            {"price": 1, "examples": [{"price": 1, "most": "1.5"}]},
            "its most comes to 1, not 1.5",
        ),
        ({"targets": [{"provider": "studio", "model": "paint"}]}, "has no provider, model of its"),
        ({"queue": ""}, "names no queue"),
        ({"fallback": ["nobody/knows"]}, "falls back on 'nobody/knows'"),
        ({"fallback": ["studio/film"]}, "which makes other things"),
        ({"tiers": []}, "tiers: Tuple should have at least 1 item"),
    ],
)
def test_an_unsound_entry_is_named(tmp_path: Path, model: Mapping[str, Any], words: str) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(_yaml({"id": "house/odd", "price": 1, "queue": "image", **model}))
    with pytest.raises(CatalogError) as error:
        load_catalog([file])
    assert "house/odd: " in str(error.value)
    assert words in str(error.value)


def test_an_entry_without_a_name_is_told_by_its_place(tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(_yaml({"queue": "image", "price": 1}))
    with pytest.raises(CatalogError, match=r"models\.0: id: Field required"):
        load_catalog([file])


def _yaml(model: Mapping[str, Any]) -> str:
    whole = {"makes": "text_to_image", "provider": "studio", "model": "paint", **model}
    return json.dumps({"version": "house-1", "models": [whole]})
