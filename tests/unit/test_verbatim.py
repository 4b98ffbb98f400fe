"""Inputs in a provider's own words: the assets in them, and the faults that their model finds."""

from typing import Any

import pytest

from gesso.domain.tasks.verbatim import assets_in, check, linked
from gesso.infra.errors import Invalid
from gesso.kit.ids import new_id, public_id

ONE, OTHER = (public_id("asset", new_id()) for _ in range(2))
SCHEMA: dict[str, Any] = {
    "$ref": "#/components/schemas/Input",
    "components": {
        "schemas": {
            "Input": {
                "type": "object",
                "required": ["prompt"],
                "additionalProperties": False,
                "properties": {
                    "prompt": {"type": "string", "maxLength": 40},
                    "a/b": {"$ref": "#/components/schemas/Steps"},
                    "images": {"type": "array", "items": {"$ref": "#/components/schemas/Image"}},
                },
            },
            "Steps": {"type": "integer", "minimum": 1},
            "Image": {"type": "object", "properties": {"url": {"pattern": "^https://"}}},
        }
    },
}


def test_only_whole_ids_of_assets_are_assets() -> None:
    given = {
        "image": ONE, "list": [{"url": OTHER}, f"see {ONE}"], "prompt": "asset_of_mine",
        "task": public_id("task", new_id()), "n": 1, ONE: "a name",
    }  # fmt: skip
    assert sorted(assets_in(given)) == [(("image",), ONE), (("list", 0, "url"), OTHER)]
    assert linked(given, {ONE: "https://a", OTHER: "https://b"}) == {
        **given,
        "image": "https://a",
        "list": [{"url": "https://b"}, f"see {ONE}"],
    }


async def faults(given: dict[str, Any]) -> set[str]:
    """Where, by the refusal, the faults are."""
    with pytest.raises(Invalid) as caught:
        await check(SCHEMA, given, [ONE])
    refusal = caught.value
    assert (refusal.kind, refusal.status) == ("input_invalid", 422)
    errors: Any = refusal.facts["errors"]
    assert "secret words" not in str(errors)
    return {f"{each['pointer']} {each['code']}" for each in errors}


async def test_what_fits_is_taken_with_links_where_assets_are_named() -> None:
    await check(SCHEMA, {"prompt": "an owl", "a/b": 4, "images": [{"url": ONE}]}, [ONE])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, {"#/input/prompt missing"}),
        ({"prompt": "secret words" * 9}, {"#/input/prompt maxLength"}),
        ({"prompt": 1, "a/b": 0}, {"#/input/prompt type", "#/input/a~1b minimum"}),
        ({"prompt": "", "images": [{}, {"url": OTHER}]}, {"#/input/images/1/url pattern"}),
        ({"prompt": "", "y~": 2}, {"#/input/y~0 extra_forbidden"}),
    ],
)  # fmt: skip
async def test_every_fault_has_a_pointer_and_repeats_nothing(
    given: dict[str, Any], told: set[str]
) -> None:
    assert await faults(given) == told


async def test_many_faults_are_told_in_part() -> None:
    found = await faults({"prompt": "", **{f"name{n}": n for n in range(1000)}})
    assert len(found) == 20


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/nowhere"},
        {"properties": {"prompt": {"pattern": "("}}},
    ],
)
async def test_a_schema_that_makes_no_sense_refuses_nothing(schema: dict[str, Any]) -> None:
    await check(schema, {"prompt": 1}, [])


async def test_where_no_schema_is_told_anything_is_taken() -> None:
    await check(None, {"prompt": 1}, [])
