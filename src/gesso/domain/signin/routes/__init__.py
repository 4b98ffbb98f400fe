"""The endpoints of sign-in: ways in for everybody, and the ways of whoever is in."""

from typing import Final

from gesso.domain.signin.routes.entry import router as entry
from gesso.domain.signin.routes.handover import router as handover
from gesso.domain.signin.routes.oidc import router as oidc
from gesso.domain.signin.routes.own import router as own
from gesso.domain.signin.routes.ways import router as ways

ROUTERS: Final = (ways, entry, oidc, handover, own)

__all__ = ["ROUTERS", "entry", "handover", "oidc", "own", "ways"]
