"""The branch of the settings that says how money is taken."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class _Branch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StripeSettings(_Branch):
    """Stripe Checkout; without a key nobody can pay that way."""

    key: SecretStr | None = Field(None, description="A secret or restricted key: sk_…, rk_….")
    webhook_secrets: tuple[SecretStr, ...] = Field(
        (), max_length=4, description="Of the endpoint: whsec_…; two of them while it is rolled."
    )
    root: str = Field("https://api.stripe.com", pattern=r"^https?://.*[^/]$")

    @model_validator(mode="after")
    def _are_secrets(self) -> "StripeSettings":
        """Refuse an empty secret: it would verify what anybody signs with an empty key."""
        if any(len(each.get_secret_value()) < 8 for each in self.webhook_secrets):
            raise ValueError("a webhook secret has at least 8 letters")
        return self


class OfflineSettings(_Branch):
    """Bank transfers that an operator confirms by hand."""

    enabled: bool = False
    instructions: str | None = Field(
        None, max_length=2000, description="What the payer is told: where to, and with which words."
    )


class PaymentSettings(_Branch):
    """How packages of credits are paid for."""

    stripe: StripeSettings = StripeSettings()
    offline: OfflineSettings = OfflineSettings()
    success_url: str | None = Field(
        None, pattern=r"^https?://", description="Where who has paid comes back to; none: our root."
    )
    cancel_url: str | None = Field(
        None, pattern=r"^https?://", description="Where who has not comes back to; none: our root."
    )
