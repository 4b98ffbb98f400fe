"""How the house is: for load balancers, for people, and for Prometheus."""

import asyncio
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Annotated, Final, Literal, cast

import structlog
from fastapi import Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gesso.domain.identity import OperatorDep
from gesso.infra import metrics
from gesso.infra.errors import Unavailable
from gesso.infra.recent import Recent
from gesso.infra.web import Component, house_of, new_router, problems

router = new_router("health", prefix="")
_PATIENCE: Final = 2.0
"""Seconds in which a component has to say how it is."""

_started = time.monotonic()
_log = structlog.get_logger("gesso.health")


class NotReady(Unavailable):
    """A part without which nothing works is in trouble; `components` says which."""

    code = "not_ready"


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Health(BaseModel):
    """The house in one look."""

    status: Literal["ok", "degraded"]
    version: str
    uptime_seconds: int
    components: dict[str, str] = Field(description="`ok`, or the trouble in a few words.")


Looks = Recent[str, tuple[str, Component], str]


async def _ask_needed(request: Request) -> dict[str, str]:
    return await _ask_all(request, house_of(request).components)


async def _ask_everything(request: Request) -> dict[str, str]:
    house = house_of(request)
    return await _ask_all(request, {**house.components, **house.dispensable})


async def _ask_all(request: Request, components: Mapping[str, Component]) -> dict[str, str]:
    looks = _looks(request)
    answers = await asyncio.gather(
        *(looks.get(name, (name, ask)) for name, ask in components.items())
    )
    return {name: str(answer) for name, answer in zip(components, answers, strict=True)}


def _looks(request: Request) -> Looks:
    """What each part said within the last second, shared by all who ask: anybody may, uncounted."""
    state = request.app.state
    if not hasattr(state, "looks"):
        state.looks = Looks(_ask, lambda _answer: None)
    return cast(Looks, state.looks)


NeededDep = Annotated[dict[str, str], Depends(_ask_needed)]
EverythingDep = Annotated[dict[str, str], Depends(_ask_everything)]


@router.get("/health/live")
async def get_liveness() -> Alive:
    """Tell that the process answers; nothing else is asked, so only a restart can help it."""
    return Alive()


@router.get("/health/ready", responses=problems(NotReady))
async def get_readiness(components: NeededDep) -> Alive:
    """Tell whether requests can be served here and now, fast or slow."""
    if _trouble(components):
        raise NotReady("Not everything is ready; see `components`.", components=components)
    return Alive()


@router.get("/health")
async def get_health(components: EverythingDep) -> Health:
    """Tell how every part is; answers 200 as long as it can answer."""
    return Health(
        status="degraded" if _trouble(components) else "ok",
        version=version("gesso"),
        uptime_seconds=int(time.monotonic() - _started),
        components=components,
    )


@router.get("/metrics", response_class=Response)
async def get_metrics(_operator: OperatorDep) -> Response:
    """Tell Prometheus everything that is counted here; needs the operator scope.

    An address is no proof: behind a proxy on this machine every visitor comes from the loopback.
    """
    return Response(metrics.exposition(), media_type=metrics.EXPOSITION_TYPE)


def _trouble(components: Mapping[str, str]) -> bool:
    return any(state != "ok" for state in components.values())


async def _ask(component: tuple[str, Component]) -> str:
    name, ask = component
    try:
        async with asyncio.timeout(_PATIENCE):
            return await ask() or "ok"
    except TimeoutError:
        return f"no answer within {_PATIENCE:g} seconds"
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the component's trouble
        # Its text may hold addresses and names that are nobody's business.
        _log.warning("component_check_crashed", component=name, exc_info=error)
        return f"the check failed ({type(error).__name__})"
