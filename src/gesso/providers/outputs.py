"""Outputs: the files in a result of which only its model knows the shape."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any

from gesso.providers.flow import Piece

_WEB = ("https://", "http://")
_DATA = "data:"


def pieces_of(addresses: Iterable[str]) -> tuple[Piece, ...]:
    """A piece for each address that is one, in order and each once; ValueError for a data URI that
    is broken.
    """
    return tuple(
        Piece(data=_data_of(each)) if each.startswith(_DATA) else Piece(url=each)
        for each in dict.fromkeys(addresses)
        if is_address(each)
    )


def is_address(text: str) -> bool:
    """Whether a text is where a file can be had: on the web, or in the text itself (RFC 2397)."""
    return text.startswith((*_WEB, _DATA))


def urls_in(output: Any) -> Iterator[str]:
    """The text under `url` of every object in it, in order."""
    for each in _walk(output):
        if isinstance(each, dict) and isinstance(each.get("url"), str):
            yield each["url"]


def texts_in(output: Any) -> Iterator[str]:
    """Every text in it, in order."""
    return (each for each in _walk(output) if isinstance(each, str))


def _walk(value: Any) -> Iterator[Any]:
    """Everything in it, itself included; no recursion, for its depth is the provider's choice."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, dict):
            waiting.extend(reversed(list(each.values())))
        elif isinstance(each, list):
            waiting.extend(reversed(each))


def _data_of(uri: str) -> bytes:
    try:
        return base64.b64decode(uri.partition(",")[2])
    except binascii.Error as error:
        raise ValueError("a data URI that is none") from error
