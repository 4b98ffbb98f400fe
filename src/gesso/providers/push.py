"""Pushes: what a provider sends to a callback's address, and how far it is believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from gesso.providers.access import Credential
from gesso.providers.flow import Cancelled, Delivered, Failed, Submission, Working

_HERE = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Push:
    """A push as it arrived, before anything in it is believed."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    received_at: float
    """Unix time, in seconds."""
    credential: Credential
    """The one of the attempt that the address belongs to."""


@dataclass(frozen=True, slots=True)
class Signed:
    """It certainly comes from the provider, as it is."""

    delivery_id: str | None = None
    """What the provider calls this report, under the same signature: the same for every repeat of
    it. None: its bytes are its name.
    """


@dataclass(frozen=True, slots=True)
class Hint:
    """Nobody has signed it: a reason to ask the provider now, and nothing more."""


@dataclass(frozen=True, slots=True)
class Forged:
    """Its signature is missing, wrong or too old; nothing of it is believed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """The provider asks whether the address is ours; this is the answer it waits for."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class News:
    """What a push says: of which of the provider's jobs, and what became of it."""

    provider_job_id: str | None
    verdict: Working | Delivered | Failed | Cancelled | None = None
    """None: the provider has to be asked."""


def reachable(order: Submission) -> str | None:
    """The callback's address where the provider can be expected to reach it: over https, or from
    this same machine. None: name it no address, for many refuse one that they cannot use.
    """
    address = urlsplit(order.callback_url)
    are_here = {address.hostname, urlsplit(order.credential.root).hostname} <= _HERE
    return order.callback_url if address.scheme == "https" or are_here else None
