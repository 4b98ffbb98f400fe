"""scrape_trends: what many people look at now, as rows that can be counted on.

Whose scraper is asked is the catalogue's matter: each platform is a skill of its own
(`scrape_tiktok`, …), and its entry says which words of the scraper's rows are which of ours. What a
scraper finds on other people's pages is believed in nothing: a row is checked part by part, an odd
one is dropped and counted.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from gesso.domain.tasks import Draft, Nothing, Operation, Order

RATED: Final = 1000
"""Rows that the catalogue's price is for."""
_LARGEST: Final = 192 << 10
"""Bytes of all rows as JSON; a result is kept whole in the database."""

Hashtag = Annotated[str, StringConstraints(pattern=r"^#?\w{1,100}$")]


class ScrapeTrendsOrder(Order):
    """Posts of a platform, by words or hashtags."""

    type: Literal["scrape_trends"]
    platform: Literal["tiktok", "youtube", "instagram"]
    query: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = Field(
        "", description="What to search for.", json_schema_extra={"x-ui": "prompt"}
    )
    hashtags: list[Hashtag] = Field(default=[], max_length=20)
    region: str | None = Field(
        None, pattern="^[A-Z]{2}$", description="A country (ISO 3166-1), where the platform can."
    )
    limit: int = Field(50, ge=1, le=500, description="Rows at most; the price goes by it.")

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        if not self.query and not self.hashtags:
            raise ValueError("a query or a hashtag is needed")
        return self


def _count(told: Any) -> int | None:
    """A number of people; what is none is not known."""
    if isinstance(told, str) and told.isdecimal():
        told = int(told)
    if not isinstance(told, int) or isinstance(told, bool):
        return None
    return told if 0 <= told < 2**53 else None


def _moment(told: Any) -> datetime | None:
    """An instant, from ISO 8601 or Unix seconds; what is none is not known."""
    try:
        if isinstance(told, int | float) and not isinstance(told, bool):
            return datetime.fromtimestamp(told, UTC)
        moment = datetime.fromisoformat(str(told))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _clipped(told: Any) -> Any:
    return " ".join(told.split())[:200] if isinstance(told, str) else told


def _name(told: Any) -> str | None:
    return _clipped(told) if isinstance(told, str) and told.strip() else None


def _tags(told: Any) -> list[str]:
    """Hashtags, given as words or as objects with a name."""
    found = told if isinstance(told, list) else []
    names = [each.get("name") if isinstance(each, Mapping) else each for each in found[:30]]
    return [name.lstrip("#")[:100] for name in names if isinstance(name, str) and name.strip()]


def _of_the_web(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise ValueError("not an address of the web")
    return url


Count = Annotated[int | None, BeforeValidator(_count)]
Name = Annotated[str | None, BeforeValidator(_name)]


class Trend(BaseModel):
    """One post. Title and address are there; the rest where the platform tells."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: Annotated[str, StringConstraints(min_length=1), BeforeValidator(_clipped)]
    url: Annotated[str, StringConstraints(max_length=500), AfterValidator(_of_the_web)]
    author: Name = None
    published_at: Annotated[datetime | None, BeforeValidator(_moment)] = None
    views: Count = None
    likes: Count = None
    comments: Count = None
    shares: Count = None
    hashtags: Annotated[list[str], BeforeValidator(_tags)] = []


class ScrapeTrends(Operation[ScrapeTrendsOrder]):
    """One run of a scraper, many rows."""

    type = "scrape_trends"
    title = "Scrape trends"
    summary = "What many people look at now: posts with their counts, by words or hashtags."
    params = ScrapeTrendsOrder
    phases = ("scrape",)
    makes = ("scrape_tiktok",)
    instead = ("scrape_youtube", "scrape_instagram")

    def plan(self, order: ScrapeTrendsOrder) -> Sequence[Draft]:
        """The one run, by the skill of its platform."""
        tags = [tag.lstrip("#") for tag in order.hashtags]
        words = "".join(re.findall(r"\w+", order.query))[:100]
        details = {
            "query": order.query or None,
            "hashtags": tags or None,
            # For scrapers that know only searches, or only hashtags.
            "searches": [*([order.query] if order.query else []), *(f"#{tag}" for tag in tags)],
            "tags": [*tags, *([words] if words else [])] or None,
            "region": order.region,
            "limit": order.limit,
        }
        asked = {name: each for name, each in details.items() if each is not None}
        return [Draft(makes=f"scrape_{order.platform}", index=0, input=asked)]

    def price(self, order: ScrapeTrendsOrder, draft: Draft, rate: int) -> int:  # noqa: ARG002
        """So many thousandths of the catalogue's price as rows are wanted."""
        return max(1, -(-rate * order.limit // RATED))

    def read(self, asked: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rows that are posts, the most viewed first; how many were none, and what is left."""
        found = list(value["rows"])
        trends = [trend for row in found if (trend := _trend(row)) is not None]
        if not trends:
            raise Nothing("The scraper found no posts.")
        ranked = sorted(trends, key=lambda trend: trend.views or 0, reverse=True)
        rows = _within([trend.model_dump(mode="json") for trend in ranked[: asked["limit"]]])
        return {"rows": rows, "dropped": len(found) - len(trends), "total": int(value["total"])}


def _trend(row: Any) -> Trend | None:
    try:
        return Trend.model_validate(row)
    except ValidationError:
        return None


def _within(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first rows, as many as a result may hold."""
    kept, size = [], 0
    for row in rows:
        size += len(str(row).encode())
        if size > _LARGEST:
            break
        kept.append(row)
    return kept
