"""Models over HTTP: what can be asked for and its price; operators change it while it runs."""

from typing import Annotated, Any, Protocol, cast

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gesso.domain import auditlog, catalog
from gesso.domain.catalog import Model, Tier
from gesso.domain.identity import Caller, GuardedHouse, OperatorDep, Scope, require
from gesso.domain.tasks.listing import ModelsOut, RunningOut, model_out, running_out
from gesso.domain.tasks.menu import Menu
from gesso.infra.errors import Conflict, Invalid, NotFound
from gesso.infra.web import TxDep, answer, house_of, new_router, problems

router = new_router("models")

ModelPath = Annotated[str, Path(max_length=100, description="A model's id, slashes and all.")]
ReaderDep = Annotated[Caller, require(Scope.TASKS_READ)]


class MenuHouse(GuardedHouse, Protocol):
    """What these routes need of the house."""

    @property
    def menu(self) -> Menu:
        """What can be asked for."""


class ModelQuery(BaseModel):
    """`?operation=…&tier=…` of the list."""

    operation: str | None = Field(None, max_length=64)
    tier: Tier | None = None


class ModelChange(BaseModel):
    """What is to be otherwise: of the model, or of the one target that is named."""

    model_config = ConfigDict(extra="forbid", strict=True)

    target: str | None = Field(
        None, max_length=270, description="`provider:model`; none: the model itself."
    )
    disabled: bool | None = None
    pinned: bool | None = Field(None, description="Of a target: taken first whenever it can be.")

    @model_validator(mode="after")
    def _something(self) -> "ModelChange":
        if self.disabled is None and self.pinned is None:
            raise ValueError("name at least one flag")
        if self.pinned is not None and self.target is None:
            raise ValueError("only a target is pinned")
        return self


def _menu(request: Request) -> Menu:
    return cast(MenuHouse, house_of(request)).menu


@router.get("/models")
async def list_models(
    request: Request, _caller: ReaderDep, wanted: Annotated[ModelQuery, Query()]
) -> ModelsOut:
    """List the models that can be asked for: what each makes, in which tiers, its price rule with
    worked examples, and whether anybody can be asked for it now. The first of a tier is taken where
    an order names none.
    """
    menu = _menu(request)
    known = menu.catalog
    shown = [
        model_out(menu, model)
        for model in known.models
        if known.by_id[model.id] is model and not model.disabled
    ]
    return ModelsOut(
        version=known.version,
        items=[
            each
            for each in shown
            if (wanted.operation is None or wanted.operation in each.operations)
            and (wanted.tier is None or wanted.tier in each.tiers)
        ],
    )


@router.post(
    "/models",
    response_model=RunningOut,
    responses={**problems(Invalid, Conflict), 201: {"model": RunningOut, "description": "Added."}},
)
async def put_model(request: Request, tx: TxDep, operator: OperatorDep, entry: Model) -> Response:
    """Add a model, or replace the one of this id. Its examples must come out; every process obeys
    within a second, and what was submitted keeps its price.
    """
    menu = _menu(request)
    menu.check(entry)
    known = await catalog.edit(tx, menu.catalog)
    is_new = entry.id not in known.by_id
    revision = await catalog.put(tx, known, entry, made_by=operator.user_id)
    about = {"revision": revision, "is_new": is_new}
    await auditlog.note(tx, auditlog.actor(request), "model.put", entry.id, about)
    out = running_out(menu, entry, revision)
    return answer(out, status=201 if is_new else 200)


@router.get("/models/{model_id:path}", responses=problems(NotFound))
async def get_model(request: Request, _operator: OperatorDep, model_id: ModelPath) -> RunningOut:
    """Show a model with its targets, and how each did lately as far as this process knows."""
    menu = _menu(request)
    model = menu.catalog.by_id.get(model_id)
    if model is None:
        raise NotFound("There is no such model.")
    return running_out(menu, model, None)


@router.patch("/models/{model_id:path}", responses=problems(NotFound, Conflict))
async def change_model(
    request: Request, tx: TxDep, operator: OperatorDep, model_id: ModelPath, change: ModelChange
) -> RunningOut:
    """Take a model or one of its targets out, or in again; or pin a target."""
    menu = _menu(request)
    flags: dict[str, Any] = {"disabled": change.disabled, "pinned": change.pinned}
    known = await catalog.edit(tx, menu.catalog)
    entry = catalog.changed(known, model_id, target=change.target, **flags)
    revision = await catalog.put(tx, known, entry, made_by=operator.user_id)
    about = {"revision": revision, **change.model_dump(exclude_none=True)}
    await auditlog.note(tx, auditlog.actor(request), "model.change", model_id, about)
    return running_out(menu, entry, revision)
