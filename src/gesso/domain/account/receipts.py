"""Receipts: what somebody holds who has no account any more, and what they can show for it.

The receipt's name is a permission (ADR 0014): it is signed, so nobody can guess another's. What it
tells is sealed with the same secret, so that a copy that was kept can be told from one made up.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from gesso.kit.ids import parse_id, public_id
from gesso.kit.signing import Signer

_UNENDING: Final = 1 << 53
CONFIRMED_FOR: Final = 600
"""Seconds for which a confirmation, or a sign-in, is fresh enough to end an account."""


class Receipts:
    """Makes and reads receipts and confirmations under one secret."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def name(self, erasure_id: UUID) -> str:
        """The receipt of this erasure."""
        return f"{public_id('erasure', erasure_id)}.{self._sign('erasure', str(erasure_id))}"

    def erasure_of(self, receipt: str) -> UUID | None:
        """The erasure that this is the receipt of; None for what is none of ours."""
        text, _, signature = receipt.partition(".")
        found = parse_id("erasure", text)
        if found is None or not self._is(signature, "erasure", str(found)):
            return None
        return found

    def seal(self, told: Mapping[str, object]) -> str:
        """The signature over what a receipt tells."""
        return self._sign("receipt", _canonical(told))

    def is_sealed(self, told: Mapping[str, object], seal: str) -> bool:
        """Whether this was told by us, letter for letter."""
        return self._is(seal, "receipt", _canonical(told))

    def confirmation(self, user_id: UUID, now: datetime) -> tuple[str, datetime]:
        """What confirms for ten minutes that this user wants to be erased, and until when."""
        ends = int(now.timestamp()) + CONFIRMED_FOR
        signature = self._signer.sign("erase", str(user_id), expires_at=ends)
        return f"{ends}.{signature}", datetime.fromtimestamp(ends, now.tzinfo)

    def confirms(self, confirmation: str, user_id: UUID, now: datetime) -> bool:
        """Whether this user confirmed it, not long ago."""
        ends, _, signature = confirmation.partition(".")
        if not (ends.isascii() and ends.isdecimal() and len(ends) < 16):
            return False
        return self._signer.verify(
            signature, "erase", str(user_id), expires_at=int(ends), now=now.timestamp()
        )

    def _sign(self, *parts: str) -> str:
        return self._signer.sign(*parts, expires_at=_UNENDING)

    def _is(self, signature: str, *parts: str) -> bool:
        return self._signer.verify(signature, *parts, expires_at=_UNENDING, now=0)


def _canonical(told: Mapping[str, object]) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
