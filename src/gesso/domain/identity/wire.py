"""What identity looks like at the API."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gesso.domain.identity.networks import MOST
from gesso.domain.identity.rules import Role, Scope
from gesso.domain.identity.tables import ApiKey
from gesso.infra.web.instants import Instant
from gesso.kit.ids import public_id

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
Addresses = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(max_length=MOST, description="Addresses and networks; none: from anywhere."),
]
Expiry = Instant | Literal["never"]
_IN = ConfigDict(extra="forbid")


class ApiKeyIn(BaseModel):
    """A key that is wished for."""

    model_config = _IN

    name: Name
    scopes: Scopes
    allowed_addresses: Addresses = []
    expires_at: Expiry | None = Field(
        None, description="An instant, or `never`; in 90 days if nothing is said."
    )


class ApiKeyPatch(BaseModel):
    """What is to be different about a key; what is left out stays."""

    model_config = _IN

    name: Name | None = None
    scopes: Scopes | None = None
    allowed_addresses: Addresses | None = None
    expires_at: Expiry | None = None


class ApiKeyRotationIn(BaseModel):
    """For how long the old key is to work beside the new one."""

    model_config = _IN

    overlap_seconds: int = Field(
        0, ge=0, le=7 * 86_400, description="Up to a week; 0: it is revoked at once."
    )


class ApiKeyOut(BaseModel):
    """A key, recognisable and of no use to whoever reads it here."""

    id: str
    name: str
    prefix: str = Field(examples=["gsk_8sK2mZ0q"], description="How it begins.")
    status: Literal["usable", "expired", "revoked"]
    scopes: list[str]
    allowed_addresses: list[str]
    parent_id: str | None = Field(description="The key that made it, or in whose place it came.")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="Known a minute later.")
    last_used_from: str | None
    revoked_at: datetime | None


class NewApiKeyOut(ApiKeyOut):
    """A key with its text, which is shown this once."""

    key: str


class SessionIdentityOut(BaseModel):
    """A way in which somebody is known."""

    kind: Literal["email", "oidc", "handover"]
    issuer: str
    email: str | None
    channel: str = Field(description="The name of the channel through which they come.")
    last_used_at: datetime | None


class Me(BaseModel):
    """Who is calling, and what the key or session in use allows."""

    id: str = Field(examples=["user_01jd3v8k2m5q7r9t1w3y5z7b9d"])
    email: str
    name: str | None
    locale: str | None
    tenant_id: str
    role: Role
    scopes: list[Scope] = Field(description="What is allowed now, in alphabetical order.")
    via: Literal["key", "session"]
    key_id: str | None = Field(description="The key in use; none in a session.")
    channel: str | None = Field(description="Through which channel the session came in.")
    identities: list[SessionIdentityOut] = Field(description="The ways in which they are known.")
    created_at: datetime


class MePatch(BaseModel):
    """What somebody changes about themselves; what is left out stays, and null takes it away."""

    model_config = _IN

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")] | None = None
    locale: (
        Annotated[
            str,
            Field(
                max_length=35,
                pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
                examples=["de-CH"],
                description="A language as BCP 47 writes it.",
            ),
        ]
        | None
    ) = None


def key_out(key: ApiKey, now: datetime) -> ApiKeyOut:
    """A key as it is shown to whoever may see that it is there."""
    return ApiKeyOut(**_facts(key, now))


def new_key_out(key: ApiKey, text: str, now: datetime) -> NewApiKeyOut:
    """A key as it is shown this once."""
    return NewApiKeyOut(**_facts(key, now), key=text)


def expiry_of(wish: datetime | str | None, usual: timedelta, now: datetime) -> datetime | None:
    """When a key is to expire that is wished so; None: never."""
    if isinstance(wish, datetime):
        return wish
    return None if wish == "never" else now + usual


def _facts(key: ApiKey, now: datetime) -> dict[str, Any]:
    is_over = key.expires_at is not None and key.expires_at <= now
    return {
        "id": public_id("key", key.id),
        "name": key.name,
        "prefix": key.prefix,
        "status": "revoked" if key.revoked_at else "expired" if is_over else "usable",
        "scopes": [str(scope) for scope in key.scopes],
        "allowed_addresses": [str(each) for each in key.addresses],
        "parent_id": public_id("key", key.parent_id) if key.parent_id else None,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "last_used_from": key.last_used_from,
        "revoked_at": key.revoked_at,
    }
