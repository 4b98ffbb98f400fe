"""The page: every stable code with its status, what it means, and what to do."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tools.checks.source import Source, dotted
from tools.errors.advice import BY_CODE, BY_STATUS

PAGE: Final = "docs/errors.md"
ROOT: Final = "GessoError"
_HEAD: Final = """# Error codes

Every refusal is `application/problem+json` (RFC 9457) with one of these as its `code`; the form is
told in [the API](api.md#errors). Codes never change their meaning, and new ones may come: treat one
that is not known by its status. This page is made by `python -m tools.errors`.

| status | code | means | what to do |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """One code, as the page tells it."""

    status: int
    code: str
    means: str


@dataclass(slots=True)
class _Class:
    """What a class of errors says of itself."""

    bases: list[str]
    means: str
    status: int | None = None
    code: str | None = None


def page(sources: Iterable[Source]) -> str:
    """The whole page, as it should stand."""
    lines = [
        f"| {each.status} | `{each.code}` | {each.means} | {_advice(each)} |"
        for each in codes(sources)
    ]
    return _HEAD + "\n".join(lines) + "\n"


def codes(sources: Iterable[Source]) -> list[Code]:
    """Every code that the product's code can answer with, by status and name."""
    trees = [each.tree for each in sources if each.is_python and each.under("src/")]
    classes = {name: found for tree in trees for name, found in _classes(tree)}
    errors = {name: each for name, each in classes.items() if _is_error(classes, name)}
    found: dict[str, Code] = {}
    for each in sorted(
        [*_own(errors), *(code for tree in trees for code in _narrowed(tree, errors))]
    ):
        found.setdefault(each.code, each)
    return sorted(found.values())


def _classes(tree: ast.AST) -> Iterator[tuple[str, _Class]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = [dotted(base).rpartition(".")[2] for base in node.bases]
            found = _Class(bases, _first_sentence(ast.get_docstring(node) or ""))
            for line in node.body:
                match _assigned(line):
                    case "status", int(status):
                        found.status = status
                    case "code", str(code):
                        found.code = code
            yield node.name, found


def _assigned(line: ast.stmt) -> tuple[str, object]:
    """The name and the constant of `name = 1`, also of `name: int = 1`."""
    target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
    value = getattr(line, "value", None)
    if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
        return target.id, value.value
    return "", None


def _is_error(classes: Mapping[str, _Class], name: str) -> bool:
    if name == ROOT:
        return True
    return name in classes and any(_is_error(classes, base) for base in classes[name].bases)


def _inherited(errors: Mapping[str, _Class], name: str, part: str) -> object:
    own = getattr(errors[name], part)
    if own is not None:
        return own
    above = [_inherited(errors, base, part) for base in errors[name].bases if base in errors]
    return above[0] if above else None


def _own(errors: Mapping[str, _Class]) -> Iterator[Code]:
    for name, each in errors.items():
        status = _inherited(errors, name, "status")
        if each.code is not None and isinstance(status, int):
            means = "A fault of ours; `trace_id` names it." if name == ROOT else each.means
            yield Code(status, each.code, means)


def _narrowed(tree: ast.AST, errors: Mapping[str, _Class]) -> Iterator[Code]:
    """Codes that are said where an error is raised, and those of plain problems."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = dotted(node.func).rpartition(".")[2]
        if called == "problem":
            match node.args:
                case [ast.Constant(value=int(status)), ast.Constant(value=str(word)), sentence, *_]:
                    yield Code(status, word, _sentence(sentence))
        if called in errors:
            above = _inherited(errors, called, "status")
            for keyword in node.keywords:
                said = getattr(keyword.value, "value", None)
                if keyword.arg == "code" and isinstance(said, str) and isinstance(above, int):
                    yield Code(above, said, _sentence(node.args[0]))


def _sentence(node: ast.expr) -> str:
    """The sentence that is raised, with a dash where something is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _first_sentence(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
        return _first_sentence("".join(parts))
    return "`detail` says what is wrong."


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return paragraph.replace("|", "\\|")


def _advice(code: Code) -> str:
    return BY_CODE.get(code.code) or BY_STATUS.get(code.status, "See `detail`.")
