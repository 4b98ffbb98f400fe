"""What packages and payments look like at the API."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from gesso.domain.payments.packages import Figures, Offer
from gesso.domain.payments.tables import Payment, PaymentEvent
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text, micro_credits

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Currency = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z]{3}$")]
Price = Annotated[int, Field(ge=1, le=99_999_999, strict=True)]
Credits = Annotated[str, Field(max_length=20, examples=["500"])]
Days = Annotated[int, Field(ge=1, le=3650, strict=True)]
Position = Annotated[int, Field(ge=0, le=10_000, strict=True)]
Status = Literal[
    "created", "pending", "paid", "failed", "expired", "cancelled", "refunded", "disputed"
]
EventStatus = Literal["stored", "applied", "ignored", "parked"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PackageIn(_Body):
    """A package to be sold: `price` in the currency's smallest unit, so 1000 is 10.00 euros."""

    name: Name
    credits: Credits
    bonus: Credits = "0"
    price: Price
    currency: Currency
    expires_days: Days | None = Field(None, description="Until the credits run out; null: never.")
    position: Position = 0

    @field_validator("credits", "bonus")
    @classmethod
    def _is_an_amount(cls, text: str) -> str:
        return _checked(text)

    def figures(self) -> Figures:
        """What it comes to."""
        return Figures(
            micro_credits(self.credits), micro_credits(self.bonus), self.price, self.currency,
            self.expires_days,
        )  # fmt: skip


class PackageChange(_Body):
    """What is to be changed of a package; what is left out stays."""

    name: Name = ""
    credits: Credits = ""
    bonus: Credits = ""
    price: Price = 1
    currency: Currency = "eur"
    expires_days: Days | None = None
    position: Position = 0

    @field_validator("credits", "bonus")
    @classmethod
    def _is_an_amount(cls, text: str) -> str:
        return _checked(text)

    def wishes(self) -> dict[str, object]:
        """The parts that were given, amounts in micro-credits."""
        given = self.model_dump(exclude_unset=True)
        for part in ("credits", "bonus"):
            if part in given:
                given[part] = micro_credits(given[part])
        return given


class PackageOut(BaseModel):
    """A package: what one gets, and what it costs in the currency's smallest unit."""

    id: str
    name: str
    version: int
    credits: str
    bonus: str
    total: str = Field(description="Credits and bonus.")
    price: int
    currency: str
    expires_days: int | None
    position: int
    retired_at: datetime | None


class GatewayOut(BaseModel):
    """A way to pay; `by_hand`: an operator confirms it, and `instructions` say what to do."""

    name: str
    by_hand: bool
    instructions: str | None


class PaymentIn(_Body):
    """A wish to buy: the package, and how it is to be paid where there are several ways."""

    package: Annotated[str, Field(max_length=64)]
    version: int | None = Field(
        None, ge=1, le=2**31, strict=True, description="Refused if the package is at another one."
    )
    gateway: str | None = Field(None, max_length=40)


class PaymentOut(BaseModel):
    """A payment. `url` is where it is paid; `credits` are there when it is `paid`."""

    id: str
    status: Status
    package: str
    package_version: int
    title: str
    credits: str
    amount: int
    currency: str
    gateway: str
    url: str | None
    instructions: str | None
    refunded: int
    disputed: int
    taken_back: str
    error: str | None
    created_at: datetime
    updated_at: datetime
    paid_at: datetime | None


class PaymentForOperators(PaymentOut):
    """The same with what an operator should know; `lost` credits were spent before the money went
    back.
    """

    owner_id: str
    session_id: str | None
    intent_id: str | None
    lost: str
    flag: str | None
    settled_by: str | None

    @classmethod
    def told(cls, payment: Payment) -> Self:
        """A payment as operators see it."""
        return cls(
            **payment_out(payment).model_dump(),
            owner_id=public_id("user", payment.owner_id),
            session_id=payment.session_id,
            intent_id=payment.intent_id,
            lost=credits_text(payment.lost),
            flag=payment.flag,
            settled_by=_named("user", payment.settled_by),
        )


class PaymentEventOut(BaseModel):
    """A gateway's report, and what came of it."""

    id: str
    gateway: str
    event_id: str
    type: str
    status: EventStatus
    reason: str | None
    payment_id: str | None
    tries: int
    received_at: datetime
    ended_at: datetime | None


def package_out(offer: Offer) -> PackageOut:
    """A package as it is told."""
    package, figures = offer.package, offer.figures
    return PackageOut(
        id=public_id("package", package.id),
        name=package.name,
        version=figures.version,
        credits=credits_text(figures.credits),
        bonus=credits_text(figures.bonus),
        total=credits_text(figures.credits + figures.bonus),
        price=figures.price,
        currency=figures.currency,
        expires_days=figures.expires_days,
        position=package.position,
        retired_at=package.retired_at,
    )


def payment_out(payment: Payment, words: str | None = None) -> PaymentOut:
    """A payment as its owner sees it; `words` tell what to do where there is no address."""
    return PaymentOut(
        id=public_id("payment", payment.id),
        status=payment.status,  # type: ignore[arg-type]  # checked by the database
        package=public_id("package", payment.package_id),
        package_version=payment.package_version,
        title=payment.title,
        credits=credits_text(payment.credits),
        amount=payment.amount,
        currency=payment.currency,
        gateway=payment.gateway,
        url=payment.url,
        instructions=words,
        refunded=payment.refunded,
        disputed=payment.disputed,
        taken_back=credits_text(payment.taken_back),
        error=payment.error,
        created_at=payment.created_at,
        updated_at=payment.updated_at,
        paid_at=payment.paid_at,
    )


def event_out(event: PaymentEvent) -> PaymentEventOut:
    """A report as it is told."""
    return PaymentEventOut(
        id=public_id("event", event.id),
        gateway=event.gateway,
        event_id=event.event_id,
        type=event.type,
        status=event.status,  # type: ignore[arg-type]  # checked by the database
        reason=event.reason,
        payment_id=_named("payment", event.payment_id),
        tries=event.tries,
        received_at=event.received_at,
        ended_at=event.ended_at,
    )


def _named(kind: str, value: UUID | None) -> str | None:
    return public_id(kind, value) if value else None


def _checked(text: str) -> str:
    """ValueError, which Pydantic tells as a 422, unless it is an amount of none or more."""
    if micro_credits(text) < 0:
        raise ValueError("an amount of credits is not negative")
    return text
