"""Who takes money here: the gateways that the settings name, and the round that asks them."""

from collections.abc import Mapping

from pydantic import BaseModel

from gesso.domain.payments import Account, Desk, Gateway, Offline, Stripe
from gesso.domain.registry import Context, register_task
from gesso.infra.http import Guard, Http
from gesso.infra.settings import Settings


def gateways_of(settings: Settings, http: Http) -> Mapping[str, Gateway]:
    """The ways to pay, by name; none where the settings name none."""
    named = settings.payments
    found: list[Gateway] = []
    if named.stripe.key is not None:
        account = Account(
            root=named.stripe.root,
            key=named.stripe.key.get_secret_value(),
            secrets=[each.get_secret_value() for each in named.stripe.webhook_secrets],
            success_url=named.success_url or settings.public_url,
            cancel_url=named.cancel_url or settings.public_url,
        )
        found.append(Stripe(http, account))
    if named.offline.enabled:
        found.append(Offline(named.offline.instructions))
    return {each.name: each for each in found}


class Settled(BaseModel):
    """What one round came to."""

    reports: int
    looks: int


@register_task(name="gesso.payments", timeout=900, max_attempts=3, parallel=False)
async def settle_payments(context: Context) -> Settled:
    """Apply what gateways reported and nobody applied, and ask those that have been silent."""
    house = context.house
    async with Http(Guard.that_allows(house.settings.outbound.allow)) as http:
        done = await Desk(house.db, gateways_of(house.settings, http)).go_round()
    return Settled(reports=done.reports, looks=done.looks)
