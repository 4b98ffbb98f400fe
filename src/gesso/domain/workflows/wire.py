"""Workflows on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gesso.domain.workflows.tables import Workflow
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text, micro_credits
from gesso.providers.comfyui.template import Template, read_template


class WorkflowOut(BaseModel):
    """A workflow that can be ordered: what it takes, what it gives."""

    model_config = ConfigDict(populate_by_name=True)

    name: str
    version: int
    title: str
    summary: str
    price: str | None = Field(description="Credits for a run; null: as the operation's list says.")
    inputs_schema: dict[str, Any] = Field(
        serialization_alias="schema", description="JSON schema of an order's `inputs`."
    )
    outputs: list[Literal["image", "video", "model"]]
    created_at: datetime


class VersionOut(BaseModel):
    """One version of a workflow, whole."""

    name: str
    version: int
    active: bool
    origin: Literal["file", "api"]
    digest: str = Field(description="SHA-256 of the template's canonical JSON.")
    template: Template
    created_by: str | None
    created_at: datetime


def workflow_out(workflow: Workflow, template: Template) -> WorkflowOut:
    """As users see it: nothing of its graph."""
    price = template.price
    return WorkflowOut(
        name=workflow.name,
        version=workflow.version,
        title=template.title,
        summary=template.summary,
        price=None if price is None else credits_text(micro_credits(price)),
        inputs_schema=template.schema_of_inputs,
        outputs=[output.kind for output in template.outputs],
        created_at=workflow.created_at,
    )


def version_out(workflow: Workflow) -> VersionOut:
    """As operators see it."""
    return VersionOut(
        name=workflow.name,
        version=workflow.version,
        active=workflow.active,
        origin=workflow.origin,  # type: ignore[arg-type]  # checked by the database
        digest=workflow.digest,
        template=read_template(workflow.content),
        created_by=public_id("user", workflow.created_by) if workflow.created_by else None,
        created_at=workflow.created_at,
    )
