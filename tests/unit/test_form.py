"""What an operation takes is said in words that every form knows, or it is refused by name."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from gesso.app.plugins import find_operations
from gesso.domain.tasks import FormError, Operation, Order, Prompt, Seed, check_form
from gesso.domain.tasks.form import form_of
from gesso.infra.settings import SettingsError
from gesso.operations import BUILT_IN
from gesso.operations.image_to_video import ImageToVideoOrder


class Crop(BaseModel):
    kind: Literal["crop"]
    edge: int = Field(8, ge=8, le=64, multiple_of=8)


class Blur(BaseModel):
    kind: Literal["blur"]
    radius: float = Field(1, gt=0, lt=10)


class Inner(BaseModel):
    name: Annotated[str, Field(max_length=20)]


class Outer(BaseModel):
    inner: Inner


class Endless(BaseModel):
    below: "Endless | None" = None


def order(**fields: Any) -> type[Order]:
    named: dict[str, Any] = {"type": (Literal["some"], ...), **fields}
    kind: type[Order] = create_model("SomeOrder", __base__=Order, **named)
    return kind


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.type)
def test_every_operation_of_ours_fits_a_form(kind: type[Operation[Any]]) -> None:
    check_form(kind.params)


def test_a_form_knows_these_words() -> None:
    check_form(
        order(
            prompt=(Prompt, ...),
            seed=(Seed, None),
            effect=(Annotated[Crop | Blur, Field(discriminator="kind")], ...),
            names=(Annotated[list[Inner], Field(max_length=3)], []),
            box=(Inner | None, None),
            free=(dict[str, Any], Field({}, json_schema_extra={"x-ui": "json"})),
            sure=(bool, False),
        )
    )


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ((list[str], []), "#/properties/it: "),
        ((dict[str, Any], {}), "#/properties/it: "),
        ((Any, None), "#/properties/it: "),
        ((Decimal, Decimal(1)), "#/properties/it/anyOf: "),
        ((int | str | None, None), "#/properties/it/anyOf: "),
        ((Crop | Blur, ...), "#/properties/it/anyOf: "),
        ((Outer, ...), "#/properties/it/properties/inner: "),
        ((Annotated[list[list[int]], Field(max_length=2)], []), "#/properties/it/items: "),
        ((tuple[int, str], (1, "")), "#/properties/it/prefixItems: "),
        ((str, Field("", json_schema_extra={"x-ui": "promt"})), "#/properties/it/x-ui: "),
        ((str, Field("", json_schema_extra={"if": {}})), "#/properties/it/if: "),
        ((Endless, ...), "#: Endless"),
    ],
)
def test_what_no_form_can_show_is_refused_with_its_place(field: Any, where: str) -> None:
    with pytest.raises(FormError) as refused:
        check_form(order(it=field))
    assert str(refused.value).startswith(where)


def test_what_matters_stands_first_and_the_envelope_nowhere() -> None:
    names = list(form_of(ImageToVideoOrder)["properties"])
    assert names[:2] == ["image", "prompt"]
    assert names[-4:] == ["tier", "model", "priority", "type"]
    assert {"expected_max", "wallet"}.isdisjoint(names)


ODD = """
from typing import Literal
from gesso.domain.tasks import Operation, Order

class OddOrder(Order):
    type: Literal["odd"]
    words: list[str] = []

class Odd(Operation[OddOrder]):
    type, title, summary, params, makes = "odd", "Odd", "Odd.", OddOrder, ("sketch",)

    def plan(self, order):
        return ()

OPERATIONS = [Odd]
"""


def test_a_plugin_that_fits_no_form_is_not_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd_operation.py").write_text(ODD)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SettingsError, match=r"'odd'.*#/properties/words: a list needs"):
        find_operations(["odd_operation"])
