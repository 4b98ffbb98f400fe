"""No network in a transaction: nothing slow is awaited while a transaction is open.

The danger: a provider that answers in thirty seconds holds row locks and a pooled connection for
thirty seconds; a few of them stop every other user. And what was sent cannot be rolled back.

Where a transaction is open: in the body of `async with ….tx()` or `….view()`, and in any function
with a parameter whose annotation names `Tx` or `View`; functions nested in such a place count too.
What is refused there: a call that is awaited, entered by `async with` or looped over by `async for`
and that (1) goes through a name in OUTSIDE, such as `http.post` or `self.storage.put`, or (2) ends
in a word of SLOW, such as `drive(...)` or `asyncio.to_thread(...)`. A helper that hides such a call
is not seen here; the shared HTTP client, which refuses to send inside a transaction, sees that one.
"""

import ast
import re
from collections.abc import Iterator

from tools.checks.source import Finding, Source, dotted

OPENERS = {"tx", "view"}
MARKS = {"Tx", "View"}
OUTSIDE = {
    "http",
    "aiohttp",
    "publisher",
    "storage",
    "cache",
    "redis",
    "request",
    "smtp",
    "to_process",
    "to_thread",
}
SLOW = {"drive", "to_process", "to_thread", "run_in_executor", "sleep"}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find slow calls that are awaited while a transaction is open."""
    for source in sources:
        if source.is_python and source.under("src/"):
            calls = {id(call): call for region in _regions(source.tree) for call in _slow(region)}
            for call in calls.values():
                name = dotted(call.func)
                yield source.found(call, f"`{name}` is awaited while a transaction is open")


def _regions(tree: ast.Module) -> Iterator[ast.AST]:
    """Every piece of code that runs with a transaction open."""
    for node in ast.walk(tree):
        receives = isinstance(node, FUNCTIONS) and _takes_transaction(node.args)
        opens = isinstance(node, ast.AsyncWith) and any(map(_opens, node.items))
        if isinstance(node, FUNCTIONS | ast.AsyncWith) and (receives or opens):
            yield from node.body


def _takes_transaction(arguments: ast.arguments) -> bool:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return any(_names(each.annotation) & MARKS for each in every if each.annotation)


def _names(annotation: ast.expr) -> set[str]:
    """The names in an annotation, also in one that is written as a string."""
    names = set()
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.update(re.findall(r"\w+", node.value))
    return names


def _opens(item: ast.withitem) -> bool:
    call = item.context_expr
    return isinstance(call, ast.Call) and dotted(call.func).rpartition(".")[2] in OPENERS


def _slow(region: ast.AST) -> Iterator[ast.Call]:
    for waited in _waited(region):
        for node in ast.walk(waited):
            if isinstance(node, ast.Call):
                *owners, verb = dotted(node.func).split(".")
                if verb in SLOW or OUTSIDE & set(owners):
                    yield node


def _waited(region: ast.AST) -> Iterator[ast.AST]:
    """The expressions for whose end the region waits."""
    for node in ast.walk(region):
        match node:
            case ast.Await(value=value):
                yield value
            case ast.AsyncWith(items=items):
                yield from (item.context_expr for item in items)
            case ast.AsyncFor(iter=iterated):
                yield iterated
            case ast.comprehension(is_async=1, iter=iterated):
                yield iterated
