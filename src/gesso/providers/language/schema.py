"""Schemas: what a model is told of the shape of its answer, and whether an answer has it.

Providers take a small part of JSON Schema only, and not the same one. They are given what all of
them take; what an answer must keep beyond that is checked here.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import jsonschema_rs

_KEPT = ("type", "enum", "const", "description")
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)
_MOST_FAULTS = 8
_LONGEST_FAULT = 200


def plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without references and limits; every object is closed, and all of it required."""
    return _plain(schema, schema.get("$defs", {}))


def _plain(part: Mapping[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        part = {**named[str(part["$ref"]).rpartition("/")[2]], **part}
    told: dict[str, Any] = {name: part[name] for name in _KEPT if name in part}
    if "items" in part:
        told["items"] = _plain(part["items"], named)
    if "anyOf" in part:
        told["anyOf"] = [_plain(each, named) for each in part["anyOf"]]
    if "properties" in part:
        properties = {name: _plain(each, named) for name, each in part["properties"].items()}
        told |= {"properties": properties, "required": list(properties)}
        told["additionalProperties"] = False
    return told


def read(schema: Mapping[str, Any], text: str) -> dict[str, Any] | Sequence[str]:
    """The object that the text is, or what is wrong with it, in sentences; whatever the text."""
    fenced = _FENCED.match(text)
    try:
        found = json.loads(fenced[1] if fenced else text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return [f"it is no JSON: {error}"[:_LONGEST_FAULT]]
    if not isinstance(found, dict):
        return ["it is no JSON object"]
    try:
        faults = [
            f"at /{'/'.join(map(str, error.instance_path))}: {error.message}"[:_LONGEST_FAULT]
            for error, _ in zip(
                _checker(json.dumps(schema)).iter_errors(found), range(_MOST_FAULTS), strict=False
            )
        ]
    except (ValueError, RecursionError, OverflowError) as error:
        return [f"it cannot be checked: {error}"[:_LONGEST_FAULT]]
    return faults or found


@lru_cache(maxsize=64)
def _checker(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(schema))


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
