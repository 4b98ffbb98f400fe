"""No late imports: what a file needs stands at its top.

The danger: an import inside a function is how a cycle is hidden instead of solved, and how a
missing dependency is found at night by the first request that comes that way. Entry points may put
off what is heavy, to start fast; such an import says why, on its line or in a comment right above:

    from gesso.app.web import serve  # late: `gesso key create` must not load the web framework
"""

import ast
import re
from collections.abc import Iterator

from tools.checks.source import Finding, Source

REASON = re.compile(r"#\s*late:(\s+\S+){3}")
PLACES = ("src/", "tests/", "tools/", "bench/")
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find imports inside functions that do not tell their reason."""
    for source in sources:
        if source.is_python and source.under(*PLACES):
            late = {
                (node.lineno, node.end_lineno or node.lineno)
                for function in ast.walk(source.tree)
                if isinstance(function, FUNCTIONS)
                for node in ast.walk(function)
                if isinstance(node, ast.Import | ast.ImportFrom)
            }
            for first, last in sorted(late):
                if not _explained(source.lines, first, last):
                    message = "an import inside a function needs `# late: <reason>`"
                    yield Finding(source.path, first, message)


def _explained(lines: list[str], first: int, last: int) -> bool:
    """Whether the import's own lines, or the comment above its group of imports, tell a reason."""
    above = first - 2
    while above >= 0 and re.match(r"\s*(import|from)\s", lines[above]):
        above -= 1
    comment = []
    while above >= 0 and lines[above].lstrip().startswith("#"):
        comment.append(lines[above])
        above -= 1
    return any(REASON.search(line) for line in [*lines[first - 1 : last], *comment])
