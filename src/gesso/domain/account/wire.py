"""What the room of accounts looks like at the API."""

from datetime import datetime
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gesso.domain import media, registry
from gesso.domain.account.receipts import Receipts
from gesso.domain.identity import Erasure, GuardedHouse
from gesso.infra.storage import Storage

KEPT = (
    "The ledger: amounts, instants, prices and the providers' costs, under an identifier that"
    " leads to nobody any more; with it the gateways' own numbers of payments, and in the audit log"
    " that something was done."
)


class AccountHouse(GuardedHouse, Protocol):
    """What these routes need of the house."""

    @property
    def links(self) -> media.Links:
        """Makes signed links."""

    @property
    def storage(self) -> Storage:
        """Where media are kept."""

    @property
    def functions(self) -> registry.Functions:
        """What can be run by name."""

    @property
    def receipts(self) -> Receipts:
        """Makes and reads receipts."""


Shortcut = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,39}$")]
Keys = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class PagesOut(BaseModel):
    """What our own pages remember."""

    model_config = ConfigDict(extra="forbid")

    theme: Literal["system", "light", "dark"] = "system"
    language: Literal["en", "zh"] | None = Field(None, description="None: the browser's.")
    single_keys: bool = Field(True, description="Whether single letters are shortcuts.")
    shortcuts: dict[Shortcut, Keys | None] = Field(
        {}, max_length=60, description="By what they do: other keys than usual, or null for none."
    )


class Kept(BaseModel):
    """What is remembered: of our own pages what stands in `gesso`, of others whatever they like."""

    model_config = ConfigDict(extra="allow")

    gesso: PagesOut | None = None


class PreferencesIn(BaseModel):
    """What is to be remembered, in place of what was."""

    model_config = ConfigDict(extra="forbid")

    preferences: Kept = Field(description="At most 16 KiB of JSON.")
    rev: int | None = Field(
        None,
        ge=0,
        le=2**53,
        description="Only if they are at this revision; 0: only if there are none.",
    )


class PreferencesOut(BaseModel):
    """What is remembered for somebody."""

    preferences: Kept
    rev: int
    updated_at: datetime | None


class ExportQuery(BaseModel):
    """What an export is to hold."""

    files: bool = Field(
        default=False, description="The files themselves too, not only links to them."
    )


class ConfirmationOut(BaseModel):
    """What is handed back to end the account."""

    confirmation: str
    expires_at: datetime


class ErasureOut(BaseModel):
    """How far the end of an account has come. Nothing in it tells whose it was."""

    receipt: str
    state: Literal["asked", "settled", "erased"]
    asked_at: datetime
    settled_at: datetime | None = Field(description="When all that ran had ended.")
    finished_at: datetime | None = Field(description="When nothing was left but figures.")
    erased: dict[str, int] = Field(description="How many of each, by the last try of the step.")
    kept: str
    seal: str = Field(description="Our signature over all of the above.")


def erasure_out(gone: Erasure, receipts: Receipts) -> ErasureOut:
    """A receipt, sealed."""
    counts = {step: count for step, count in gone.counts.items() if isinstance(count, int)}
    told = ErasureOut(
        receipt=receipts.name(gone.id),
        state=gone.state,  # type: ignore[arg-type]  # checked by the database
        asked_at=gone.asked_at,
        settled_at=gone.settled_at,
        finished_at=gone.finished_at,
        erased=counts,
        kept=KEPT,
        seal="",
    )
    content = told.model_dump(mode="json", exclude={"seal"})
    return told.model_copy(update={"seal": receipts.seal(content)})
