"""The document that a fresh server serves at /openapi.json, without a server."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Final

from gesso.app.web import create_app
from gesso.infra.settings import Settings

DOCUMENT: Final = "web/openapi.json"


def document() -> str:
    """The text of the file: readable, and the same wherever it is made."""
    return asyncio.run(_document())


async def _document() -> str:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)))
        async with app.router.lifespan_context(app):
            made = app.openapi()
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
