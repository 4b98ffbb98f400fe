"""Access: what it takes to speak to a provider, and what one attempt speaks to it with."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Access:
    """What a provider asks of its callers."""

    root: str = ""
    """Where its API is, unless the settings say otherwise; without a slash at its end."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Each part of a credential, and the environment variable that holds it by custom:
    `{"key": "FAL_KEY"}`. Empty: it asks for none.
    """


@dataclass(frozen=True, slots=True)
class Credential:
    """The address and the secrets of one attempt. A job is polled with what it was submitted with,
    because providers show jobs only to the account that they belong to.
    """

    id: str
    """The name by which the attempt remembers it; tells nothing secret."""
    root: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def secret(self, name: str = "key") -> str:
        """One part of it; KeyError where there is none."""
        return self.secrets[name]
