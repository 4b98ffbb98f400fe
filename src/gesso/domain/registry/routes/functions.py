"""What can be run, over HTTP."""

from typing import Any, Protocol, cast

from fastapi import Request
from pydantic import BaseModel, Field

from gesso.domain.identity import GuardedHouse, OperatorDep
from gesso.domain.registry.function import Functions, RegisteredTask
from gesso.infra.web import house_of, new_router

router = new_router("registry", prefix="/api/v1/registry")


class RegistryHouse(GuardedHouse, Protocol):
    """What these routes need of the house."""

    @property
    def functions(self) -> Functions:
        """What can be run here."""


def functions_of(request: Request) -> Functions:
    """What can be run in the house that this request came into."""
    return cast(RegistryHouse, house_of(request)).functions


class FunctionOut(BaseModel):
    """A registered function: its arguments as JSON schema, and how its runs are treated."""

    name: str
    summary: str
    queue: str
    arguments: dict[str, Any] = Field(description="JSON schema of what it takes.")
    max_attempts: int
    backoff_first: float
    backoff_cap: float
    timeout_seconds: float
    priority: int
    parallel: bool = Field(description="Whether two of its runs may be in hand at once.")


class FunctionsOut(BaseModel):
    """Every registered function, by name."""

    items: list[FunctionOut]
    next_cursor: str | None = None


@router.get("/tasks")
async def list_registered_tasks(request: Request, _operator: OperatorDep) -> FunctionsOut:
    """List the functions that can be run by name: those of this installation and of its plugins.
    Which there are is a matter of what is installed, never of a request.
    """
    functions = functions_of(request)
    return FunctionsOut(items=[_out(functions[name]) for name in sorted(functions)])


def _out(function: RegisteredTask[..., Any]) -> FunctionOut:
    terms = function.terms
    first, cap = terms.backoff
    return FunctionOut(
        name=function.name,
        summary=function.summary,
        queue=terms.queue,
        arguments=function.arguments.model_json_schema(),
        max_attempts=terms.max_attempts,
        backoff_first=first,
        backoff_cap=cap,
        timeout_seconds=terms.timeout,
        priority=terms.priority,
        parallel=terms.parallel,
    )
