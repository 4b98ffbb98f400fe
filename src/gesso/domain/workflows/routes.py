"""Workflows over HTTP: users see what they may order, operators keep the templates."""

from typing import Annotated

from fastapi import Path, Request, Response

from gesso.domain import auditlog
from gesso.domain.identity import Caller, OperatorDep, Scope, require
from gesso.domain.workflows import service
from gesso.domain.workflows.folder import NAME
from gesso.domain.workflows.wire import VersionOut, WorkflowOut, version_out, workflow_out
from gesso.infra.errors import Invalid, NotFound
from gesso.infra.web import Page, PageDep, TxDep, ViewDep, new_router, problems
from gesso.providers.comfyui.template import Template

router = new_router("workflows")

ReaderDep = Annotated[Caller, require(Scope.TASKS_READ)]
NamePath = Annotated[str, Path(max_length=64, pattern=NAME, description="The name of a workflow.")]


@router.get("/workflows", response_model_by_alias=True)
async def list_workflows(view: ViewDep, _caller: ReaderDep, page: PageDep) -> Page[WorkflowOut]:
    """List the workflows that can be ordered, by name, each with the JSON schema of its inputs."""
    after = page.after(str)
    found = await service.page(view, after=after[0] if after else None, limit=page.limit + 1)
    rows, cursor = page.cut(found, lambda row: (row[0].name,))
    return Page(items=[workflow_out(*row) for row in rows], next_cursor=cursor)


@router.get("/workflows/{name}", response_model_by_alias=True, responses=problems(NotFound))
async def get_workflow(view: ViewDep, _caller: ReaderDep, name: NamePath) -> WorkflowOut:
    """Show a workflow as it can be ordered now."""
    return workflow_out(*await service.in_force(view, name))


@router.get("/workflows/{name}/template", responses=problems(NotFound))
async def get_template(view: ViewDep, _operator: OperatorDep, name: NamePath) -> VersionOut:
    """Show the template in force, with its graph."""
    workflow, _ = await service.in_force(view, name)
    return version_out(workflow)


@router.put(
    "/workflows/{name}/template",
    status_code=201,
    response_model=VersionOut,
    responses={200: {"model": VersionOut, "description": "As before."}, **problems(Invalid)},
)
async def put_template(
    request: Request,
    tx: TxDep,
    operator: OperatorDep,
    name: NamePath,
    template: Template,
    *,
    response: Response,
) -> VersionOut:
    """Keep a template as the version in force from now on. The same once more changes nothing and
    answers 200; orders of before keep the version that they were given.
    """
    kept, is_new = await service.put(tx, name, template, created_by=operator.user_id)
    response.status_code = 201 if is_new else 200
    about = {"version": kept.version, "is_new": is_new}
    await auditlog.note(tx, auditlog.actor(request), "workflow.put", name, about)
    return version_out(kept)


@router.delete("/workflows/{name}/template", status_code=204, responses=problems(NotFound))
async def withdraw_workflow(
    request: Request, tx: TxDep, _operator: OperatorDep, name: NamePath
) -> Response:
    """Have a workflow ordered no more; what was ordered goes on."""
    await service.withdraw(tx, name)
    await auditlog.note(tx, auditlog.actor(request), "workflow.withdraw", name)
    return Response(status_code=204)


@router.get("/workflows/{name}/versions", responses=problems(NotFound))
async def list_versions(
    view: ViewDep, _operator: OperatorDep, name: NamePath, page: PageDep
) -> Page[VersionOut]:
    """List every version of a workflow with its template, the newest first."""
    after = page.after(int)
    found = await service.versions(
        view, name, before=after[0] if after else None, limit=page.limit + 1
    )
    rows, cursor = page.cut(found, lambda row: (row.version,))
    return Page(items=[version_out(row) for row in rows], next_cursor=cursor)
