"""Passwords at rest: argon2id, a few at a time, and as long for nobody as for somebody.

OWASP's parameters: 19 MiB, two passes, one lane. A password is normalised to NFC, so that it is the
same on every keyboard, and never cut.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gesso.domain.signin.errors import BadPassword, Busy
from gesso.domain.signin.guessable import is_about, is_common, is_monotone

T = TypeVar("T")

SHORTEST: Final = 8
LONGEST: Final = 128
_MOST_WAITING: Final = 64
"""A flood of passwords ends here: the last of these waits for under a second."""
_MEMORY: Final = 19 * 1024
_PASSES: Final = 2


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a password is right, and its digest anew where the old one is weaker than today's."""

    is_right: bool
    renewed: str | None = None


class Hasher:
    """Makes and checks digests in threads of its own; argon2 lets go of the interpreter there."""

    def __init__(self, threads: int, *, memory: int = _MEMORY, passes: int = _PASSES) -> None:
        """`memory` in KiB."""
        self._argon = PasswordHasher(passes, memory, 1, hash_len=32, salt_len=16)
        # As costly to check as a real one, and right for no password.
        self._nobody = f"$argon2id$v=19$m={memory},t={passes},p=1${'A' * 22}${'A' * 43}"
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="gesso-password")
        self._waiting = 0

    async def digest(self, password: str) -> str:
        """What is kept of a password; Busy where too many wait."""
        return await self._run(lambda: self._argon.hash(_plain(password)))

    async def check(self, digest: str | None, password: str) -> Checked:
        """Whether the password is the one of the digest; None is nobody's, and takes as long."""
        return await self._run(lambda: self._check(digest, _plain(password)))

    def require_room(self) -> None:
        """Busy where too many wait: asked first, so that a try is not counted and then not made."""
        if self._waiting >= _MOST_WAITING:
            raise Busy("Too many people sign in at once; try again in a moment.")

    def close(self) -> None:
        """Let the threads go; who waits is told so."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _check(self, digest: str | None, password: bytes) -> Checked:
        try:
            self._argon.verify(digest or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return Checked(is_right=False)
        if digest is None:
            return Checked(is_right=False)
        is_weaker = self._argon.check_needs_rehash(digest)
        return Checked(is_right=True, renewed=self._argon.hash(password) if is_weaker else None)

    async def _run(self, work: Callable[[], T]) -> T:
        self.require_room()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


def check_password(password: str, *names: str) -> None:
    """BadPassword, with the reason, for what should be nobody's password. There are no rules about
    digits and signs: they make passwords worse (NIST SP 800-63B, 3.1.1.2).
    """
    plain = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise BadPassword(f"A password has {SHORTEST} to {LONGEST} letters.", reason="length")
    if is_common(plain) or is_monotone(plain):
        raise BadPassword("This password is one that everybody tries first.", reason="common")
    if is_about(plain, *names):
        raise BadPassword("This password is too close to the address.", reason="obvious")


def _plain(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
