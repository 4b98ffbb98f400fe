"""What Pydantic found wrong, told in the words of the request: JSON pointers (RFC 6901) and codes.

Pydantic's locations hold names that the client never wrote, such as the tag of a union's branch.
They are recognised by walking the location through the body that was sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

_MOST_ERRORS: Final = 20
_LONGEST_DETAIL: Final = 300
_LONGEST_PART: Final = 100
_TAG: Final = "type"
"""The member by which every union of this API is told apart."""


def field_problems(errors: Sequence[Mapping[str, Any]], body: object) -> list[dict[str, str]]:
    """At most twenty findings, none of which repeats a value that was sent."""
    return [_field_problem(error, body) for error in errors[:_MOST_ERRORS]]


def _field_problem(error: Mapping[str, Any], body: object) -> dict[str, str]:
    source, *path = error["loc"]
    code = str(error["type"])
    if source == "body":
        where = {"pointer": pointer(path, body, absent=code == "missing") + _tag_of(error)}
    else:
        where = {"parameter": ".".join(str(part) for part in path) or str(source)}
    return {**where, "code": code, "detail": _detail(error)}


def pointer(path: Sequence[int | str], body: object, *, absent: bool) -> str:
    """The pointer to the place that `path` means; `absent` says that its last part is missing."""
    found: list[int | str] = []
    value: Any = body
    for place, part in enumerate(path):
        rest = path[place + 1 :]
        if _is_tag(part, value, rest):
            continue
        if _holds(value, part):
            found.append(part)
            value = value[part]
        elif absent and not rest and isinstance(value, dict | list):
            found.append(part)
    return "#" + "".join(f"/{_escape(part)}" for part in found)


def _is_tag(part: int | str, value: object, rest: Sequence[int | str]) -> bool:
    """Whether the part names a union's branch, even where a member has the same name."""
    if not isinstance(value, dict) or value.get(_TAG) != part:
        return False
    return part not in value or (bool(rest) and not _holds(value[part], rest[0]))


def _holds(value: Any, part: int | str) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value)


def _tag_of(error: Mapping[str, Any]) -> str:
    """A union that finds no branch complains about its tag."""
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return f"/{_TAG}"
    return ""


def _escape(part: int | str) -> str:
    text = str(part)
    if len(text) > _LONGEST_PART:
        text = text[:_LONGEST_PART] + "…"
    return quote(text.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@?")


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] == "union_tag_invalid":
        # Pydantic's sentence repeats the tag that was sent, however long it is.
        return f"Input should be one of {error['ctx']['expected_tags']}"[:_LONGEST_DETAIL]
    return str(error["msg"]).removeprefix("Value error, ")[:_LONGEST_DETAIL]
