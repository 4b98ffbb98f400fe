"""Values: results that are words or figures and no file, made fit for the database."""

import json
from collections.abc import Mapping
from typing import Any, Final

import structlog

from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.operation import Nothing
from gesso.infra.inspect import Rejected

log = structlog.get_logger()

LARGEST: Final = 256 << 10
"""Bytes of a value as JSON."""
_DEEPEST: Final = 32


def value_of(job: Any) -> dict[str, Any] | None:
    """The value that is a completed job's result; None where it has none, or none yet."""
    if job.status != "completed" or job.output is None:
        return None
    value: dict[str, Any] | None = job.output.get("value")
    return value


def read(menu: Menu, meta: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """What a job with this metadata was delivered, as its operation understands it and every
    database takes it; Rejected where it makes no sense to either.
    """
    operation = menu.operations.get(str(meta.get("operation")))
    if operation is None:
        return fit(value)
    try:
        read = operation.read(meta.get("input", {}), value)
    except Nothing as nothing:
        raise Rejected("nothing_found", str(nothing)) from nothing
    except Exception as error:
        log.exception("value_not_understood", operation=operation.type)
        raise Rejected("value_broken", "The result makes no sense.") from error
    return fit(read)


def fit(value: Mapping[str, Any]) -> dict[str, Any]:
    """The value as every database takes it; Rejected where it is too large, or no JSON object.

    U+0000 and halves of surrogate pairs, which PostgreSQL refuses, are left out or replaced.
    """
    try:
        clean = _clean(value, 0)
        size = len(json.dumps(clean, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise Rejected("value_broken", "The result is no JSON that can be kept.") from error
    if size > LARGEST:
        raise Rejected("value_too_large", f"A result has at most {LARGEST} bytes.")
    return dict(clean)


def _clean(part: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(part, str):
        return part.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(part, Mapping):
        return {_clean(str(name), depth): _clean(each, depth + 1) for name, each in part.items()}
    if isinstance(part, list | tuple):
        return [_clean(each, depth + 1) for each in part]
    return part
