"""Options that many commands share, so that they are spelled and explained once."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", metavar="DIR", help="Where everything is kept. [env: GESSO_DATA_DIR]"
    ),
]
Tenant = Annotated[str, typer.Option("--tenant", metavar="NAME", help="The organisation.")]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")]
