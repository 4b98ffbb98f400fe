"""The audit, for an operator's eyes and for programs."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import typer

from gesso.app.cli.place import existing, settings_at
from gesso.domain.audit import Verdict, examine
from gesso.infra.settings import Settings


def audit(data_dir: Path | None, *, as_json: bool) -> int:
    """Run every check and print what came of it; 0 clean, 1 with breaches."""
    verdicts = asyncio.run(verdicts_on(settings_at(data_dir)))
    is_clean = all(verdict.breach is None for verdict in verdicts)
    if as_json:
        typer.echo(json.dumps(_plain(verdicts), ensure_ascii=False))
    else:
        for line in told(verdicts):
            typer.echo(line)
    return 0 if is_clean else 1


async def verdicts_on(settings: Settings) -> list[Verdict]:
    """What every check says of the database as it stands."""
    lease = timedelta(seconds=settings.engine.lease)
    async with existing(settings) as db, db.view() as view:
        return await examine(view, lease=lease)


def told(verdicts: Sequence[Verdict]) -> list[str]:
    """The verdicts in lines: one when clean,
    else every breach with the first places it was found.
    """
    breaches = [verdict.breach for verdict in verdicts if verdict.breach]
    seconds = sum(verdict.seconds for verdict in verdicts)
    if not breaches:
        return [f"Audit: clean. {len(verdicts)} checks in {seconds:.2f} s."]
    lines = []
    for breach in breaches:
        lines.append(f"{breach.check} broken {breach.count} times: {breach.promise}")
        lines += ["    " + ", ".join(f"{k}={v}" for k, v in row.items()) for row in breach.rows]
    broken = f"{len(breaches)} of {len(verdicts)} checks found something"
    return [*lines, f"Audit: not clean. {broken}, in {seconds:.2f} s."]


def _plain(verdicts: Sequence[Verdict]) -> dict[str, object]:
    checks = [
        {
            "id": verdict.check.id,
            "promise": verdict.check.promise,
            "seconds": round(verdict.seconds, 4),
            "breaches": verdict.breach.count if verdict.breach else 0,
            "rows": [dict(row) for row in verdict.breach.rows] if verdict.breach else [],
        }
        for verdict in verdicts
    ]
    return {"clean": all(not verdict.breach for verdict in verdicts), "checks": checks}
