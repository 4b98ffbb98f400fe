"""Trouble: what goes wrong is told in one sentence; a traceback is for those who ask for it."""

from importlib import import_module

_TELLING = (
    "gesso.infra.settings:SettingsError",
    "gesso.domain.catalog:CatalogError",
    "gesso.infra.errors:GessoError",
)


class Trouble(Exception):
    """Something that the person at the keyboard can mend; the message says what and how."""


def sentence_for(error: BaseException) -> str | None:
    """What to tell about this error; None when it is a fault of ours and deserves its traceback."""
    if isinstance(error, Trouble) or any(isinstance(error, _known(name)) for name in _TELLING):
        return str(error)
    if isinstance(error, _known("sqlalchemy.exc:DBAPIError")):
        cause = str(getattr(error, "orig", None) or error).splitlines()
        return f"The database refused: {cause[0] if cause else type(error).__name__}"
    if isinstance(error, _known("aiohttp:ClientError")):
        return f"The server could not be reached: {str(error) or type(error).__name__}"
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}"
    return None


def _known(name: str) -> type[BaseException]:
    """The class; importing it is no loss here, for an error of it has loaded its module already."""
    module, _, attribute = name.partition(":")
    found: type[BaseException] = getattr(import_module(module), attribute)
    return found
