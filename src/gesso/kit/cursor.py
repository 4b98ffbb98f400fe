"""Opaque cursors: a list's last key as text that a client hands back unread."""

import base64
import binascii
import json


class BadCursor(ValueError):
    """The text is no cursor of ours."""


def encode_cursor(*key: str | int) -> str:
    """The cursor that stands behind the row with this key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(text: str, *shape: type) -> tuple[str | int, ...]:
    """The key inside a cursor, of exactly these types; BadCursor for anything else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        key = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadCursor("not a cursor") from error
    if not isinstance(key, list) or [type(part) for part in key] != list(shape):
        raise BadCursor("not a cursor of this list")
    return tuple(key)
