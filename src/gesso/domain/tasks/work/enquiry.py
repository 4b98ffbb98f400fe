"""Enquiry: what a provider's model takes, asked before an order for it is taken. It hurries, and
whatever goes wrong means only that the provider will check the input itself.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog

from gesso.providers import Credential, Provider
from gesso.providers.credentials import CUSTOMARY, Customary
from gesso.providers.driver import Driver

log = structlog.get_logger()

_PATIENCE: Final = 3.0
"""Seconds for which an order waits."""
_REST: Final = 10.0
"""Seconds in which a provider is not asked again that did not answer."""
_SCHEMAS: Final = "schemas"
"""What schemas are asked for under: no fault of theirs closes the way to a provider's jobs."""


class Enquiry:
    """Asks providers for the schemas of their models; holds no session, and borrows no key of the
    ring.
    """

    def __init__(
        self, providers: Mapping[str, Provider], driver: Driver, credentials: Customary
    ) -> None:
        self._providers, self._driver, self._credentials = providers, driver, credentials
        self._resting: dict[str, float] = {}

    async def schema(self, provider: str, model: str) -> Mapping[str, Any] | None:
        """The JSON Schema of a model's inputs; None where it is not told, or not just now."""
        adapter = self._providers.get(provider)
        if adapter is None or self._resting.get(provider, 0.0) > time.monotonic():
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._ask(adapter, model)
        except Exception as error:  # noqa: BLE001  # no fault of a provider's keeps an order away
            log.warning("model_schema_unknown", provider=provider, model=model, reason=repr(error))
            self._resting[provider] = time.monotonic() + _REST
            return None

    async def _ask(self, adapter: Provider, model: str) -> Mapping[str, Any] | None:
        found = await self._credentials.recall(adapter.name, adapter.access, CUSTOMARY)
        credential = found or Credential(CUSTOMARY, adapter.access.root)
        trip = self._driver.traffic.trip(adapter.name, "verify", _SCHEMAS)
        return await self._driver.carry(adapter.schema(model, credential), trip=trip)
