"""Tasks: taken in, paid for, made by providers, and brought to exactly one end."""

from gesso.domain.tasks import queues
from gesso.domain.tasks.due import release_leases
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.operation import (
    AssetInput,
    Await,
    Done,
    Draft,
    Fail,
    ImageInput,
    Made,
    Operation,
    Order,
    Prompt,
    Seed,
    Step,
    asset_uuid,
)
from gesso.domain.tasks.submit import Answer, Replayed, Request, Submitted, forget_keys, submit

__all__ = [
    "Answer",
    "AssetInput",
    "Await",
    "Done",
    "Draft",
    "Fail",
    "ImageInput",
    "Made",
    "Menu",
    "Operation",
    "Order",
    "Prompt",
    "Replayed",
    "Request",
    "Seed",
    "Step",
    "Submitted",
    "asset_uuid",
    "forget_keys",
    "queues",
    "release_leases",
    "submit",
]
