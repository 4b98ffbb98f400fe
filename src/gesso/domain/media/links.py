"""Links: addresses of stored bytes that work without a key, for a while."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from gesso.kit.ids import parse_id, public_id
from gesso.kit.signing import Signer

CONTENT, THUMBNAIL = "content", "thumbnail"
_UNENDING = 1 << 53
"""A callback's address is good for as long as its attempt is remembered."""


class Links:
    """Makes and checks signed links under one public address."""

    def __init__(
        self, signer: Signer, public_url: str, *, seconds: int, now: Callable[[], datetime]
    ) -> None:
        self._signer, self._root, self._seconds, self._now = signer, public_url, seconds, now

    def content(self, asset_id: UUID) -> str:
        """Where the asset's bytes can be had."""
        return self._signed(asset_id, CONTENT)

    def thumbnail(self, asset_id: UUID) -> str:
        """Where its picture can be had."""
        return self._signed(asset_id, THUMBNAIL)

    def callback(self, provider: str, attempt_id: UUID) -> str:
        """Where this provider reports on this attempt; nobody can guess it, nor make it from the
        attempt's id.
        """
        name = public_id("attempt", attempt_id)
        signature = self._signer.sign("callback", provider, name, expires_at=_UNENDING)
        return f"{self._root}/hooks/{provider}/{name}.{signature}"

    def attempt_of(self, provider: str, token: str) -> UUID | None:
        """The attempt that a callback's address of this provider's belongs to; None for an address
        that is none of ours.
        """
        name, _, signature = token.partition(".")
        now = self._now().timestamp()
        is_ours = self._signer.verify(
            signature, "callback", provider, name, expires_at=_UNENDING, now=now
        )
        return parse_id("attempt", name) if is_ours else None

    def allows(self, asset_id: UUID, variant: str, expires_at: int, signature: str) -> bool:
        """Whether this signature is ours, for these bytes, and still young enough."""
        now = self._now().timestamp()
        return self._signer.verify(
            signature, str(asset_id), variant, expires_at=expires_at, now=now
        )

    def _signed(self, asset_id: UUID, variant: str) -> str:
        # Rounded up, so that a page that is loaded twice in a minute can use its browser's cache.
        expires_at = (int(self._now().timestamp()) // 60 + 1) * 60 + self._seconds
        signature = self._signer.sign(str(asset_id), variant, expires_at=expires_at)
        query = urlencode({"expires": expires_at, "signature": signature})
        return f"{self._root}/api/v1/assets/{public_id('asset', asset_id)}/{variant}?{query}"
