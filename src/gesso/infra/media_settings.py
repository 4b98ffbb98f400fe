"""The branches of the settings that say what media are taken in and shown."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Branch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MediaSettings(_Branch):
    """What is taken into storage, and how it is handed out."""

    max_bytes: int = Field(256 << 20, ge=1 << 20)
    max_pixels: int = Field(40_000_000, ge=1_000_000)
    link_seconds: int = Field(900, ge=60, le=86_400, description="Life of a signed link.")
    upload_bytes: int = Field(10 << 30, ge=0, description="Of one account's uploads together.")
    upload_seconds: float = Field(
        3600.0, gt=0, le=43_200, description="Time in which an upload must arrive."
    )
    upload_reserve: int = Field(
        1 << 30,
        ge=0,
        description="Bytes that uploads leave free on this machine's disk.",
    )
    uploads: int = Field(10_000, ge=0, description="Files of one account's that it sent in.")
    uploads_at_once: int = Field(4, ge=1, description="Of one account.")


class ModerationSettings(_Branch):
    """Which results are judged before they are shown, by whoever makes `moderate_content`."""

    operations: tuple[str, ...] = Field((), description="Types of tasks; `[]`: nothing is judged.")
    on_doubt: Literal["show", "withhold"] = Field(
        "show", description="What follows where a judge would have a person look."
    )
