"""What simulated models say that they take: a prompt, a number of pictures, pictures to begin with.

Nothing is demanded, since a simulated model makes something of any input.
"""

from collections.abc import Mapping
from typing import Any, Final

SCHEMAS: Final[Mapping[str, Any]] = {
    "Input": {
        "type": "object",
        "properties": {
            "prompt": {"type": "string"},
            "num_images": {"type": "integer", "minimum": 1, "maximum": 4},
            "seed": {"type": "integer", "nullable": True},
            "images": {"type": "array", "items": {"$ref": "#/components/schemas/Image"}},
        },
    },
    "Image": {
        "type": "object",
        "required": ["url"],
        "properties": {"url": {"type": "string", "pattern": "^https?://"}},
    },
}


def document(path: str = "/predictions") -> dict[str, Any]:
    """An OpenAPI document with one operation, which takes an `Input`."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Input"}}}
    return {
        "openapi": "3.0.2",
        "info": {"title": "simulated", "version": "1"},
        "paths": {path: {"post": {"requestBody": {"content": content}}}},
        "components": {"schemas": SCHEMAS},
    }
