"""Money: whole micro-credits inside, decimal strings in credits at the API."""

from decimal import Decimal, InvalidOperation

CREDIT = 1_000_000
"""Micro-credits in one credit."""

LARGEST = 10**15
"""The largest amount that is taken in, in micro-credits: a milliard credits."""


def credits_text(amount: int) -> str:
    """`amount` micro-credits as the shortest exact decimal, e.g. `"10"` or `"0.25"`."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), CREDIT)
    return f"{sign}{whole}.{rest:06d}".rstrip("0").rstrip(".") if rest else f"{sign}{whole}"


def micro_credits(text: str | int | Decimal) -> int:
    """Micro-credits in a decimal number of credits; ValueError unless exact and in range."""
    try:
        scaled = Decimal(text) * CREDIT
    except InvalidOperation as error:
        raise ValueError("not a decimal number of credits") from error
    if not scaled.is_finite() or abs(scaled) > LARGEST:
        raise ValueError("an amount of credits out of range")
    if scaled != scaled.to_integral_value():
        raise ValueError("credits have at most six decimals")
    return int(scaled)
