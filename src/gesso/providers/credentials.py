"""Credentials: where a provider's address and secrets come from."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from gesso.infra.branches import ProviderSettings
from gesso.providers.access import Access, Credential
from gesso.providers.flow import Verdict

CUSTOMARY = "environment"
"""The name of the credential that the settings and the environment make up."""


class NoCredential(Exception):
    """There is nothing to submit with; `again`: there may be one `after` some seconds."""

    def __init__(
        self, code: str, message: str, *, again: bool = False, after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.again, self.after = code, message, again, after


class Credentials(Protocol):
    """Hands out what attempts speak to their providers with."""

    async def choose(
        self, provider: str, access: Access, model: str, *, attempt_id: UUID
    ) -> Credential:
        """One for this new attempt; NoCredential where there is none now."""
        ...

    async def recall(self, provider: str, access: Access, name: str) -> Credential | None:
        """The one of this name, if there still is one."""
        ...

    async def learn(
        self, provider: str, credential: Credential, verdict: Verdict, *, attempt_id: UUID
    ) -> bool:
        """Hear what came of an attempt with it. True where it was refused for its credential alone
        and another may do better: then the attempt says nothing about the job.
        """
        ...


class Customary:
    """One credential a provider, from the settings or the variables that are customary for it."""

    def __init__(
        self, settings: Mapping[str, ProviderSettings], environment: Mapping[str, str]
    ) -> None:
        self._settings, self._environment = settings, environment

    async def choose(
        self,
        provider: str,
        access: Access,
        model: str,  # noqa: ARG002
        *,
        attempt_id: UUID,  # noqa: ARG002
    ) -> Credential:
        """The one that there is."""
        found = self._find(provider, access)
        missing = [name for part, name in access.secrets.items() if part not in found.secrets]
        if missing:
            raise NoCredential(
                "no_credential", f"{provider} needs a key: {', '.join(missing)} is not set."
            )
        return found

    def holds(self, provider: str, access: Access) -> bool:
        """Whether there is one."""
        return access.secrets.keys() <= self._find(provider, access).secrets.keys()

    async def recall(self, provider: str, access: Access, name: str) -> Credential | None:
        """The one that there is, under its only name."""
        return self._find(provider, access) if name == CUSTOMARY else None

    async def learn(
        self,
        provider: str,  # noqa: ARG002
        credential: Credential,  # noqa: ARG002
        verdict: Verdict,  # noqa: ARG002
        *,
        attempt_id: UUID,  # noqa: ARG002
    ) -> bool:
        """There is no other, so nothing follows."""
        return False

    def root(self, provider: str, access: Access) -> str:
        """Where the provider is, by the settings or by custom."""
        return self._settings.get(provider, ProviderSettings()).root or access.root

    def _find(self, provider: str, access: Access) -> Credential:
        named = self._settings.get(provider, ProviderSettings())
        given = {part: secret.get_secret_value() for part, secret in named.secrets.items()}
        customary = {
            part: self._environment[variable]
            for part, variable in access.secrets.items()
            if self._environment.get(variable)
        }
        return Credential(CUSTOMARY, self.root(provider, access), customary | given)
