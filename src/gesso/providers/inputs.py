"""Inputs: how a stored picture gets to a provider. Where the link to it can be followed from the
outside, the link is enough; where it cannot, the picture itself goes along.
"""

import base64
import mimetypes
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from gesso.infra.http import File
from gesso.providers.flow import Flow, Read, Refused, Source
from gesso.providers.readings import INVALID_INPUT

UNREADABLE = Refused("input_unreadable", "The input could not be read just now.", again=True)


def is_public(url: str) -> bool:
    """Whether a stranger may be able to follow this link: over TLS, to a name or an address that
    is not a private one (RFC 6761, RFC 6762, RFC 6890).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return parts.scheme == "https" and ip_address(host).is_global
    except ValueError:
        private = host.endswith((".local", ".localhost", ".internal", ".test", ".invalid"))
        return parts.scheme == "https" and "." in host and not private


def stands_in(part: Any, text: str) -> bool:
    """Whether an input has this text anywhere."""
    return bool(replaced(part, text, "") != part)


def replaced(part: Any, old: str, new: str) -> Any:
    """An input with one text in place of another, wherever it stands in it."""
    if isinstance(part, dict):
        return {name: replaced(each, old, new) for name, each in part.items()}
    if isinstance(part, list):
        return [replaced(each, old, new) for each in part]
    return new if part == old else part


def encoded(source: Source, limit: int) -> Flow[str | Refused | None]:
    """A picture's bytes in base64 (RFC 4648); None where they are more than `limit`."""
    if source.path is None:
        return UNREADABLE
    try:
        content: bytes | None = yield Read(source.path, limit)
    except OSError:
        return UNREADABLE
    return None if content is None else base64.b64encode(content).decode("ascii")


def inline(source: Source, limit: int) -> Flow[str | Refused | None]:
    """A picture as a data URI (RFC 2397); None where it has more than `limit` bytes."""
    text = yield from encoded(source, limit)
    return f"data:{source.content_type};base64,{text}" if isinstance(text, str) else text


def file_of(source: Source) -> File:
    """A picture to be sent in a form; LookupError where it is not on this machine."""
    if source.path is None:
        raise LookupError("the input is not on this machine")
    suffix = mimetypes.guess_extension(source.content_type) or ""
    return File(source.path, source.content_type, name=f"picture{suffix}")


def too_large(limit: int) -> Refused:
    """The refusal of a picture with more than `limit` bytes."""
    return Refused(INVALID_INPUT, f"The picture has more than the {limit >> 20} MB that are taken.")
