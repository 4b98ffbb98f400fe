"""Assets over HTTP: one's shelf of them, and their bytes by signed links."""

from gesso.domain.media.routes.assets import router as _assets
from gesso.domain.media.routes.shelf import UPLOAD_PATH
from gesso.domain.media.routes.shelf import router as _shelf

ROUTERS = (_assets, _shelf)

__all__ = ["ROUTERS", "UPLOAD_PATH"]
