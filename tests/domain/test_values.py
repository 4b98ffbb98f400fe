"""Values: what a provider says is made fit for every database, or not taken."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.domain.tasks.values import LARGEST, fit
from gesso.infra.inspect import Rejected

VALUES = st.dictionaries(
    st.text(max_size=6),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each),
        max_leaves=9,
    ),
)


@given(VALUES)
def test_what_is_taken_can_be_written_and_what_is_fit_stays_so(value: dict[str, Any]) -> None:
    try:
        taken = fit(value)
    except Rejected:
        return
    text = json.dumps(taken, ensure_ascii=False, allow_nan=False)
    assert "\\u0000" not in json.dumps(taken).replace("\\\\", "")
    assert text.encode()
    assert fit(taken) == taken


def test_what_no_database_takes_is_left_out_or_replaced() -> None:
    assert fit({"a\0b": ["c\0", "\ud800"]}) == {"ab": ["c", "?"]}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"text": "x" * LARGEST}, "value_too_large"),
        ({"text": "\u20ac" * (LARGEST // 3)}, "value_too_large"),
        ({"share": float("nan")}, "value_broken"),
        ({"when": object()}, "value_broken"),
        ({"many": 10**6000}, "value_broken"),
        (nested(40), "value_broken"),
        (nested(5000), "value_broken"),
    ],
    ids=["long", "long in bytes", "nan", "an object", "a huge number", "deep", "very deep"],
)
def test_what_cannot_be_kept_is_refused(value: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        fit(value)
    assert refused.value.code == code
