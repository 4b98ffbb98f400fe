"""The profile of the server under test, in words."""

from collections.abc import Mapping

from rich.table import Table

from bench.run import Run
from bench.target import Target

_SHOWN = 30


def tell_profile(
    run: Run, target: Target, *, tasks: int, batches: int, spent: Mapping[str, float]
) -> None:
    """Print where the time of a server went that has ended, each part for one task."""
    samples = target.samples()
    count, each = int(str(samples["samples"])) or 1, spent["server µs a task"]
    figures = ", ".join(f"{name} {value:.0f}" for name, value in spent.items())
    run.console.print(f"{tasks} tasks, {tasks / batches:.1f} a transaction, {count} samples")
    run.console.print(figures)
    for title, key in (("by own time", "own"), ("with all that it calls", "whole")):
        table = Table(title=f"functions {title}", title_justify="left")
        for heading in ("share", "µs a task", "function"):
            table.add_column(
                heading, justify="left" if heading == "function" else "right", no_wrap=True
            )
        found = samples[key]
        assert isinstance(found, list)
        for name, seen in found[:_SHOWN]:
            table.add_row(f"{seen / count:.1%}", f"{seen / count * each:.0f}", name)
        run.console.print(table)
    _tell_statements(run, target, tasks=tasks, batches=batches)


def _tell_statements(run: Run, target: Target, *, tasks: int, batches: int) -> None:
    statements = target.statements()
    table = Table(title="SQL statements by the time until their answer", title_justify="left")
    for heading in ("times", "a transaction", "ms each", "µs a task", "statement"):
        table.add_column(
            heading, justify="left" if heading == "statement" else "right", no_wrap=True
        )
    for text, times, seconds in statements[:_SHOWN]:
        table.add_row(
            str(times),
            f"{times / batches:.2f}",
            f"{seconds / times * 1000:.2f}",
            f"{seconds / tasks * 1e6:.0f}",
            " ".join(text.split())[:90],
        )
    run.console.print(table)
