"""The outbox: letters as files, where no mail server is named."""

import asyncio
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from gesso.infra.mail.letter import Letter
from gesso.kit.ids import new_id

_MOST: Final = 500


class Outbox:
    """A folder of `.eml` files that any mail program opens; the newest five hundred are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, letter: Letter, message: EmailMessage) -> str:
        """Put the letter into the folder, whole or not at all; the answer is where it lies."""
        return str(await asyncio.to_thread(self._write, letter.kind, bytes(message)))

    def _write(self, kind: str, content: bytes) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Ids sort by time, and so do the files.
        file = self._folder / f"{new_id().hex}-{kind}.eml"
        with NamedTemporaryFile(dir=self._folder, prefix=".draft-", delete=False) as draft:
            draft.write(content)  # mode 0600: a letter lets somebody in
        Path(draft.name).replace(file)
        self._thin_out()
        return file.absolute()

    def _thin_out(self) -> None:
        for old in sorted(self._folder.glob("*.eml"))[:-_MOST]:
            with suppress(FileNotFoundError):
                old.unlink()
