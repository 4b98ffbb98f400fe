"""Answers of language models: what is told of their shape, and what is taken for one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.providers.language import plain
from gesso.providers.language.schema import read
from tests.providers.test_questions import JSON, SCHEMA


def test_a_schema_is_told_without_what_providers_do_not_take() -> None:
    assert plain(SCHEMA) == {
        "type": "object",
        "properties": {
            "hue": {"type": "string", "enum": ["red", "blue"]},
            "share": {"type": "number"},
        },
        "required": ["hue", "share"],
        "additionalProperties": False,
    }


@given(st.text() | JSON.map(json.dumps))
def test_whatever_a_model_says_is_an_object_or_a_list_of_faults(text: str) -> None:
    found = read(SCHEMA, text)
    if isinstance(found, dict):
        assert found["hue"] in {"red", "blue"}
    else:
        assert found


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "9" * 6000, '{"share": NaN}'])
def test_whatever_is_built_to_hurt_a_parser_is_a_fault(text: str) -> None:
    assert not isinstance(read(SCHEMA, text), dict)
