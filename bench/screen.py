"""How the figures are shown: a table for people, one JSON document for programs."""

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.figure import Figure

Outcome = Sequence[Figure] | str
"""The figures of a benchmark, or why there are none."""


def machine() -> dict[str, Any]:
    """What the figures depend on beside the code."""
    return {
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def show(console: Console, outcomes: Mapping[str, Outcome]) -> None:
    """Draw one table of everything that was measured, with the facts in a second line."""
    table = Table(title="gesso beside what it stands on", title_justify="left")
    for heading in ("what", "measured", "beside it", "ratio", "goal"):
        table.add_column(heading, justify="right" if heading in ("measured", "ratio") else "left")
    for name, outcome in outcomes.items():
        table.add_section()
        table.add_row(Text(name, style="bold"))
        if isinstance(outcome, str):
            table.add_row(Text(f"  {outcome}", style="yellow"))
            continue
        for figure in outcome:
            table.add_row(*_cells(figure))
    console.print(table)


def as_json(began: Mapping[str, Any], outcomes: Mapping[str, Outcome]) -> str:
    """Everything as JSON, with the machine before and after."""
    results = {
        name: {"skipped": outcome}
        if isinstance(outcome, str)
        else {"figures": [figure.plain() for figure in outcome]}
        for name, outcome in outcomes.items()
    }
    document = {"machine": {"before": began, "after": machine()}, "results": results}
    return json.dumps(document, ensure_ascii=False, indent=2)


def number(value: float) -> str:
    """Three figures that matter, with thousands set apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def _cells(figure: Figure) -> list[Text]:
    facts = ", ".join(f"{name} {_fact(value)}" for name, value in figure.facts.items())
    what = Text(f"  {figure.name}")
    if facts:
        what.append(f"\n    {facts}", style="dim")
    baseline = ""
    if figure.baseline is not None:
        baseline = f"{number(figure.baseline)} {figure.beside}"
    ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
    return [
        what,
        Text(f"{number(figure.value)} {figure.unit}"),
        Text(baseline),
        Text(ratio),
        _verdict(figure),
    ]


def _fact(value: object) -> str:
    if isinstance(value, list):
        return " ".join(_fact(each) for each in value)
    return number(value) if isinstance(value, float) else str(value)


def _verdict(figure: Figure) -> Text:
    if figure.goal is None:
        return Text("")
    word, style = ("met", "green") if figure.met else ("missed", "red")
    return Text(f"{figure.goal} {word}", style=style)
