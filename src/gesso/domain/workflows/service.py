"""Workflows kept: a new version at each change, the newest active one in force."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from gesso.domain.workflows.tables import Workflow
from gesso.infra.db import Tx, View, moment, turn
from gesso.infra.errors import NotFound
from gesso.kit.ids import new_id
from gesso.providers.comfyui.template import Template, read_template

_TURN = "workflows"


async def put(
    tx: Tx, name: str, template: Template, *, created_by: UUID | None = None, origin: str = "api"
) -> tuple[Workflow, bool]:
    """Keep a template as the version in force, and tell whether it is a new one; the same as the
    one in force changes nothing.
    """
    await turn(tx, _TURN)
    newest = await _newest(tx, name)
    if newest is not None and newest.active and newest.digest == template.digest:
        return newest, False
    made = Workflow(
        id=new_id(),
        name=name,
        version=1 if newest is None else newest.version + 1,
        content=template.canonical.decode(),
        digest=template.digest,
        origin=origin,
        active=True,
        created_by=created_by,
        created_at=moment(tx),
    )
    tx.add(made)
    await tx.flush()
    return made, True


async def ensure(tx: Tx, templates: Mapping[str, Template]) -> None:
    """Keep the folder's templates. A file counts when it says something else than the last file of
    its name did: what came over the API since then stays in force.
    """
    if not templates:
        return
    await turn(tx, _TURN)
    for name, template in templates.items():
        query = (
            select(Workflow.digest)
            .where(Workflow.name == name, Workflow.origin == "file")
            .order_by(Workflow.version.desc())
            .limit(1)
        )
        if await tx.scalar(query) != template.digest:
            await put(tx, name, template, origin="file")


async def in_force(view: View, name: str) -> tuple[Workflow, Template]:
    """The version that an order of this name gets; NotFound where there is none."""
    newest = await _newest(view, name)
    if newest is None or not newest.active:
        raise NotFound("There is no such workflow.")
    return newest, read_template(newest.content)


async def content_of(view: View, *, version: UUID | None, name: str) -> str | None:
    """The template of this version as JSON, or the one in force under this name; None where there
    is none.
    """
    if version is not None:
        content: str | None = await view.scalar(
            select(Workflow.content).where(Workflow.id == version)
        )
        return content
    newest = await _newest(view, name)
    return newest.content if newest is not None and newest.active else None


async def page(view: View, *, after: str | None, limit: int) -> Sequence[tuple[Workflow, Template]]:
    """The versions in force, by name."""
    newest = select(Workflow.name, func.max(Workflow.version).label("version")).group_by(
        Workflow.name
    )
    last = newest.subquery()
    same: Any = (Workflow.name == last.c.name) & (Workflow.version == last.c.version)
    query = select(Workflow).join(last, same).where(Workflow.active)
    if after is not None:
        query = query.where(Workflow.name > after)
    found = (await view.scalars(query.order_by(Workflow.name).limit(limit))).all()
    return [(each, read_template(each.content)) for each in found]


async def versions(view: View, name: str, *, before: int | None, limit: int) -> Sequence[Workflow]:
    """Every version of this name, the newest first; NotFound where there never was one."""
    query = select(Workflow).where(Workflow.name == name)
    if before is not None:
        query = query.where(Workflow.version < before)
    found = (await view.scalars(query.order_by(Workflow.version.desc()).limit(limit))).all()
    if not found and before is None:
        raise NotFound("There is no such workflow.")
    return found


async def withdraw(tx: Tx, name: str) -> None:
    """Have a workflow ordered no more; a second call changes nothing. What was ordered goes on."""
    await turn(tx, _TURN)
    write = update(Workflow).where(Workflow.name == name).values(active=False)
    gone = await tx.execute(
        write.returning(Workflow.id).execution_options(synchronize_session=False)
    )
    if not gone.all():
        raise NotFound("There is no such workflow.")


async def _newest(view: View, name: str) -> Workflow | None:
    query = select(Workflow).where(Workflow.name == name).order_by(Workflow.version.desc()).limit(1)
    newest: Workflow | None = await view.scalar(query.execution_options(populate_existing=True))
    return newest
