"""Forms: the part of JSON Schema in which an operation says what it takes.

Whoever shows a form (our own pages, or somebody's app) has to know every word of it, so the words
are few, and an operation that uses another one is refused when it is registered, with the place
named. `docs/guides/add-an-operation.md` lists them.
"""

from collections.abc import Mapping
from typing import Any, Final

from gesso.domain.tasks.operation import Order

Schema = Mapping[str, Any]

HINTS: Final = frozenset(
    {
        "prompt", "text", "seed", "slider", "model", "workflow", "json",
        "asset:image", "asset:video", "asset:model",
    }
)  # fmt: skip
"""What `x-ui` may say of a field, beside its type."""
GROUPS: Final = frozenset({"advanced"})
"""What `x-ui.group` may say: where the field stands."""

_ENVELOPE: Final = ("expected_max", "wallet")
"""Fields of an order that are about the request, not about the work."""
_SAID: Final = frozenset(
    {"title", "description", "default", "examples", "deprecated", "x-ui", "x-ui.group"}
)
"""Words that mean the same everywhere."""
_NUMBER: Final = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "integer": _NUMBER,
    "number": _NUMBER,
    "boolean": frozenset(),
}
_FORMATS: Final = frozenset({"date", "date-time", "time", "uri", "email", "uuid"})


class FormError(ValueError):
    """A schema says what no form can show; the message begins with a JSON pointer to it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


def form_of(params: type[Order]) -> dict[str, Any]:
    """What an operation takes, as a schema without references, its fields in the order in which
    they are shown: its own, then what every order has.
    """
    schema = params.model_json_schema()
    inlined = _inlined(schema, schema.pop("$defs", {}))
    fields = {name: each for name, each in inlined["properties"].items() if name not in _ENVELOPE}
    own, required = _own(params), set(inlined.get("required", ()))

    def weight(name: str) -> tuple[bool, ...]:
        """Smaller is earlier: what must be said, what is said in words or pictures, the rest."""
        hint = str(fields[name].get("x-ui", ""))
        is_main = hint == "prompt" or hint.startswith("asset:")
        is_aside = "x-ui.group" in fields[name]
        return (name == "type", name not in own, is_aside, name not in required, not is_main)

    return {**inlined, "properties": {name: fields[name] for name in sorted(fields, key=weight)}}


def check_form(params: type[Order]) -> None:
    """FormError for the first thing that no form can show."""
    for name, field in form_of(params)["properties"].items():
        _check_field(field, f"#/properties/{name}", depth=0)


def _own(params: type[Order]) -> set[str]:
    """The fields that are the operation's own, not every order's."""
    return {
        name
        for kind in params.__mro__
        if issubclass(kind, Order) and kind is not Order
        for name in kind.__annotations__
    }


def _inlined(value: Any, known: Mapping[str, Any], within: tuple[str, ...] = ()) -> Any:
    if isinstance(value, list):
        return [_inlined(each, known, within) for each in value]
    if not isinstance(value, dict):
        return value
    name = str(value.get("$ref", "")).removeprefix("#/$defs/")
    if name:
        if name in within:
            raise FormError("#", f"{name} holds itself")
        beside = {word: each for word, each in value.items() if word != "$ref"}
        return {**_inlined(known[name], known, (*within, name)), **beside}
    return {word: _inlined(each, known, within) for word, each in value.items()}


def _check_field(field: Schema, path: str, *, depth: int) -> None:
    """`depth` is 0 for an order's own field, 1 inside one of these."""
    _check_hints(field, path)
    if "anyOf" in field:
        _check_words(field, path, {"anyOf"})
        _check_optional(field["anyOf"], path, depth=depth)
    elif "oneOf" in field:
        _check_words(field, path, {"oneOf", "discriminator"})
        _check_choice(field, path, depth=depth)
    elif "enum" in field or "const" in field:
        _check_words(field, path, {"type", "enum", "const"})
    elif field.get("type") == "array":
        _check_array(field, path, depth=depth)
    elif field.get("type") == "object":
        _check_object(field, path, depth=depth)
    elif field.get("type") in _WORDS:
        _check_words(field, path, {"type", *_WORDS[field["type"]]})
        if field.get("format", "date") not in _FORMATS:
            raise FormError(f"{path}/format", f"{field['format']!r} is not known")
    else:
        raise FormError(path, f"no form shows a value of type {field.get('type')!r}")


def _check_hints(field: Schema, path: str) -> None:
    for word, known in (("x-ui", HINTS), ("x-ui.group", GROUPS)):
        if word in field and field[word] not in known:
            raise FormError(f"{path}/{word}", f"{field[word]!r} is none of {sorted(known)}")


def _check_words(field: Schema, path: str, known: set[str]) -> None:
    for word in field:
        if word not in known and word not in _SAID:
            raise FormError(f"{path}/{word}", "no form knows this word")


def _check_optional(options: list[Schema], path: str, *, depth: int) -> None:
    real = [each for each in options if each.get("type") != "null"]
    if len(real) != 1 or len(options) != 2:
        raise FormError(f"{path}/anyOf", "this may be one thing or null, not one of several")
    _check_field(real[0], f"{path}/anyOf/{options.index(real[0])}", depth=depth)


def _check_choice(field: Schema, path: str, *, depth: int) -> None:
    tag = field.get("discriminator", {}).get("propertyName")
    if tag is None:
        raise FormError(f"{path}/oneOf", "a choice needs a discriminator")
    if depth:
        raise FormError(f"{path}/oneOf", "a choice cannot stand inside something else")
    for place, option in enumerate(field["oneOf"]):
        if "const" not in option.get("properties", {}).get(tag, {}):
            raise FormError(f"{path}/oneOf/{place}", f"this does not fix its {tag!r}")
        _check_object(option, f"{path}/oneOf/{place}", depth=depth)


def _check_array(field: Schema, path: str, *, depth: int) -> None:
    _check_words(field, path, {"type", "items", "minItems", "maxItems", "uniqueItems"})
    if "maxItems" not in field:
        raise FormError(path, "a list needs a `maxItems`")
    items = field.get("items", {})
    if items.get("type") == "array":
        raise FormError(f"{path}/items", "no list stands in a list")
    _check_field(items, f"{path}/items", depth=depth)


def _check_object(field: Schema, path: str, *, depth: int) -> None:
    if "properties" not in field:
        if field.get("x-ui") != "json":
            raise FormError(path, "an object without `properties` needs the hint `json`")
        free = {"type", "additionalProperties", "minProperties", "maxProperties"}
        _check_words(field, path, free)
        return
    if depth:
        raise FormError(path, "an object stands one level deep, not two")
    _check_words(field, path, {"type", "properties", "required", "additionalProperties"})
    for name, inner in field["properties"].items():
        _check_field(inner, f"{path}/properties/{name}", depth=depth + 1)
