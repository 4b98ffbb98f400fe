"""Idempotency keys: the same key and request again are the same thing, done once."""

from typing import Annotated, Final

from fastapi import Header

from gesso.infra.errors import Invalid

REPLAYED: Final = {"Idempotency-Replayed": "true"}
"""The header of an answer to a request that was made before."""
_LONGEST: Final = 200

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="The same key and request again give the same answer; nothing is done twice.",
    ),
]


def check_key(key: str | None) -> str | None:
    """The idempotency key, if it is one; Invalid when it is empty, too long or not plain text."""
    if key is None:
        return None
    if not (1 <= len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        raise Invalid(
            "An idempotency key has 1 to 200 printable ASCII characters.",
            code="bad_idempotency_key",
        )
    return key
