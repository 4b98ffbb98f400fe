"""Refusals on the wire: every error leaves as problem+json (RFC 9457) with a stable code."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Mount

from gesso.infra.errors import GessoError, Invalid
from gesso.infra.trace import current_trace, new_trace
from gesso.infra.web.errors import MalformedBody
from gesso.infra.web.passage import count_stranger
from gesso.infra.web.pointers import field_problems

PROBLEM_JSON = "application/problem+json"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CLOSING = {408, 413}
"""Refusals after which the rest of the body is not read, so the connection cannot be used again."""


class FieldProblem(BaseModel):
    """One thing that is wrong with a request: where, a stable code, one sentence."""

    pointer: str | None = Field(None, description="JSON pointer into the body (RFC 6901).")
    parameter: str | None = Field(None, description="Name of a query, path or header parameter.")
    code: str
    detail: str


class Problem(BaseModel):
    """A refusal (RFC 9457); further members depend on `code`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field("about:blank", description="Always about:blank; `code` tells problems apart.")
    title: str
    status: int
    code: str = Field(description="Stable; made for programs.")
    detail: str = Field(description="One sentence, made for people.")
    trace_id: str = Field(description="Names this request in the logs.")
    errors: list[FieldProblem] | None = None


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal as an answer; `facts` become members, but never hide a standard one."""
    trace = current_trace() or new_trace()
    body = {
        **(facts or {}),
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "code": code,
        "detail": detail,
        "trace_id": trace.trace_id,
    }
    sent = {"cache-control": "no-store", **(headers or {})}
    if status in _CLOSING:
        sent["connection"] = "close"
    return Response(to_json(body, fallback=str), status, sent, PROBLEM_JSON)


def refusal(error: GessoError) -> Response:
    """The answer that tells a client what was refused and what it can do."""
    headers = {}
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if error.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        headers["accept"] = "application/json"
    return problem(error.status, error.kind, error.message, facts=error.facts, headers=headers)


def crash() -> Response:
    """The answer to a request on which we failed; it tells nothing but the trace id."""
    return problem(500, "internal", "Something went wrong on our side; the trace id names it.")


def install(app: FastAPI) -> None:
    """Have everything that this application refuses answered as problem+json."""
    app.add_exception_handler(GessoError, _on_gesso_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_gesso_error(request: Request, error: Exception) -> Response:
    raised = cast(GessoError, error)
    if raised.status == HTTPStatus.UNAUTHORIZED:
        # Whoever guesses is counted before he hears that he guessed wrong.
        return refusal(await count_stranger(request) or raised)
    return refusal(raised)


async def _on_invalid_request(_request: Request, error: Exception) -> Response:
    invalid = cast(RequestValidationError, error)
    found = field_problems(invalid.errors(), invalid.body)
    return refusal(Invalid("The request makes no sense; see `errors`.", errors=found))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    raised = cast(HTTPException, error)
    # FastAPI wraps whatever goes wrong while it reads a form; what we raised ourselves says more.
    if isinstance(raised.__cause__, GessoError):
        return refusal(raised.__cause__)
    match raised.status_code:
        case HTTPStatus.BAD_REQUEST:
            return refusal(MalformedBody("The body cannot be read."))
        case HTTPStatus.NOT_FOUND:
            return problem(404, "not_found", "There is nothing here.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = _allowed(request) or (raised.headers or {}).get("Allow", "")
            detail = f"{request.method} is not possible here."
            return problem(405, "method_not_allowed", detail, headers={"allow": allowed})
    code = _title(raised.status_code).lower().replace(" ", "_").replace("-", "_")
    return problem(raised.status_code, code, str(raised.detail), headers=raised.headers)


def _allowed(request: Request) -> str:
    """All methods of this path's routes; the router itself names only the first route's.

    Of patterns that fit, the first is meant: `/tasks/estimate` is no task of that name.
    """
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    asked: dict[str, Any] = {"type": "http", "path": request.url.path, "headers": []}
    found: dict[object, list[str]] = {}
    for route in routes:
        for method in _METHODS:
            if route.matches({**asked, "method": method})[0] is Match.FULL:
                found.setdefault(getattr(route, "path", None), []).append(method)
    allowed = next(iter(found.values()), [])
    return ", ".join(method for method in _METHODS if method in allowed)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
