"""Where bytes are kept, chosen by the settings."""

import re
from typing import Final

from gesso.infra.errors import Unavailable
from gesso.infra.settings import Settings, SettingsError
from gesso.infra.storage import Storage
from gesso.infra.storage.local import LocalStorage

_REASONS: Final = (
    r"<Code>(\w+)</Code>",
    r"non-2xx status code: ([^:]+):",
    r'kind: \w+,\s+message: "([^"]+)"',
)
"""The server's own code, its status where it gives none, or why it could not be reached."""


def open_storage(settings: Settings) -> Storage:
    """The storage in force; nothing is asked of a server yet. SettingsError where the library for
    it is missing.
    """
    if settings.storage.kind == "local":
        return LocalStorage(settings.data_dir / "media")
    try:
        # late: only who keeps bytes in a bucket needs the library
        from gesso.infra.storage.s3 import S3Storage
    except ImportError as error:
        raise SettingsError(
            "GESSO_STORAGE__KIND is s3, which needs an extra: pip install 'gesso[s3]'"
        ) from error
    return S3Storage(settings.storage)


def reason_of(error: Unavailable) -> str:
    """Why a storage refused, in the server's own word or the system's; for operators, for it names
    what users need not know.
    """
    told = str(error.__cause__)
    found = filter(None, (re.search(reason, told) for reason in _REASONS))
    return next((each[1] for each in found), error.message.rstrip("."))
