"""The envoy: speaks to a job's provider, with the credential that the job belongs to."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from traceback import format_exc
from typing import Any, Final

import structlog

from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.gathering import Gathering
from gesso.domain.tasks.work.places import Pools
from gesso.domain.tasks.work.sources import Sources
from gesso.infra.errors import Unavailable
from gesso.infra.http import MaySend
from gesso.infra.logs import keep_out
from gesso.infra.pool import Tell
from gesso.providers import (
    Accepted,
    Credential,
    Flow,
    Provider,
    Submission,
    Ticket,
    Unsure,
    Verdict,
)
from gesso.providers.credentials import CUSTOMARY, Credentials
from gesso.providers.discretion import discreet, discreet_text
from gesso.providers.driver import Driver, OnAccept, Unreached
from gesso.providers.traffic import Busy, Down, Trip
from gesso.work import LeaseLost

log = structlog.get_logger()

_PATIENCE: Final = 2.0
"""Seconds for which a submission waits for a place on its way."""
_LESS_PATIENCE: Final = 1.0
"""Seconds for which a question does."""


class Envoy:
    """Carries the flows of an assignment's provider; a provider may be gone, or its credential."""

    def __init__(
        self,
        desk: Desk,
        providers: Mapping[str, Provider],
        driver: Driver,
        *,
        credentials: Credentials,
        sources: Sources,
        pools: Pools | None = None,
    ) -> None:
        self._desk, self._providers, self._driver = desk, providers, driver
        self._credentials, self._sources = credentials, sources
        self._pools = pools or {}
        self._gathering = Gathering(driver)

    def provider(self, job: Assignment) -> Provider | None:
        """The job's provider, if it is installed."""
        return self.known(job.provider)

    def known(self, name: str) -> Provider | None:
        """The provider of this name, if it is installed."""
        return self._providers.get(name)

    async def credential(self, job: Assignment, recipe: str | None = None) -> Credential:
        """What a new attempt is to be submitted with; NoCredential where there is nothing, NoPlace
        where every server is busy.
        """
        if job.provider in self._pools:
            return await self._pools[job.provider].take(job, recipe)
        provider = self._providers[job.provider]
        credential = await self._credentials.choose(
            provider.name, provider.access, job.provider_model, attempt_id=job.attempt_id
        )
        keep_out(credential.secrets.values())
        return credential

    def passage(self, job: Assignment, credential: Credential) -> AbstractAsyncContextManager[Trip]:
        """A place on the way to the provider while the block lasts; Busy or Down where there is
        none. It is taken before an intent is written: who waits for it has sent nothing.
        """
        return self._driver.traffic.passage(
            job.provider, "submit", credential.id,
            patience=_PATIENCE, bounded=_is_elsewhere(self._providers[job.provider]),
        )  # fmt: skip

    def rest(self, job: Assignment) -> float:
        """Seconds for which the job's provider is left alone; 0 where it is not."""
        return self._driver.traffic.road(job.provider).rest

    async def send(
        self,
        job: Assignment,
        order: Submission,
        *,
        trip: Trip,
        on_accept: OnAccept,
        tell: Tell,
        may_send: MaySend,
    ) -> Verdict:
        """Carry the submit flow; where the adapter breaks, nobody knows what the provider took.

        Unreached and Unsure as the driver tells them. Neither verdict nor error has a secret in it.
        """
        credential = order.credential

        async def accepted(news: Accepted) -> None:
            await on_accept(discreet(news, credential))

        flow: Flow[Verdict] = self._providers[job.provider].submit(order)
        try:
            verdict = await self._driver.carry(
                flow, trip=trip, on_accept=accepted, tell=tell, may_send=may_send
            )
        except (Unreached, Unsure) as error:
            reason = discreet_text(str(error), credential)
            log.warning("submission_broke_off", provider=job.provider, reason=reason)
            raise type(error)(reason) from None
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # told without what the adapter had in hand
            self._broken(job, credential)
            raise Unsure(type(error).__name__) from None
        return discreet(verdict, credential)

    async def learn(self, job: Assignment, credential: Credential, verdict: Verdict) -> bool:
        """Have what came of an attempt count for its credential; whether it was refused for that
        alone, and another one may do better.
        """
        return await self._credentials.learn(
            job.provider, credential, verdict, attempt_id=job.attempt_id
        )

    async def ask(
        self,
        job: Assignment,
        what: str,
        *,
        ending: bool = False,
        may_send: MaySend | None = None,
    ) -> Any:
        """The verdict of `poll`, `cancel` or `lookup`; None when it could not be had this time.

        Busy where there was no place on the way: that tells nothing of the job, so ask again soon.
        """
        provider = self.provider(job)
        credential = await self._belonging(job, provider) if provider else None
        if provider is None or credential is None:
            return None
        try:
            verdict = await self._question(job, credential, what, ending=ending, may_send=may_send)
        except Busy:
            raise
        except Down as error:
            log.info("provider_not_asked", provider=job.provider, reason=repr(error))
            return None
        except (Unreached, Unsure) as error:
            reason = discreet_text(str(error), credential)
            log.info("provider_silent", provider=job.provider, reason=reason)
            return None
        except Unavailable as error:
            log.warning("inputs_not_fetched_yet", reason=error.message)
            return None
        except Exception:  # noqa: BLE001  # whatever breaks in an adapter, we ask again later
            self._broken(job, credential)
            return None
        verdict = discreet(verdict, credential)
        await self.learn(job, credential, verdict)
        return verdict

    async def _question(
        self,
        job: Assignment,
        credential: Credential,
        what: str,
        *,
        ending: bool,
        may_send: MaySend | None,
    ) -> Verdict:
        provider = self._providers[job.provider]
        # The last question before a job is given up is asked of whoever is down, too.
        is_last = self._desk.db.now() >= job.deadline_at
        ticket = await self._ticket(job, credential, what, ending=ending)
        passage = partial(
            self._driver.traffic.passage, job.provider, what, credential.id,
            patience=_LESS_PATIENCE, must=is_last, bounded=_is_elsewhere(provider),
        )  # fmt: skip
        if what == "poll" and provider.offers.together > 1 and not is_last and not ending:
            told = await self._gathering.poll(provider, ticket, passage=passage, may_send=may_send)
            if told is not None:
                return told
        async with passage() as trip:
            flow: Flow[Verdict] = getattr(provider, what)(ticket)
            return await self._driver.carry(flow, trip=trip, may_send=may_send)

    async def _ticket(
        self, job: Assignment, credential: Credential, what: str, *, ending: bool
    ) -> Ticket:
        """What a flow is told of its job; Unavailable where inputs that it works on are away."""
        offers = self._providers[job.provider].offers
        works_on_them = offers.needs_sources and what == "poll" and not ending
        return Ticket(
            ref=job.attempt_id,
            model=job.provider_model,
            provider_job_id=job.provider_job_id,
            metadata=job.meta.get("provider", {}),
            scratch=str(self._sources.scratch(job)),
            credential=credential,
            input=self._desk.menu.words(job, {}),
            sources=await self._sources.at_hand(job) if works_on_them else {},
            ending=ending,
        )

    def _broken(self, job: Assignment, credential: Credential) -> None:
        """An adapter has a fault: tell where, without what it had in hand."""
        trace = discreet_text(format_exc(), credential)
        log.error("adapter_failed", provider=job.provider, exception=trace)

    async def _belonging(self, job: Assignment, provider: Provider) -> Credential | None:
        """What this job was submitted with; no question where the provider asks for nothing."""
        if provider.name in self._pools:
            name = await self._desk.credential_of(job)
            return await self._pools[provider.name].recall(name or "")
        if not provider.access.secrets:
            return await self.credential(job)
        name = await self._desk.credential_of(job) or CUSTOMARY
        credential = await self._credentials.recall(provider.name, provider.access, name)
        if credential is None:
            log.warning("credential_gone", provider=job.provider, credential=name)
        else:
            keep_out(credential.secrets.values())
        return credential


def _is_elsewhere(provider: Provider) -> bool:
    """Whether it has an address or a key; what has neither works on this machine."""
    return bool(provider.access.root or provider.access.secrets)
