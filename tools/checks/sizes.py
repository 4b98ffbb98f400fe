"""Sizes: a file holds one idea, a function one thought, a call is read without counting.

The danger: a file of a thousand lines has no name that fits, so everything is put there; a long
function hides the path on which the money is lost; the sixth positional argument is passed as the
fifth. Measured in comparable projects, no file over these bounds was ever made smaller again.
"""

import ast
from collections.abc import Iterator, Mapping

from tools.checks.source import Finding, Source

FILE_LINES = 300
FUNCTION_LINES = 40
POSITIONAL = 5
PLACES = ("src/", "tests/", "tools/", "bench/")
STORIES = ("tests/",)  # told from the beginning to the end, however long they are
HISTORY = ("src/gesso/migrations/",)  # written once, and never changed again
ALLOWED: Mapping[str, str] = {}
"""Path, or `path::function`, with the reason why it may be larger."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def check(sources: list[Source], allowed: Mapping[str, str] = ALLOWED) -> Iterator[Finding]:
    """Find files, functions and parameter lists that have outgrown their bounds."""
    used = set()
    for source in sources:
        if source.is_python and source.under(*PLACES) and not source.under(*HISTORY):
            for name, finding in _look(source):
                used.add(name)
                if name not in allowed:
                    yield finding
    for name in sorted(allowed.keys() - used):
        yield Finding(name.partition("::")[0], 1, f"`{name}` needs no exemption any more")


def _look(source: Source) -> Iterator[tuple[str, Finding]]:
    if len(source.lines) > FILE_LINES:
        message = f"{len(source.lines)} lines; a file has at most {FILE_LINES}"
        yield source.path, Finding(source.path, 1, message)
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            name = f"{source.path}::{node.name}"
            for message in _outgrown(node, is_story=source.under(*STORIES)):
                yield name, source.found(node, f"`{node.name}` {message}")


def _outgrown(node: Function, *, is_story: bool) -> Iterator[str]:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > FUNCTION_LINES and not is_story:
        yield f"has {length} lines; a function has at most {FUNCTION_LINES}"
    positional = [each.arg for each in [*node.args.posonlyargs, *node.args.args]]
    count = len(positional) - (positional[:1] in (["self"], ["cls"]))
    if count > POSITIONAL:
        yield f"takes {count} arguments by place; more than {POSITIONAL} go by name"
