"""An owner's tasks as a list shows them."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field, StringConstraints

from gesso.domain import media
from gesso.domain.tasks.history import Entry, Filters
from gesso.domain.tasks.render import cost_out, error_out, progress_of
from gesso.domain.tasks.tables import TERMINAL
from gesso.domain.tasks.wire import CostOut, ErrorOut, TaskStatus
from gesso.infra.errors import Invalid
from gesso.infra.web import Page
from gesso.infra.web.instants import Instant
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text

_SHOWN: Final = 4
"""Files that stand for a task in a list."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class FilterQuery(BaseModel):
    """Which tasks are wanted. What may be given more than once means any of these."""

    status: tuple[TaskStatus, ...] = Field((), max_length=7)
    type: tuple[str, ...] = Field((), max_length=20, description="Operations.")
    q: Words | None = Field(None, description="Words that the prompt has in it.")
    since: Instant | None = Field(None, alias="from", description="Asked for since; with.")
    until: Instant | None = Field(None, alias="to", description="Asked for before; without.")
    live: bool | None = Field(None, description="Those that have not ended; or only the others.")

    def filters(self) -> Filters:
        """The same, as the room takes it."""
        return Filters(self.status, self.type, self.q, self.since, self.until, self.live)


class DaysQuery(FilterQuery):
    """The same, and whose days are meant."""

    time_zone: str = Field("UTC", max_length=64, description="By its IANA name: `Europe/Berlin`.")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone; Invalid for one that nobody knows."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Invalid(
                f"There is no time zone {self.time_zone!r}.", code="unknown_time_zone"
            ) from error


class ThumbOut(BaseModel):
    """A file that stands for its task."""

    index: int
    phase: str
    kind: Literal["image", "video", "model"]
    asset_id: str
    url: str | None = Field(description="A small picture by a signed link; null: there is none.")
    width: int | None
    height: int | None
    mean_color: str | None


class PiecesOut(BaseModel):
    """How many pieces a task has had made so far, in all its phases, and how they did."""

    total: int
    completed: int
    ended: int


class TaskRowOut(BaseModel):
    """A task as a list shows it; what was ordered and what came of it stands in the task."""

    id: str
    type: str
    title: str | None = Field(description="The beginning of its prompt.")
    status: TaskStatus
    phase: str
    progress: float
    pieces: PiecesOut
    thumbnails: list[ThumbOut] = Field(description="Of its latest phase that has any, at most 4.")
    selected_image_index: int | None
    cost: CostOut
    refunded: str
    error: ErrorOut | None
    cancel_requested: bool
    rev: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    deadline_at: datetime


class TasksOut(Page[TaskRowOut]):
    """A part of one's tasks, the newest first."""

    as_of: str = Field(description="Where the live stream goes on from what is told here.")


class TaskDayOut(BaseModel):
    """How many tasks were asked for on a day."""

    day: date
    tasks: int


class DaysOut(BaseModel):
    """The days on which anything was asked for, the latest first."""

    time_zone: str
    total: int
    days: list[TaskDayOut]
    as_of: str = Field(description="Where the live stream goes on from what is told here.")


def row_out(entry: Entry, links: media.Links) -> TaskRowOut:
    """A task of a list."""
    task, pieces = entry.task, entry.pieces
    return TaskRowOut.model_construct(
        id=public_id("task", task.id),
        type=task.type,
        title=task.title or None,
        status=task.status,
        phase=task.phase,
        progress=progress_of(task, pieces),
        pieces=PiecesOut.model_construct(
            total=len(pieces),
            completed=sum(piece.status == "completed" for piece in pieces),
            ended=sum(piece.status in TERMINAL for piece in pieces),
        ),
        thumbnails=_thumbnails(entry, links),
        selected_image_index=task.selected_image_index,
        cost=cost_out(task),
        refunded=credits_text(task.refunded),
        error=error_out(task),
        cancel_requested=task.cancel_requested_at is not None,
        rev=task.rev,
        created_at=task.created_at,
        started_at=task.started_at,
        finished_at=task.finished_at,
        deadline_at=task.deadline_at,
    )


def _thumbnails(entry: Entry, links: media.Links) -> list[ThumbOut]:
    shown: list[Any] = [piece for piece in entry.pieces if piece.id in entry.assets]
    latest = [piece for piece in shown if piece.phase == shown[-1].phase]
    return [_thumb(piece, entry.assets[piece.id], links) for piece in latest[:_SHOWN]]


def _thumb(piece: Any, asset: media.Thumb, links: media.Links) -> ThumbOut:
    return ThumbOut.model_construct(
        index=piece.idx,
        phase=piece.phase,
        kind=asset.kind,  # type: ignore[arg-type]  # checked by the database
        asset_id=public_id("asset", asset.id),
        url=links.thumbnail(asset.id) if asset.has_picture else None,
        width=asset.details.get("width"),
        height=asset.details.get("height"),
        mean_color=asset.details.get("mean_color"),
    )
