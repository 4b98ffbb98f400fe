"""What sessions look like at the API."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from gesso.domain.sessions.tables import UserSession
from gesso.kit.ids import public_id


class RefreshIn(BaseModel):
    """A refresh token, from whoever keeps it themselves; a browser's comes in its cookie."""

    refresh_token: str | None = Field(None, max_length=200)


class SessionOut(BaseModel):
    """One sign-in that is still good."""

    id: str
    is_current: bool = Field(description="Whether this request belongs to it.")
    channel: str | None = Field(description="The channel through which it was begun.")
    identity: Literal["email", "oidc", "handover"] | None = Field(
        description="As what its user was known there."
    )
    ip: str = Field(description="From where it was begun or refreshed last.")
    agent: str = Field(description="With what, in the words of the program itself.")
    created_at: datetime
    last_used_at: datetime = Field(description="To the minute.")
    expires_at: datetime


class EndedOut(BaseModel):
    """How many sessions were ended."""

    ended: int


def session_out(
    session: UserSession, channel: str | None, identity: str | None, *, current: UUID | None
) -> SessionOut:
    """A session as its owner sees it."""
    return SessionOut.model_validate(
        {
            "id": public_id("session", session.id),
            "is_current": session.id == current,
            "channel": channel,
            "identity": identity,
            "ip": session.ip,
            "agent": session.agent,
            "created_at": session.created_at,
            "last_used_at": session.last_used_at,
            "expires_at": session.expires_at,
        }
    )
