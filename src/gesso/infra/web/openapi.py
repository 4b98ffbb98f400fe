"""The OpenAPI document: it tells every refusal of a route, in the form in which it leaves."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gesso.infra.errors import GessoError, Invalid, TooMany, Unauthenticated, Unavailable
from gesso.infra.web.errors import (
    BodyTooLarge,
    BodyTooSlow,
    MalformedJson,
    MissingScope,
    TooDeep,
    UnsupportedMediaType,
)
from gesso.infra.web.problems import PROBLEM_JSON, Problem

Schemes = Mapping[str, Mapping[str, Any]]
"""Security schemes by name, as OpenAPI describes them."""

_SCHEMA: Final = {"$ref": "#/components/schemas/Problem"}
_OF_BODIES: Final = (MalformedJson, TooDeep, BodyTooSlow, BodyTooLarge, UnsupportedMediaType)
_OF_LIMITS: Final = {
    "RateLimit": {"schema": {"type": "string"}, "description": "What is left of each quota."},
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": "The quotas that apply."},
}
_METHODS: Final = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
_THEIRS: Final = ("HTTPValidationError", "ValidationError")


def problems(*errors: type[GessoError]) -> dict[int | str, dict[str, Any]]:
    """What a route declares as `responses`: the refusals of its own, by status.

    Refusals that follow from the route's shape (no key, bad body, away) are added to every route.
    """
    by_status: dict[int, list[type[GessoError]]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error)
    return {status: _response(*group) for status, group in by_status.items()}


def install(app: FastAPI, also: Mapping[str, Schemes] | None = None) -> None:
    """Have `app` make its document our way; it is made once, at the first request for it.

    `also` names for a security scheme those that are as good as it, wherever it is asked for.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, also or {})
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _document(app: FastAPI, also: Mapping[str, Schemes]) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    for operation in _operations(document):
        _complete(operation)
    for name, others in also.items():
        _offer(document, name, others)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _THEIRS:
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    return document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document.get("paths", {}).values():
        yield from (operation for method, operation in path.items() if method in _METHODS)


def _offer(document: dict[str, Any], name: str, others: Schemes) -> None:
    """Have these schemes stand beside the one of this name."""
    known = document.get("components", {}).get("securitySchemes", {})
    if name not in known:
        return
    known.update(others)
    for operation in _operations(document):
        asked = operation.get("security", [])
        scopes = [each[name] for each in asked if name in each]
        asked += [{other: list(needed)} for needed in scopes for other in others]


def _complete(operation: dict[str, Any]) -> None:
    """Add the refusals that follow from what the operation takes."""
    answers = operation["responses"]
    if PROBLEM_JSON not in answers.get("422", {}).get("content", {PROBLEM_JSON: None}):
        del answers["422"]
    general: list[type[GessoError]] = [TooMany, Unavailable]
    if "security" in operation:
        general.append(Unauthenticated)
    if any(scopes for scheme in operation.get("security", ()) for scopes in scheme.values()):
        general.append(MissingScope)
    if "requestBody" in operation:
        general += _OF_BODIES
    if "requestBody" in operation or operation.get("parameters"):
        general.append(Invalid)
    for status, response in problems(*general).items():
        answers.setdefault(str(status), response)
    answers["default"] = {
        "description": "Any other refusal.",
        "content": {PROBLEM_JSON: {"schema": _SCHEMA}},
    }
    operation["responses"] = dict(sorted(answers.items()))


def _response(*errors: type[GessoError]) -> dict[str, Any]:
    lines = [f"`{error.code}`: {(error.__doc__ or '').partition(chr(10))[0]}" for error in errors]
    response: dict[str, Any] = {
        "description": "\n\n".join(lines),
        "content": {PROBLEM_JSON: {"schema": _SCHEMA}},
    }
    headers = _headers(errors[0])
    return {**response, "headers": headers} if headers else response


def _headers(error: type[GessoError]) -> dict[str, Any]:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if error.retry_after is not None:
        after = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
        return {**after, **_OF_LIMITS} if error.status == HTTPStatus.TOO_MANY_REQUESTS else after
    return {}
