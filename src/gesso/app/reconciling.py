"""Reconciling: a registered function that counts every day that is due."""

from pydantic import BaseModel

from gesso.domain import reconciliation
from gesso.domain.registry import Context, register_task


class Reconciled(BaseModel):
    """How many days were counted."""

    days: int


@register_task(
    name="gesso.reconcile", timeout=1800, max_attempts=5, backoff=(5.0, 60.0), parallel=False
)
async def reconcile(context: Context) -> Reconciled:
    """Compare the ledger, the attempts and the providers' bills, by day; today's row stays open."""
    return Reconciled(days=await reconciliation.reconcile(context.house.db))
