"""Keys of providers as the API takes and shows them; a secret goes in and never comes out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from gesso.domain.keyring.safe import Safe
from gesso.domain.keyring.service import Count, credential_id
from gesso.domain.keyring.tables import MOST_LIMIT, MOST_WEIGHT, KeyEvent, ProviderKey
from gesso.infra.web import House
from gesso.kit.ids import public_id

Label = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[!-~]+( [!-~]+)*$")]
Weight = Annotated[int, Field(ge=1, le=MOST_WEIGHT, description="Its share among its like.")]
Limit = Annotated[int, Field(ge=1, le=MOST_LIMIT)]
Root = Annotated[str, Field(max_length=500, pattern=r"^https?://[!-~]+[^/\s]$")]
Secrets = Annotated[
    dict[str, SecretStr],
    Field(min_length=1, max_length=8, description="Each part of the credential, by name."),
]
State = Literal["active", "paused", "retired"]


class KeyringHouse(House, Protocol):
    """What these routes need of the house beside what every room needs."""

    @property
    def safe(self) -> Safe:
        """Seals what is handed in."""

    @property
    def key_uses(self) -> Count:
        """Counts the unfinished attempts of each key."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class KeyIn(_Body):
    """A new key of a provider."""

    provider: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    label: Label
    secrets: Secrets
    weight: Weight = 1
    max_concurrency: Limit | None = Field(None, description="Jobs at the provider at once.")
    per_minute: Limit | None = Field(None, description="Submissions within a minute.")
    root: Root | None = Field(None, description="Where its API is; none: the usual address.")


class ReplacementIn(_Body):
    """The secret that takes the place of another."""

    secrets: Secrets
    root: Root | None = Field(None, description="None: as before.")


class KeyChange(_Body):
    """What to change; what is left out stays, and null takes a limit away."""

    label: Label | None = None
    weight: Weight | None = None
    max_concurrency: Limit | None = None
    per_minute: Limit | None = None
    state: State | None = Field(None, description="`retired` is for ever.")

    @model_validator(mode="after")
    def _something(self) -> "KeyChange":
        if not self.model_fields_set:
            raise ValueError("name at least one thing to change")
        if any(
            getattr(self, n) is None for n in self.model_fields_set & {"label", "weight", "state"}
        ):
            raise ValueError("label, weight and state cannot be taken away")
        return self


class RestIn(_Body):
    """For how long a key shall be lent to nobody."""

    seconds: float = Field(3600.0, gt=0, le=31_622_400)


class KeyHintOut(BaseModel):
    """One part of a secret: enough to recognise it."""

    mask: str
    sha256: str | None = Field(description="The first 16 digits; none for a short secret.")


class KeyOut(BaseModel):
    """A key of a provider, without its secret."""

    id: str
    provider: str
    label: str
    state: State
    weight: int
    max_concurrency: int | None
    per_minute: int | None
    root: str | None
    secrets: Mapping[str, KeyHintOut]
    master_key: str = Field(description="The id of the master key that wraps it.")
    replaces: str | None
    resting_until: datetime | None
    rest_code: str | None = Field(description="Why it rests, or rested last.")
    faults: int = Field(description="How often in a row it was found not to work.")
    jobs: int = Field(description="Unfinished attempts that were submitted with it.")
    created_at: datetime
    updated_at: datetime
    last_lent_at: datetime | None
    rev: int


class KeyEventOut(BaseModel):
    """Something that happened to a key."""

    id: str
    event: str
    actor: str = Field(description="A user's id, `cli:` and a login, or `house`.")
    code: str | None
    facts: Mapping[str, Any]
    at: datetime


class RotationOut(BaseModel):
    """How far the rotation of the master key is; ask again until nothing remains."""

    master_key: str
    rewrapped: int
    remaining: int
    unreadable: int


def key_out(key: ProviderKey, jobs: int) -> KeyOut:
    """A key as an operator sees it."""
    return KeyOut(
        id=credential_id(key.id),
        provider=key.provider,
        label=key.label,
        state=key.state,  # type: ignore[arg-type]  # checked by the database
        weight=key.weight,
        max_concurrency=key.max_concurrency,
        per_minute=key.per_minute,
        root=key.root,
        secrets={part: KeyHintOut.model_validate(hint) for part, hint in key.hints.items()},
        master_key=key.master_id,
        replaces=credential_id(key.replaces) if key.replaces else None,
        resting_until=key.rests_until,
        rest_code=key.rest_code,
        faults=key.faults,
        jobs=jobs,
        created_at=key.created_at,
        updated_at=key.updated_at,
        last_lent_at=key.last_lent_at,
        rev=key.rev,
    )


def event_out(event: KeyEvent) -> KeyEventOut:
    """A line of a key's history."""
    return KeyEventOut(
        id=public_id("kev", event.id),
        event=event.event,
        actor=event.actor,
        code=event.code,
        facts=event.facts,
        at=event.at,
    )


def plain(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    """The secrets as they were handed in."""
    return {part: secret.get_secret_value() for part, secret in secrets.items()}
