"""Options that many commands share, so that they are spelled and explained once."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", metavar="DIR", help="Where everything is kept. [env: GESSO_DATA_DIR]"
    ),
]
Tenant = Annotated[str, typer.Option("--tenant", metavar="NAME", help="The organisation.")]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")]
Bind = Annotated[
    str | None, typer.Option("--bind", metavar="NAME", help="One database: main, analytics. All.")
]
ServerUrl = Annotated[
    str | None,
    typer.Option("--url", envvar="GESSO_URL", help="Another server than the one here."),
]
ServerKey = Annotated[
    str | None, typer.Option("--key", envvar="GESSO_API_KEY", help="The key for that server.")
]


def parsed(settings: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` pairs; a value that is JSON is taken as such, any other as text."""
    values: dict[str, Any] = {}
    for setting in settings:
        name, is_given, value = setting.partition("=")
        if not (name and is_given):
            raise typer.BadParameter(f"{setting!r} is not NAME=VALUE", param_hint="--set")
        try:
            values[name] = json.loads(value)
        except ValueError:
            values[name] = value
    return values
