"""Request bodies: strict JSON, read once, before anything else of a route runs."""

import re
from collections.abc import Callable, Coroutine, Iterator
from math import inf
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_parameterless_sub_dependant
from fastapi.params import Form
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from pydantic_core import from_json
from starlette.responses import Response

from gesso.infra.errors import Invalid
from gesso.infra.web.errors import MalformedJson, TooDeep, UnsupportedMediaType
from gesso.infra.web.passage import pass_gate, take_stream
from gesso.infra.web.session import UNITS_OF_WORK

DEEPEST: Final = 32
_MOST_PARTS: Final = 64
"""Of a form."""
_INFINITE: Final = (inf, -inf)
_HUGE = re.compile(rb"\d[eE]\+?\d{3}|\d{100}")
"""What every number beyond the largest double looks like; the parser makes infinity of it."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def new_router(tag: str, *, prefix: str = "/api/v1") -> APIRouter:
    """A router whose routes take bodies as strict JSON; `tag` groups them in the documentation."""
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        route_class=JsonRoute,
        generate_unique_id_function=_operation_id,
    )


class JsonRoute(APIRoute):
    """A route whose body is strict JSON, and whose unit of work begins last."""

    asks_for_caller = False
    """Whether its unit of work must be told whose it is."""

    def get_route_handler(self) -> Handler:
        """Read and check the body first, so that no transaction is open while it arrives."""
        asked = self.dependant.dependencies
        if all(each.call is not pass_gate for each in asked):
            gate = get_parameterless_sub_dependant(
                depends=Depends(pass_gate), path=self.path_format
            )
            asked.append(gate)
        # Nor may one be open while the caller's key is looked up, in whatever order a route asks.
        asked.sort(key=lambda each: _turn(each.call))
        self.asks_for_caller = _asks_for_caller(self.dependant)
        self.form_limits = self.form_limits or {"max_files": _MOST_PARTS, "max_fields": _MOST_PARTS}
        handle = super().get_route_handler()
        if self.body_field is None or isinstance(self.body_field.field_info, Form):
            return handle

        async def strict(request: Request) -> Response:
            read = _JsonRequest(request.scope, request.receive)
            raw = await read.body()
            if raw:
                _check_media_type(request)
                read.parsed = read_json(raw)
            return await handle(read)

        return strict


def _turn(call: object) -> int:
    """Who calls, whether they may just now, and then what they want."""
    if call in UNITS_OF_WORK:
        return 3
    return 2 if call is take_stream else 1 if call is pass_gate else 0


def _asks_for_caller(dependant: Dependant) -> bool:
    """Whether a way to prove who is calling is among what a route depends on."""
    call: object = dependant.call
    return isinstance(call, SecurityBase) or any(
        _asks_for_caller(each) for each in dependant.dependencies
    )


class _JsonRequest(Request):
    parsed: Any = None

    async def json(self) -> Any:
        return self.parsed


def read_json(raw: bytes) -> Any:
    """The value of a JSON text (RFC 8259): UTF-8, 32 levels, finite numbers, no U+0000."""
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        if "recursion limit" in str(error):
            raise TooDeep(f"JSON is taken up to {DEEPEST} levels deep.") from error
        raise MalformedJson(f"The body is not JSON: {error}.") from error
    # Without this many brackets there cannot be this many levels, so most bodies are never walked.
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _depth(value) > DEEPEST:
        raise TooDeep(f"JSON is taken up to {DEEPEST} levels deep.")
    if _HUGE.search(raw) and any(leaf in _INFINITE for leaf in _leaves(value)):
        raise MalformedJson("The body is not JSON: number out of range.")
    # PostgreSQL stores no U+0000 in a text, and no prompt needs one.
    if b"\\u0000" in raw and any("\0" in leaf for leaf in _leaves(value) if isinstance(leaf, str)):
        raise Invalid("The body holds the character U+0000, which no text here may hold.")
    return value


def _operation_id(route: APIRoute) -> str:
    """The function's name: generated clients say `submit_task`, not the path in disguise."""
    return route.name


def _check_media_type(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType("The body must be JSON: `Content-Type: application/json`.")


def _depth(value: object) -> int:
    """Levels of lists and objects, the outermost counting as one."""
    return sum(any(isinstance(each, dict | list) for each in level) for level in _levels(value))


def _leaves(value: object) -> Iterator[object]:
    """Every text, number, truth value, null and name of a member."""
    for level in _levels(value):
        for each in level:
            if isinstance(each, dict):
                yield from each
            elif not isinstance(each, list):
                yield each


def _levels(value: object) -> Iterator[list[object]]:
    """The values at depth zero, one, two …; no recursion, because depth is the danger."""
    level = [value]
    while level:
        yield level
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict | list):
                inner.extend(each.values() if isinstance(each, dict) else each)
        level = inner
