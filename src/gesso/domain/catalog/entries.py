"""Entries: what operators add to the catalogue, replace in it and take out of it while it runs.

Every change is a revision of its own, and the newest of an entry stands in the place of the file's.
So the price at which anything was ever frozen can be read again.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import func, select

from gesso.domain.catalog.model import Model
from gesso.domain.catalog.service import Catalog, CatalogError, check
from gesso.domain.catalog.tables import CatalogRevision
from gesso.infra.db import Tx, View, at_commit, insert_rows, moment, sole
from gesso.infra.errors import Conflict, Invalid, NotFound

log = structlog.get_logger()

TOPIC = "catalog"
"""Rung when an entry was changed."""


async def revision(view: View) -> int:
    """The newest change's number; 0 while nothing was changed."""
    return int(await view.scalar(select(func.max(CatalogRevision.revision))) or 0)


async def history(view: View, model_id: str) -> Sequence[CatalogRevision]:
    """All that was ever made of an entry here, the newest first."""
    query = select(CatalogRevision).where(CatalogRevision.model_id == model_id)
    newest_first = query.order_by(CatalogRevision.revision.desc()).limit(100)
    return (await view.scalars(newest_first)).all()


async def in_force(view: View, base: Catalog) -> Catalog:
    """The catalogue of the files with what operators made of it."""
    newest = select(func.max(CatalogRevision.revision)).group_by(CatalogRevision.model_id)
    query = select(CatalogRevision).where(CatalogRevision.revision.in_(newest))
    rows = (await view.scalars(query.order_by(CatalogRevision.revision))).all()
    catalog = base
    for row in rows:
        try:
            changed = with_entry(catalog, Model.model_validate(row.entry))
            check(changed)
        except (ValidationError, CatalogError) as error:
            # The files have changed under it, or this gesso is another one: the rest goes on.
            log.warning("catalog_entry_unsound", model=row.model_id, reason=str(error))
        else:
            catalog = changed
    if not rows:
        return base
    return catalog.model_copy(update={"version": f"{base.version}+r{rows[-1].revision}"})


def with_entry(catalog: Catalog, model: Model) -> Catalog:
    """The catalogue with this entry in its old one's place, or before all others."""
    old = catalog.by_id.get(model.id)
    models = catalog.models
    if old is None:
        models = (model, *models)
    else:
        models = tuple(model if each is old else each for each in models)
    return Catalog(version=catalog.version, queues=catalog.queues, models=models)


async def edit(tx: Tx, known: Catalog) -> Catalog:
    """The catalogue as it stands at this moment, which nobody else can change before this
    transaction ends; Conflict while somebody does.
    """
    if not await sole(tx, TOPIC):
        raise Conflict("Somebody else changes the catalogue just now.", code="catalog_busy")
    return await in_force(tx, known)


async def put(tx: Tx, catalog: Catalog, model: Model, *, made_by: UUID | None = None) -> int:
    """Put an entry in force, everywhere within a second, in a catalogue that is being edited; the
    revision that it makes. Invalid where it names what is not there.
    """
    try:
        check(with_entry(catalog, model))
    except CatalogError as error:
        raise Invalid(str(error), code="bad_model") from error
    number = await revision(tx) + 1
    entry = model.model_dump(mode="json", exclude_defaults=True)
    row = {"revision": number, "model_id": model.id, "entry": entry, "made_by": made_by}
    await insert_rows(tx, CatalogRevision, [{**row, "created_at": moment(tx)}])
    at_commit(tx, TOPIC)
    return number


def changed(catalog: Catalog, model_id: str, *, target: str | None, **flags: bool | None) -> Model:
    """The entry with a flag of its own, or of one of its targets, set otherwise: `disabled`,
    `pinned`. NotFound for what is not there.
    """
    model = catalog.by_id.get(model_id)
    if model is None:
        raise NotFound("There is no such model.")
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    if target is None:
        return model.model_copy(update=given)
    if all(each.name != target for each in model.targets):
        raise NotFound("The model has no such target.")
    targets = tuple(
        each.model_copy(update=given) if each.name == target else each for each in model.targets
    )
    return model.model_copy(update={"targets": targets})
