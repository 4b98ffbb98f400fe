"""One commit point: only `gesso.infra.db` begins, commits and makes sessions.

The danger: a verb that commits in the middle splits one fact into two. A crash between them leaves
a frozen credit without its task, and no caller can take the first half back. So verbs receive their
transaction, and the edge opens it through one module, which commits before the answer leaves.

What counts: `.commit()`, `.begin()` and `.begin_nested()` without positional arguments (those of
databases take none), the making of sessions and engines, and the same words as SQL text.
"""

import ast
import re
from collections.abc import Iterator

from tools.checks.source import Finding, Source, dotted

HOME = ("src/gesso/infra/db/", "src/gesso/infra/db.py")
ENDS = {"commit", "begin", "begin_nested"}
MAKERS = {
    "AsyncSession",
    "Session",
    "async_sessionmaker",
    "sessionmaker",
    "create_engine",
    "create_async_engine",
}
SQL = {"text", "execute", "exec_driver_sql"}
WORDS = re.compile(r"\s*(commit|begin|rollback|savepoint)\b", re.IGNORECASE)


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find transactions that are begun, ended or made possible outside the database kernel."""
    for source in sources:
        if source.is_python and source.under("src/") and not source.under(*HOME):
            for node in ast.walk(source.tree):
                yield from _look(source, node)


def _look(source: Source, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Call):
        name = dotted(node.func).rpartition(".")[2]
        if isinstance(node.func, ast.Attribute) and name in ENDS and not node.args:
            yield source.found(node, f"`.{name}()` belongs to gesso.infra.db alone")
        if name in MAKERS:
            yield source.found(node, f"`{name}` is made in gesso.infra.db alone")
        first = node.args[0] if node.args else None
        if name in SQL and isinstance(first, ast.Constant) and WORDS.match(str(first.value)):
            yield source.found(node, f"{first.value!r} is said in gesso.infra.db alone")
