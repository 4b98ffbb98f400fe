"""Shapes: how a job's input is said in the words of a model's provider.

A shape is the request's body with names in it: `{"prompt": "$prompt", "num_frames": "$seconds"}`.
A string that is one name becomes that value, whatever its type; names inside a longer string are
written into it; `$$` is a dollar sign. What has no value is left out, and so is what holds nothing
but that. `{"$map": "seconds", "to": {"5": "short"}}` translates a value, and leaves out what it
does not list.
"""

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")
_ABSENT = object()


def fill(shape: Mapping[str, Any] | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The input in the provider's words; the values themselves where there is no shape."""
    if shape is None:
        return dict(values)
    filled = _fill(shape, values)
    return dict(filled) if filled is not _ABSENT else {}


def _fill(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, str):
        return _said(part, values)
    if isinstance(part, Mapping):
        if "$map" in part:
            return part.get("to", {}).get(str(values.get(part["$map"])), _ABSENT)
        filled = {name: _fill(each, values) for name, each in part.items()}
        kept = {name: each for name, each in filled.items() if each is not _ABSENT}
        return kept if kept or not part else _ABSENT
    if isinstance(part, list | tuple):
        kept_items = [
            each for each in (_fill(each, values) for each in part) if each is not _ABSENT
        ]
        return kept_items if kept_items or not part else _ABSENT
    return part


def _said(text: str, values: Mapping[str, Any]) -> Any:
    whole = _NAME.fullmatch(text)
    if whole and not whole[1]:
        value = values.get(whole[2] or whole[3])
        return _ABSENT if value is None else value
    names = [found[2] or found[3] for found in _NAME.finditer(text) if not found[1]]
    if any(values.get(name) is None for name in names):
        return _ABSENT
    return _NAME.sub(lambda m: "$" if m[1] else str(values[m[2] or m[3]]), text)
