"""Envelopes: a secret under a data key of its own, and that key under a master key.

The place of the row is bound in twice. What is copied to another row, cut off or altered does not
open, and never opens as something else.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from gesso.infra.vault.cipher import KEY_BYTES, Tampered, decrypt, encrypt
from gesso.infra.vault.masters import Master, Masters


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is stored of a secret."""

    sealed: bytes
    """Nonce, ciphertext and tag, under the data key."""
    wrapped: bytes
    """The data key, as the master key gave it out."""
    master: str
    """The id of that master key."""


async def seal(master: Master, secrets: Mapping[str, str], context: bytes) -> Envelope:
    """Seal these under a new data key; the master key may be asked over the network."""
    key = os.urandom(KEY_BYTES)
    plain = json.dumps(dict(secrets), sort_keys=True).encode()
    wrapped = await master.wrap(key, context)
    return Envelope(encrypt(key, plain, context), wrapped, master.id)


async def open_envelope(masters: Masters, envelope: Envelope, context: bytes) -> dict[str, str]:
    """What was sealed. UnknownMaster where this machine lacks the master key, Tampered where the
    envelope is not what was sealed in this context.
    """
    key = await _data_key(masters, envelope, context)
    return cast(dict[str, str], json.loads(decrypt(key, envelope.sealed, context)))


async def rewrap(masters: Masters, master: Master, envelope: Envelope, context: bytes) -> Envelope:
    """The same envelope under another master key; the secret itself is not touched."""
    key = await _data_key(masters, envelope, context)
    return replace(envelope, wrapped=await master.wrap(key, context), master=master.id)


async def _data_key(masters: Masters, envelope: Envelope, context: bytes) -> bytes:
    key = await masters.find(envelope.master).unwrap(envelope.wrapped, context)
    if len(key) != KEY_BYTES:
        raise Tampered("what was wrapped is no data key")
    return key
