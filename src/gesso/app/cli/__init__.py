"""The command line. Commands load what they need when they run, so that help is there at once."""

from gesso.app.cli.entry import main

__all__ = ["main"]
