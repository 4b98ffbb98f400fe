"""Master keys: what wraps the data keys. One is in force, the others still open what they wrapped.

They come from a plugin (a key management service), from the settings, or from a file that is made
at first need. A rotation writes the file anew while others run, so a key that is not known yet is
looked for there once more.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, Protocol

from gesso.infra.vault.cipher import KEY_BYTES, decrypt, encrypt

_SHORTEST: Final = 32


class UnknownMaster(Exception):
    """This machine does not have the master key of this id."""


class Master(Protocol):
    """A key that wraps data keys and gives itself to nobody."""

    @property
    def id(self) -> str:
        """Names it in every row that it wrapped; tells nothing secret, and never changes."""
        ...

    async def wrap(self, key: bytes, context: bytes) -> bytes:
        """A data key of 32 bytes, fit to be stored, bound to `context`."""
        ...

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The data key; Tampered where it was not wrapped by this key in this context."""
        ...


class LocalMaster:
    """A master key that this machine knows, made from a secret text of at least 32 letters."""

    def __init__(self, secret: str) -> None:
        if len(secret) < _SHORTEST:
            raise ValueError(f"a master key has at least {_SHORTEST} letters")
        self.secret = secret
        self._key = _derived(secret, b"gesso master key")
        self.id = _derived(secret, b"gesso master key id").hex()[:16]

    async def wrap(self, key: bytes, context: bytes) -> bytes:
        """The data key, encrypted."""
        return encrypt(self._key, key, context)

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The data key; Tampered where this is not what was wrapped here."""
        return decrypt(self._key, wrapped, context)


def _derived(secret: str, purpose: bytes) -> bytes:
    """HKDF with SHA-256 (RFC 5869) without a salt, one block long."""
    extracted = hmac.digest(bytes(KEY_BYTES), secret.encode(), hashlib.sha256)
    return hmac.digest(extracted, purpose + b"\x01", hashlib.sha256)


class MasterFile:
    """A file of master keys, one a line, the one in force first; the owner alone may read it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[LocalMaster]:
        """Those in it; none where there is no file."""
        try:
            lines = self.path.read_text().split()
        except FileNotFoundError:
            return []
        return [LocalMaster(line) for line in lines]

    def first(self) -> LocalMaster:
        """The one in force; the first one is made now where there is none."""
        if not (found := self.read()):
            self._write([_new_secret()], anew=False)
            found = self.read()
        return found[0]

    def put_first(self) -> LocalMaster:
        """Make a new one and put it in force; those of before stay readable."""
        self._write([_new_secret(), *(each.secret for each in self.read())])
        return self.first()

    def forget(self, ids: Iterable[str]) -> None:
        """Take these out, but never the one in force. Others that nobody has spoken of stay: what
        they wrapped may be in a database that is not looked at just now.
        """
        unwanted, found = set(ids), self.read()
        kept = [each.secret for each in found if each is found[0] or each.id not in unwanted]
        if len(kept) < len(found):
            self._write(kept)

    def _write(self, secrets: Sequence[str], *, anew: bool = True) -> None:
        """Write the file as a whole: who reads it sees the old one or the new one."""
        folder = self.path.parent
        with NamedTemporaryFile("w", dir=folder, prefix=".master-", delete=False) as draft:  # 0600
            draft.write("".join(f"{secret}\n" for secret in secrets))
            draft.flush()
            os.fsync(draft.fileno())
        if anew:
            Path(draft.name).replace(self.path)
        else:
            # Of several processes that make the first one, one wins, and all use it.
            with suppress(FileExistsError):
                os.link(draft.name, self.path)
            Path(draft.name).unlink()
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _new_secret() -> str:
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode().rstrip("=")


class Masters:
    """Every master key that this process can use."""

    def __init__(self, named: Sequence[Master], old: Sequence[Master], file: MasterFile) -> None:
        """`named` by the settings, the one in force first; `old` ones only open. Where none is
        named, the file's first one is in force.
        """
        self._named, self._file = tuple(named), file
        self._known = {each.id: each for each in (*named, *old)}

    @property
    def file(self) -> MasterFile | None:
        """The file that the one in force comes from; None where the settings name it."""
        return None if self._named else self._file

    def preferred(self) -> Master:
        """The one that should be in force by the settings; a file's is made at first need."""
        return self._named[0] if self._named else self._file.first()

    def find(self, master_id: str) -> Master:
        """The one of this id; UnknownMaster where this machine does not have it."""
        if master_id not in self._known:
            self._known |= {each.id: each for each in self._file.read()}
        try:
            return self._known[master_id]
        except KeyError:
            raise UnknownMaster(f"the master key {master_id} is not on this machine") from None

    def knows(self, master_id: str) -> bool:
        """Whether this machine has it."""
        try:
            self.find(master_id)
        except UnknownMaster:
            return False
        return True


def open_masters(
    *,
    plugin: Callable[[], Sequence[Master]] | None,
    secret: str | None,
    old: Sequence[str],
    file: Path,
) -> Masters:
    """The master keys: a plugin's before the secret, the secret before the file."""
    named = [*(plugin() if plugin else ()), *([LocalMaster(secret)] if secret else ())]
    return Masters(named, [LocalMaster(each) for each in old], MasterFile(file))
