"""Patterns: which entry a name goes by, and that no name leads anywhere else."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from gesso.domain.catalog import Catalog, CatalogError, Model, load_catalog

USUAL: dict[str, Any] = {"makes": "run_model", "provider": "fal", "queue": "image", "price": 2}
VERSION = "5c7d" * 16


def entry(name: str, model: str, **more: Any) -> dict[str, Any]:
    return {**USUAL, "id": name, "model": model, **more}


def catalog(*entries: dict[str, Any]) -> Catalog:
    return Catalog.model_validate({"version": "1", "models": entries})


HOUSE = catalog(
    entry("fal:*", "*", price=2),
    entry("fal:fal-ai/veo*", "fal-ai/veo*", price=50),
    entry("fal:fal-ai/veo3/fast", "fal-ai/veo3/fast", price=9),
    entry("fal:fal-ai/gone*", "fal-ai/gone*", disabled=True),
    entry("fal:fal-ai/veo-old", "fal-ai/veo-old", disabled=True),
    entry("house*", "owner/*", price=1),
    entry("replicate:*", "*", provider="replicate", price=3),
)


@pytest.mark.parametrize(
    ("name", "model", "price"),
    [
        ("fal:fal-ai/flux/dev", "fal-ai/flux/dev", 2),
        ("fal:fal-ai/veo3", "fal-ai/veo3", 50),
        ("fal:fal-ai/veo3/fast", "fal-ai/veo3/fast", 9),
        ("fal:fal-ai/veo3/fast/more", "fal-ai/veo3/fast/more", 50),
        ("house-paint", None, None),
        ("housepaint", "owner/paint", 1),
        (f"replicate:owner/name:{VERSION}", f"owner/name:{VERSION}", 3),
    ],
)
def test_a_name_goes_by_its_own_entry_or_by_the_longest_pattern(
    name: str, model: str | None, price: int | None
) -> None:
    found = HOUSE.named(name)
    if model is None or price is None:
        assert found is None
        return
    assert found is not None
    assert (found.id, found.targets[0].model) == (name, model)
    assert found.price.piece == price
    assert HOUSE.target(name, found.targets[0].provider, model) == found.targets[0]


@pytest.mark.parametrize(
    "name",
    [
        "fal:*", "fal:", "fal", "fal:fal-ai/veo*", "fal:fal-ai//flux", "fal:fal-ai/flux/",
        "fal:../../admin", "fal:fal-ai/../x", "fal:fal-ai/./x", "fal:fal-ai/x?y=1",
        "fal:fal-ai/x#y", "fal:fal-ai/%2e%2e/x", "fal:fal-ai/a b", "fal:fal-ai/FLUX",
        "fal:fal-ai/é", "fal:fal-ai/x\n",
        "fal:http://169.254.169.254/", "fal:@host/x", "house", "house..", "house./x", "house:x",
        "house/../x", "replicate:owner/name:", "luma:ray/2",
    ],
)  # fmt: skip
def test_no_other_name_is_a_model(name: str) -> None:
    assert HOUSE.named(name) is None


def test_what_is_disabled_is_told_as_such_and_not_sold_by_another_pattern() -> None:
    for name in ("fal:fal-ai/gone/away", "fal:fal-ai/veo-old"):
        found = HOUSE.named(name)
        assert found is not None
        assert found.disabled


def test_nobody_is_led_to_a_pattern_who_names_no_model() -> None:
    assert HOUSE.makers("run_model", "standard") == [HOUSE.by_id["fal:fal-ai/veo3/fast"]]


@pytest.mark.parametrize(
    "wrong",
    [
        entry("fal:*", "fal-ai/flux"),
        entry("fal:flux", "*"),
        entry("fal:*/dev", "*/dev"),
        entry("*", "*"),
        entry("fal:*", "*", fallback=["fal:flux"]),
        entry("fal:*", "*", price={"second": 1, "bounds": {"seconds": 9}}, examples=[{"price": 9}]),
    ],
)
def test_a_pattern_that_makes_no_sense_is_no_entry(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Model.model_validate(wrong)


def test_nothing_falls_back_on_a_pattern(tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    entries = [entry("fal:*", "*"), entry("fal:flux", "flux", fallback=["fal:*"])]
    file.write_text(yaml.safe_dump({"version": "1", "models": entries}))
    with pytest.raises(CatalogError, match="which is a pattern"):
        load_catalog([file])


def test_the_built_in_catalogue_has_no_pattern() -> None:
    assert [model.id for model in load_catalog().models if model.is_pattern] == []
