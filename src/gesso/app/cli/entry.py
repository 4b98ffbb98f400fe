"""The tree of commands, and the one place where an error becomes a sentence and an exit code."""

import os
import sys
from typing import Annotated

import typer

from gesso.app.cli import (
    catalogue,
    doors,
    figures,
    functions,
    house,
    keys,
    making,
    organisations,
    people,
    tokens,
)
from gesso.app.cli.trouble import sentence_for

_DEBUG = "GESSO_DEBUG"

app = typer.Typer(
    name="gesso",
    help="The self-hosted backend for apps that generate media.",
    no_args_is_help=True,
    # Plain text: importing what draws frames takes three times as long as everything else together.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for part in (
    making.app,
    people.app,
    organisations.app,
    keys.app,
    tokens.app,
    doors.app,
    figures.app,
    functions.app,
    catalogue.app,
    house.app,
):
    app.add_typer(part)


@app.callback()
def root(
    *,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error comes from. [env: GESSO_DEBUG]")
    ] = False,
) -> None:
    """Run gesso, or look after it.

    Exit codes: 0 well, 1 the answer is no, 2 it could not be done, 130 stopped by Ctrl-C.
    """
    if debug:
        os.environ[_DEBUG] = "1"


def main() -> None:
    """Run the command line of this process; what a person can mend is told in one sentence."""
    try:
        app()
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None or os.environ.get(_DEBUG):
            raise
        typer.echo(f"gesso: {sentence}", err=True)
        sys.exit(2)
