"""Schemas that providers publish: what of an OpenAPI document says what a model takes.

Documents of OpenAPI 3.0 say `nullable` where JSON Schema (2020-12) says that null is a type, too;
those of 3.1 are JSON Schema already.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gesso.providers.flow import Answer

LIMIT: Final = 1 << 20
"""Bytes of a document that are read."""
KEPT: Final = 600.0
"""Seconds for which one is good."""
_JSON: Final = "application/json"


def document_in(answer: Answer) -> Mapping[str, Any] | None:
    """The JSON object that was answered; None for a refusal, and for anything else."""
    if not answer.ok:
        return None
    told = answer.json()
    return told if isinstance(told, dict) else None


def schema_of_body(document: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What the one operation takes that is asked by POST."""
    for path in _objects(document, "paths"):
        found = path
        for name in ("post", "requestBody", "content", _JSON, "schema"):
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, dict):
            return _alone(document, found)
    return None


def schema_named(document: Mapping[str, Any] | None, name: str) -> Mapping[str, Any] | None:
    """The schema of this name among the document's components."""
    known = (document or {}).get("components", {}).get("schemas", {})
    return _alone(document, {"$ref": f"#/components/schemas/{name}"}) if name in known else None


def _objects(document: Mapping[str, Any] | None, name: str) -> Iterator[Any]:
    found = (document or {}).get(name)
    yield from found.values() if isinstance(found, dict) else ()


def _alone(document: Mapping[str, Any] | None, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with what it refers to beside it, so that it refers to nothing outside itself."""
    told = document or {}
    whole = {**schema, "components": told.get("components", {})}
    is_old = str(told.get("openapi", "")).startswith("3.0")
    return dict(_without_nullable(whole)) if is_old else whole


def _without_nullable(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_nullable(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {name: _without_nullable(each) for name, each in part.items() if name != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if part.get("nullable") is True else made
