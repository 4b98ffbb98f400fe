"""What the wallet's routes take and show. Amounts are decimal text in credits."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gesso.domain.wallet.code_tables import CodeBatch
from gesso.domain.wallet.limit_tables import SpendLimit
from gesso.domain.wallet.limits import next_day
from gesso.domain.wallet.tables import Wallet
from gesso.infra.web.instants import Instant
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text, micro_credits

Amount = Annotated[Decimal, Field(gt=0, le=10**9, max_digits=16, decimal_places=6, strict=False)]
"""More than nothing."""
Bound = Annotated[Decimal, Field(ge=0, le=10**9, max_digits=16, decimal_places=6, strict=False)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Until = Instant


class Bounds(TypedDict):
    """The most to be spent, in micro-credits."""

    daily: int | None
    total: int | None


def bounds(daily: Decimal | None, total: Decimal | None) -> Bounds:
    """Two bounds in micro-credits."""
    return {
        "daily": None if daily is None else micro_credits(daily),
        "total": None if total is None else micro_credits(total),
    }


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class GrantIn(_In):
    """Credits for somebody, or for the tenant's shared wallet where no user is named."""

    user_id: str | None = Field(None, max_length=40)
    amount: Amount
    expires_at: Until | None = None
    reason: Reason


class AdjustIn(_In):
    """A correction by hand; negative takes away."""

    user_id: str | None = Field(None, max_length=40)
    amount: Decimal = Field(ge=-(10**9), le=10**9, max_digits=16, decimal_places=6, strict=False)
    reason: Reason


class MovedOut(BaseModel):
    """What a wallet holds after a movement by hand; `replayed`: it was made before."""

    available: str
    frozen: str
    replayed: bool


class LimitIn(_In):
    """The most to be spent a day (UTC) and in all; null: no bound."""

    daily: Bound | None
    total: Bound | None

    @property
    def bounds(self) -> Bounds:
        """Both in micro-credits."""
        return bounds(self.daily, self.total)


class LimitOut(BaseModel):
    """A limit and what counts against it; what is frozen counts until it comes free."""

    limit_of: Literal["own", "user", "tenant", "key", "member"]
    daily: str | None
    total: str | None
    spent_today: str
    spent_total: str
    resets_at: datetime


class LimitsOut(BaseModel):
    """Every limit that counts for whoever asks."""

    items: list[LimitOut]
    next_cursor: str | None = None


class AlertIn(_In):
    """Tell me when less than this can be spent; null: never."""

    below: Amount | None


class AlertOut(BaseModel):
    """When the owner is told, and whether it is less than that now."""

    below: str | None
    is_low: bool


class LotOut(BaseModel):
    """Credits that expire: what was granted, and what is left of it."""

    amount: str
    left: str
    expires_at: datetime


class LotsOut(BaseModel):
    """The soonest to expire first; credits that are in none do not expire."""

    items: list[LotOut]
    next_cursor: str | None = None


class RedeemIn(_In):
    """A code as it was typed."""

    code: str = Field(min_length=1, max_length=64)


class RedeemOut(BaseModel):
    """What the code gave, and what can be spent now."""

    amount: str
    expires_at: datetime | None
    available: str


class CodesIn(_In):
    """Codes to be made: each is worth `amount` to each of `max_uses` people."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    amount: Amount
    count: int = Field(ge=1, le=10_000)
    max_uses: int = Field(1, ge=1, le=1_000_000)
    expires_at: Until | None = Field(None, description="Until when they can be redeemed.")
    lasts_days: int | None = Field(
        None, ge=1, le=3650, description="How many days the credits last; none: for ever."
    )


class BatchOut(BaseModel):
    """A batch of codes, without the codes."""

    id: str
    name: str
    amount: str
    count: int
    max_uses: int
    redeemed: int
    status: Literal["active", "disabled"]
    expires_at: datetime | None
    lasts_days: int | None
    created_at: datetime


class PaysFrom(_In):
    """Which wallet pays where an order does not say."""

    wallet: Literal["personal", "shared"]


class MemberIn(_In):
    """Somebody's right to pay from the shared wallet, and the most they may."""

    is_manager: bool = False
    daily: Bound | None = None
    total: Bound | None = None


class MemberOut(BaseModel):
    """A member of the shared wallet."""

    user_id: str
    email: str
    is_manager: bool
    created_at: datetime


class SharedOut(BaseModel):
    """The shared wallet as its members see it."""

    available: str
    frozen: str
    total: str
    is_manager: bool
    pays: bool = Field(description="Whether it pays for your orders that name no wallet.")
    rev: int


class SharedEntryOut(BaseModel):
    """A movement of the shared wallet and who spent it; managers see all, others their own."""

    seq: int
    kind: str
    amount: str = Field(description="What it did to the credits that are posted.")
    frozen: str
    task_id: str | None
    spender_id: str | None
    memo: str | None
    at: datetime


def limit_out(limit: SpendLimit, today: date) -> LimitOut:
    """A limit with what counts against it today."""
    return LimitOut(
        limit_of=limit.kind,  # type: ignore[arg-type]  # checked by the database
        daily=None if limit.daily is None else credits_text(limit.daily),
        total=None if limit.total is None else credits_text(limit.total),
        spent_today=credits_text(limit.spent_today if limit.day >= today else 0),
        spent_total=credits_text(limit.spent_total),
        resets_at=next_day(today),
    )


def moved_out(wallet: Wallet, *, replayed: bool) -> MovedOut:
    """A wallet after a movement by hand."""
    return MovedOut(
        available=credits_text(wallet.posted - wallet.held),
        frozen=credits_text(wallet.held),
        replayed=replayed,
    )


def batch_out(batch: CodeBatch, redeemed: int) -> BatchOut:
    """A batch with how often its codes were redeemed."""
    return BatchOut(
        id=public_id("codes", batch.id),
        name=batch.name,
        amount=credits_text(batch.amount),
        count=batch.count,
        max_uses=batch.max_uses,
        redeemed=redeemed,
        status=batch.status,  # type: ignore[arg-type]  # checked by the database
        expires_at=batch.expires_at,
        lasts_days=batch.lasts_days,
        created_at=batch.created_at,
    )
