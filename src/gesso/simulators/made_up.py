"""Made up: answers of a language model that knows nothing but the shape that is wanted."""

import json
from collections.abc import Mapping
from typing import Any

from gesso.simulators.fate import Fate

_MARKS = ("<material>", "</material>")


def said(fate: Fate, schema: Mapping[str, Any]) -> str:
    """The text of an answer, as this fate will have it."""
    sound = json.dumps(_some(schema, -1 if fate.answer == "other" else 0))
    match fate.answer:
        case "no_json":
            return "I would rather write a poem about it."
        case "wrong_shape":
            return '{"poem": "roses are red"}'
        case "truncated":
            return sound[: len(sound) // 2]
    return sound


def prompt_of(text: str) -> str:
    """The prompt in a request's material; the text itself where it carries none."""
    material = text.partition(_MARKS[0])[2].partition(_MARKS[1])[0]
    try:
        return str(json.loads(material)["prompt"])
    except (ValueError, KeyError, TypeError):
        return text


def _some(schema: Mapping[str, Any], pick: int) -> Any:
    if "anyOf" in schema:
        return _some(schema["anyOf"][0], pick)
    if "enum" in schema:
        return schema["enum"][pick]
    match schema.get("type"):
        case "object":
            return {name: _some(each, pick) for name, each in schema.get("properties", {}).items()}
        case "array":
            return [_some(schema.get("items", {}), pick)]
        case "integer" | "number":
            return 1
        case "boolean":
            return False
    return "a sample"
