"""comfyui_workflow: one run of a workflow that operators have put up, with inputs of its own kind.

What an order may say is declared by the workflow's template, which is read when the order comes;
the job is then made by that very version.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, ValidationError

from gesso.domain import media, workflows
from gesso.domain.tasks import Draft, Operation, Order, Views, asset_uuid
from gesso.infra.errors import Invalid, NotFound
from gesso.infra.web import field_problems
from gesso.kit.money import micro_credits
from gesso.providers.comfyui.template import Template


class ComfyUIWorkflowOrder(Order):
    """A run of a workflow."""

    type: Literal["comfyui_workflow"]
    workflow: str = Field(
        min_length=1,
        max_length=64,
        description="Its name, as `GET /workflows` lists it.",
        json_schema_extra={"x-ui": "workflow"},
    )
    inputs: dict[str, Any] = Field(
        {},
        max_length=64,
        description="As the workflow's own `schema` says.",
        json_schema_extra={"x-ui": "json"},
    )


class ComfyUIWorkflow(Operation[ComfyUIWorkflowOrder]):
    """One job, with every file that the workflow's outputs name."""

    type = "comfyui_workflow"
    title = "ComfyUI workflow"
    summary = "A workflow that runs on ComfyUI servers of this house's own."
    params = ComfyUIWorkflowOrder
    phases = ("run",)
    makes = ("comfyui_workflow",)

    async def draft(
        self, views: Views, owner_id: UUID, order: ComfyUIWorkflowOrder
    ) -> Sequence[Draft]:
        """The one run, by the version in force; Invalid tells every input that does not fit."""
        async with views() as view:
            try:
                workflow, template = await workflows.in_force(view, order.workflow)
            except NotFound as none:
                raise Invalid(none.message, code="unknown_workflow", pointer="#/workflow") from none
            values = _checked(template, order.inputs)
            pictures = {name: str(values.pop(name)) for name in template.images & set(values)}
            wanted = {f"inputs/{name}": (text, "image") for name, text in pictures.items()}
            if wanted:
                await media.inputs(view, owner_id, wanted)
        return [
            Draft(
                makes="comfyui_workflow",
                index=0,
                input=values,
                assets={name: asset_uuid(text) for name, text in pictures.items()},
                recipe={
                    "id": str(workflow.id), "workflow": workflow.name, "version": workflow.version,
                },
                rate=None if template.price is None else micro_credits(template.price),
            )
        ]  # fmt: skip

    def plan(self, order: ComfyUIWorkflowOrder) -> Sequence[Draft]:
        """Never asked: what is to be made stands in the workflow."""
        raise LookupError(f"the workflow {order.workflow!r} has to be read")


def _checked(template: Template, inputs: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return template.values(inputs)
    except ValidationError as error:
        faults = [{**each, "loc": ("body", "inputs", *each["loc"])} for each in error.errors()]
        raise Invalid(
            "The inputs do not fit the workflow; see `errors`.",
            errors=field_problems(faults, {"inputs": dict(inputs)}),
        ) from error
