"""The settings in force, for operators."""

from typing import Any

from fastapi import Request

from gesso.domain.identity import OperatorDep
from gesso.infra.web import house_of, new_router

router = new_router("operations of the house")


@router.get("/config")
async def get_config(request: Request, _operator: OperatorDep) -> dict[str, Any]:
    """Show the settings in force, every secret hidden."""
    return house_of(request).settings.shown()
