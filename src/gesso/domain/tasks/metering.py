"""Metering: what a job is charged where its price is known only by what was used up.

The job itself remembers the rule under which it was submitted, so a later change of prices touches
nothing, and the charge is a share of what was frozen for it: never more.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from gesso.domain.catalog import USED, Price

log = structlog.get_logger()


class Metered(Protocol):
    """A job with its price, and what it remembers of the rule."""

    @property
    def meta(self) -> Mapping[str, Any]:
        """Where the rule stands, under `price`."""

    @property
    def price(self) -> int:
        """What was frozen for it."""


def charge(job: Metered, usage: Mapping[str, int]) -> int | None:
    """Micro-credits for what was used; None where the price does not depend on it.

    What the provider does not tell is charged at its most.
    """
    noted = job.meta.get("price")
    if noted is None:
        return None
    used = {measure: usage[measure] for measure in USED if measure in usage}
    if len(used) < len(USED):
        log.warning("usage_not_told", model=job.meta.get("model"), told=sorted(usage))
    price = Price.model_validate(noted["rule"])
    comes = price.amount({**job.meta.get("input", {}), "tier": noted["tier"], **used})
    # An operation may have bent the price; then the charge is bent likewise, and rounded up.
    return min(job.price, -(-job.price * comes // int(noted["most"])))
