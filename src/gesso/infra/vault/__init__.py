"""The vault: secrets at rest, each sealed under a key of its own that a master key wraps."""

from gesso.infra.vault.cipher import Tampered
from gesso.infra.vault.envelope import Envelope, open_envelope, rewrap, seal
from gesso.infra.vault.masters import (
    LocalMaster,
    Master,
    MasterFile,
    Masters,
    UnknownMaster,
    open_masters,
)

__all__ = [
    "Envelope",
    "LocalMaster",
    "Master",
    "MasterFile",
    "Masters",
    "Tampered",
    "UnknownMaster",
    "open_envelope",
    "open_masters",
    "rewrap",
    "seal",
]
