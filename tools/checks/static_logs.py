"""Static log events: what happened is one fixed word, and its values are fields beside it.

The danger: an event with values baked into its text can be neither counted nor searched nor alerted
on, and whatever was interpolated (a prompt, a key, an address) escapes the masks that fields pass.
"""

import ast
import re
from collections.abc import Iterator

from tools.checks.source import Finding, Source, dotted

LOGS = {"log", "_log", "logger", "_logger"}
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log", "msg"}
LEVELS |= {f"a{level}" for level in LEVELS}
EVENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find log calls whose event is not a literal in snake_case, or whose values have no names."""
    for source in sources:
        if source.is_python and source.under("src/", "bench/"):
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Call) and _is_log(node):
                    yield from _look(source, node)


def _is_log(call: ast.Call) -> bool:
    owner, _, level = dotted(call.func).rpartition(".")
    return level in LEVELS and owner.rpartition(".")[2] in LOGS


def _look(source: Source, call: ast.Call) -> Iterator[Finding]:
    event = call.args[0] if call.args else None
    if not isinstance(event, ast.Constant) or not isinstance(event.value, str):
        yield source.found(call, "a log event is a literal string; values go into fields")
    elif not EVENT.fullmatch(event.value):
        yield source.found(call, f"log event {event.value!r} is not one word in snake_case")
    if len(call.args) > 1:
        yield source.found(call, "a log call takes its values as named fields")
