"""Branches of the settings about coming in: who takes our letters, and whom we let in."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class _Branch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MailSettings(_Branch):
    """Who takes our letters."""

    url: str | None = Field(
        None,
        pattern="^smtps?://",
        description="smtp://user:password@host:587 (STARTTLS), or smtps:// (TLS from the first "
        "byte); none: letters lie in the folder `outbox` of the data directory.",
    )
    sender: str = Field(
        "gesso <gesso@localhost>",
        pattern=r"^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$",
        description="From whom they come: `Name <address>`.",
    )
    timeout: float = Field(10.0, gt=0, le=300, description="Seconds for one step with the server.")
    waits: tuple[float, ...] = Field(
        (2.0, 20.0, 90.0),
        description="Seconds before each further try, of what can be tried again.",
    )
    ca_file: Path | None = Field(
        None, description="Certificates that are trusted instead of the system's, in PEM."
    )


class SigninSettings(_Branch):
    """How people get in by address and password."""

    open: bool = Field(
        True, description="Whether an address that nobody knows becomes a new account."
    )
    start_credits: int | None = Field(
        None,
        ge=0,
        le=1_000_000,
        description="Of whoever comes in by themselves, as the first start writes it into the "
        "channel `local`; unset: 100 in development, none elsewhere.",
    )
    hash_threads: int = Field(
        2, ge=1, le=64, description="Passwords checked at once in a process; each takes 19 MiB."
    )
