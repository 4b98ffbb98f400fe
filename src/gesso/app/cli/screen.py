"""What the commands draw: tables that fit the terminal, and that stay whole in a pipe."""

import sys
from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Table

_WIDE = 200
"""Columns for whoever reads a pipe: a table that is cut in a file is of no use."""


def console(*, stderr: bool = False) -> Console:
    """A console for one command; what it is given is text, never markup."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _WIDE
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def table(*columns: str) -> Table:
    """A table with these headings; a heading that begins with `>` holds figures."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        is_figures = name.startswith(">")
        made.add_column(
            name.lstrip(">"), justify="right" if is_figures else "left", overflow="fold"
        )
    return made


def write(rows: Table) -> None:
    """Print a table on standard output."""
    console().print(rows)


def signed(amount: str) -> str:
    """An amount that came or went, with its sign; nothing for nothing."""
    return "" if amount == "0" else amount if amount.startswith("-") else f"+{amount}"


def when(moment: datetime) -> str:
    """An instant in the time of this machine's clock on the wall."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def size(number: int) -> str:
    """A number of bytes in the largest unit of which there is one."""
    amount, units = float(number), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"
