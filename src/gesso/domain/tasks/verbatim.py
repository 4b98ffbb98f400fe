"""Verbatim: inputs in the words of a model's provider. What they name of their owner's is found in
them, and they are held against what the model says that it takes.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, Final, Protocol
from urllib.parse import quote

import jsonschema_rs
import structlog

from gesso.infra.errors import Invalid
from gesso.infra.web import field_problems
from gesso.kit.ids import parse_id

log = structlog.get_logger()

_MOST_FAULTS: Final = 20
_STAND_IN: Final = "https://assets.invalid/"
"""Where a link to an asset will stand (RFC 2606, 2)."""

Place = tuple[str | int, ...]


class Schemas(Protocol):
    """Knows what the models of providers take."""

    async def schema(self, provider: str, model: str) -> Mapping[str, Any] | None:
        """The JSON Schema of a model's inputs; None where it is not told, or not just now."""
        ...


def assets_in(given: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Where an asset is named, and which: a whole text that is an asset's id."""
    waiting: list[tuple[Place, Any]] = [((), given)]
    while waiting:
        place, part = waiting.pop()
        if isinstance(part, str) and parse_id("asset", part) is not None:
            yield place, part
        elif isinstance(part, Mapping):
            waiting.extend(((*place, name), each) for name, each in part.items())
        elif isinstance(part, list):
            waiting.extend(((*place, number), each) for number, each in enumerate(part))


def linked(part: Any, links: Mapping[str, str]) -> Any:
    """The same with links in the place of the names that they are known by."""
    if isinstance(part, Mapping):
        return {name: linked(each, links) for name, each in part.items()}
    if isinstance(part, list):
        return [linked(each, links) for each in part]
    return links.get(part, part) if isinstance(part, str) else part


async def check(
    schema: Mapping[str, Any] | None, given: Mapping[str, Any], assets: Collection[str]
) -> None:
    """Invalid, with a pointer to each fault, where the input does not fit its model's schema. A
    schema that makes no sense refuses nothing: the provider will.
    """
    if schema is None:
        return
    asked = linked(given, {name: _STAND_IN + quote(name) for name in assets})
    try:
        faults = await asyncio.to_thread(_faults, schema, asked)
    except (ValueError, RecursionError, OverflowError) as error:
        log.warning("model_schema_unsound", reason=str(error)[:200])
        return
    if faults:
        raise Invalid(
            "The input does not fit the model; see `errors`.",
            code="input_invalid",
            errors=field_problems(faults, {"input": given}),
        )


def _faults(schema: Mapping[str, Any], given: Any) -> list[dict[str, Any]]:
    """At most twenty or so faults; ValueError for a schema that makes no sense."""
    checker = jsonschema_rs.Draft202012Validator(dict(schema), mask="it", retriever=_nothing_else)
    return [
        {"loc": ("body", "input", *error.instance_path, *more), "type": code, "msg": error.message}
        for error in islice(checker.iter_errors(given), _MOST_FAULTS)
        for more, code in _told(error.kind)
    ]


def _told(kind: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """The code of a fault, and where it is beyond the place at which it was found."""
    kinds = jsonschema_rs.ValidationErrorKind
    if isinstance(kind, kinds.Required):
        yield (kind.property,), "missing"
    elif isinstance(kind, kinds.AdditionalProperties | kinds.UnevaluatedProperties):
        yield from (((name,), "extra_forbidden") for name in kind.unexpected[:_MOST_FAULTS])
    else:
        yield (), str(kind.name)


def _nothing_else(address: str) -> Any:
    raise ValueError(f"a schema that refers to {address[:100]}")
