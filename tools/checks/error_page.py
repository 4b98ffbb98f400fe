"""Error codes: the page that documents them says what the code says.

The danger: a program is written against a code that is documented nowhere, or against one that is
documented and gone. `python -m tools.errors` writes the page anew.
"""

from collections.abc import Iterator
from itertools import zip_longest

from tools.checks.source import Finding, Source
from tools.errors.page import PAGE, page


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find the first line of the page that is not as the code would have it."""
    if not any(source.under("src/gesso/infra/errors.py") for source in sources):
        return
    wanted = page(sources).splitlines()
    told = next((source.lines for source in sources if source.path == PAGE), [])
    for number, (line, right) in enumerate(zip_longest(told, wanted), 1):
        if line != right:
            yield Finding(PAGE, number, "not what the code says; run `python -m tools.errors`")
            return
