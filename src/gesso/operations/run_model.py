"""run_model: any model of a provider's, with its inputs in the provider's own words.

Which models, and for how much, is the catalogue's to say: an entry for one, or a pattern for many.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import Field
from pydantic_core import to_json

from gesso.domain import media
from gesso.domain.tasks import Draft, Operation, Order, Views, asset_uuid, assets_in
from gesso.infra.errors import Invalid
from gesso.infra.web import pointer

LARGEST: Final = 64 << 10
"""Bytes of an input as JSON."""
MOST_ASSETS: Final = 16


class RunModelOrder(Order):
    """A run of a model."""

    type: Literal["run_model"]
    # One tier: what is sent is the same in each.
    tier: Literal["standard"] = "standard"
    # With an owner: a version alone would go by a price that is not its model's.
    model: str = Field(
        max_length=200,
        pattern=r"^[a-z0-9_-]+:[^/:]+/.+$",
        description="The provider and its own name of the model: `fal:fal-ai/flux/dev`, "
        "`replicate:owner/name`, `replicate:owner/name:version`.",
        json_schema_extra={"x-ui": "model"},
    )
    input: dict[str, Any] = Field(
        description="In the provider's own words. A text that is the id of an asset of yours "
        "becomes a link to it.",
        json_schema_extra={"x-ui": "json"},
    )


class RunModel(Operation[RunModelOrder]):
    """One job, with every file that the provider names, or the value that it is."""

    type = "run_model"
    title = "Run a model"
    summary = "Any model of a provider that is offered here, in the provider's own words."
    params = RunModelOrder
    phases = ("run",)
    makes = ("run_model",)
    verbatim = True

    async def draft(self, views: Views, owner_id: UUID, order: RunModelOrder) -> Sequence[Draft]:
        """The one run; Invalid tells of an asset that is not the owner's, or of too much."""
        if len(to_json(order.input)) > LARGEST:
            raise _too_large(f"An input has at most {LARGEST} bytes.")
        places = {text: place for place, text in assets_in(order.input)}
        if len(places) > MOST_ASSETS:
            raise _too_large(f"An input names at most {MOST_ASSETS} assets.")
        if places:
            async with views() as view:
                theirs = await media.strange(view, owner_id, places)
            if theirs:
                path = ("input", *places[theirs[0]])
                raise Invalid(
                    "There is no such asset of yours.",
                    code="unknown_asset",
                    pointer=pointer(path, {"input": order.input}, absent=False),
                )
        return self.plan(order)

    def plan(self, order: RunModelOrder) -> Sequence[Draft]:
        """The one run; each asset goes by its own id."""
        assets = {text: asset_uuid(text) for _, text in assets_in(order.input)}
        return [Draft(makes="run_model", index=0, input=order.input, assets=assets)]


def _too_large(message: str) -> Invalid:
    return Invalid(message, code="input_too_large", pointer="#/input")
