"""Discretion: what a provider says is stored and shown, so its own key is put out of it first.

Providers do echo keys: "Incorrect API key provided: …" is a common sentence. An adapter need not
think of it; whoever carries a flow has its verdict pass through here.
"""

from dataclasses import replace
from typing import TypeVar, cast

from gesso.infra.logs import masked
from gesso.kit.masks import fingerprint, mask
from gesso.kit.scrub import deeply_scrubbed, scrubbed
from gesso.providers.access import Credential
from gesso.providers.flow import Accepted, Delivered, Failed, Refused, Working

V = TypeVar("V")
_HASHED = 16
"""Letters below which a hash would give a secret away to who tries them all."""


def discreet(verdict: V, credential: Credential) -> V:
    """The verdict without the credential's secrets, in whatever form they came back.

    The address of a result stays as it is, or it could not be fetched.
    """
    secrets = tuple(credential.secrets.values())
    match verdict:
        case Refused() | Failed():
            return cast(
                V,
                replace(
                    verdict,
                    code=scrubbed(verdict.code, secrets),
                    message=discreet_text(verdict.message, credential),
                ),
            )
        case Accepted():
            return cast(
                V,
                replace(
                    verdict,
                    provider_job_id=scrubbed(verdict.provider_job_id, secrets),
                    metadata=deeply_scrubbed(verdict.metadata, secrets),
                ),
            )
        case Working(metadata=metadata) if metadata is not None:
            return cast(V, replace(verdict, metadata=deeply_scrubbed(metadata, secrets)))
        case Delivered(value=value) if value is not None:
            return cast(V, replace(verdict, value=deeply_scrubbed(value, secrets)))
    return verdict


def discreet_text(text: str, credential: Credential) -> str:
    """A text without the credential's secrets, and without what looks like one."""
    return masked(scrubbed(text, credential.secrets.values()))


def trace_of(credential: Credential) -> dict[str, object]:
    """Which credential it was, for the job's trace: its name, and each part masked and hashed."""
    return {
        "credential": credential.id,
        "secrets": {part: hint(secret) for part, secret in credential.secrets.items()},
    }


def hint(secret: str) -> dict[str, str | None]:
    """A secret masked, and hashed where nobody could try all that it might be."""
    digest = fingerprint(secret) if len(secret) >= _HASHED else None
    return {"mask": mask(secret), "sha256": digest}
