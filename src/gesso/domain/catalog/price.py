"""Price rules: what a piece comes to, in whole micro-credits, from what is asked for or used up.

A rule is a sum: so much for the piece, so much a second, a megapixel, a token read or written;
times the tier's factor; at least `at_least`. It is reckoned in fractions and rounded once, at the
end, up to the next micro-credit, so no figure ever drifts. What is only known afterwards (tokens)
is frozen at its most and charged as the provider tells it.
"""

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal, InvalidOperation
from fractions import Fraction
from math import ceil
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gesso.kit.money import CREDIT

Tier = Literal["fast", "standard", "high"]

Rate = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)]
Factor = Annotated[Decimal, Field(gt=0, le=1000, decimal_places=4)]
Quantity = Annotated[Decimal, Field(gt=0, le=1_000_000_000, decimal_places=6)]
Measure = Literal["seconds", "megapixels", "input_tokens", "output_tokens"]

USED: Final = ("input_tokens", "output_tokens")
"""The measures that are known only when the work is done, as `Delivered.usage` names them."""
_MEASURES: Final[Mapping[Measure, str]] = {
    "seconds": "second",
    "megapixels": "megapixel",
    "input_tokens": "input_token",
    "output_tokens": "output_token",
}
"""Each measure, and the field that holds its rate."""
_LARGEST, _FINEST = Decimal(10) ** 12, Decimal("1e-12")


class Price(BaseModel):
    """The rule by which one piece is priced; rates are credits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    piece: Rate = Decimal(0)
    second: Rate = Decimal(0)
    megapixel: Rate = Decimal(0)
    input_token: Rate = Decimal(0)
    output_token: Rate = Decimal(0)
    per_tokens: Literal[1, 1000, 1_000_000] = 1_000_000
    """For how many tokens their rates are meant."""
    tiers: Mapping[Tier, Factor] = {}
    """What the sum is multiplied by in a tier; 1 unless given."""
    at_least: Rate = Decimal(0)
    bounds: Mapping[Measure, Quantity] = {}
    """The most that there can be of a measure, which counts where an order leaves it open."""

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, given: Any) -> Any:
        """A bare number is the price of a piece."""
        return given if isinstance(given, Mapping | Price) else {"piece": given}

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not any(self._rate(measure) for measure in _MEASURES) and not self.piece:
            raise ValueError("a price is more than nothing")
        for measure, field in _MEASURES.items():
            if self._rate(measure) and measure not in self.bounds:
                raise ValueError(f"a price by the {field} needs `bounds: {{{measure}: …}}`")
        return self

    def amount(self, values: Mapping[str, Any]) -> int:
        """What a piece comes to in micro-credits: `values` are its input, its `tier`, and what was
        used up. What they leave open counts at its most.
        """
        return self._sum(values, {each: self._known(each, values) for each in _MEASURES})

    def most(self, values: Mapping[str, Any]) -> int:
        """The most that a piece with this input can come to, in micro-credits; above zero.

        `max_input_tokens` and `max_output_tokens` bound what is only known afterwards.
        """
        known = {each: self._known(each, values) for each in _MEASURES if each not in USED}
        return max(1, self._sum(values, known))

    @property
    def is_metered(self) -> bool:
        """Whether the charge is known only when the work is done."""
        return any(self._rate(measure) for measure in USED)

    @property
    def is_flat(self) -> bool:
        """Whether every piece costs the same, but for its tier."""
        return not any(self._rate(measure) for measure in _MEASURES)

    @property
    def unit(self) -> str | None:
        """What the first of its rates is meant for; None: the piece."""
        measure = self._leading
        if measure is None:
            return None
        noun = _MEASURES[measure].replace("_", " ")
        return f"{self.per_tokens} {noun}s" if measure in USED and self.per_tokens > 1 else noun

    def rate(self, tier: Tier) -> int:
        """What one `unit` costs in this tier, in micro-credits."""
        measure = self._leading
        rate = self.piece if measure is None else getattr(self, _MEASURES[measure])
        return ceil(Fraction(rate) * self._factor(tier) * CREDIT)

    @property
    def _leading(self) -> Measure | None:
        """The measure that tells most of the price, the last one listed that has a rate."""
        return next((each for each in reversed([*_MEASURES]) if self._rate(each)), None)

    def _sum(self, values: Mapping[str, Any], known: Mapping[Measure, Fraction | None]) -> int:
        whole = Fraction(self.piece)
        for measure in _MEASURES:
            rate, quantity = self._rate(measure), known.get(measure)
            if rate:
                whole += rate * (self._bound(measure, values) if quantity is None else quantity)
        whole = max(whole * self._factor(values.get("tier")), Fraction(self.at_least))
        return ceil(whole * CREDIT)

    def _rate(self, measure: Measure) -> Fraction:
        rate = Fraction(getattr(self, _MEASURES[measure]))
        return rate / self.per_tokens if measure in USED else rate

    def _bound(self, measure: Measure, values: Mapping[str, Any]) -> Fraction:
        told = _number(values.get(f"max_{measure}")) if measure in USED else None
        return Fraction(self.bounds[measure]) if told is None else told

    def _factor(self, tier: Any) -> Fraction:
        return Fraction(self.tiers.get(tier, 1))

    def _known(self, measure: Measure, values: Mapping[str, Any]) -> Fraction | None:
        told = _number(values.get(measure))
        if told is None and measure == "megapixels":
            across, down = _number(values.get("width")), _number(values.get("height"))
            return None if across is None or down is None else across * down / 1_000_000
        return told


def _number(value: Any) -> Fraction | None:
    """The exact number that its decimal text says; None for what is no quantity."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):  # ValueError: an integer of thousands of digits
        return None
    if not number.is_finite() or not 0 <= number <= _LARGEST:
        return None
    # "1e-999999999" is a number too, and its fraction would fill the memory.
    return Fraction(number.quantize(_FINEST, ROUND_UP) if number.adjusted() < -12 else number)
