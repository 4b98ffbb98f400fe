"""fal under another name, whose simulator is moody about the schemas of its models."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gesso.providers import Access
from gesso.providers.fal import Fal
from gesso.simulators import published
from gesso.simulators.fal import FalSimulator

SCHEMAS: Mapping[str, Any] = {
    **published.SCHEMAS,
    "Input": {**published.SCHEMAS["Input"], "required": ["prompt"]},
}


class Described(Fal):
    """fal's queue under another name, so that stories of fal itself are not held up by it."""

    name = "described"
    access = Access(secrets={"key": "DESCRIBED_KEY"})


class DescribedSimulator(FalSimulator):
    """What it tells of its models may be taken away, or made into nonsense."""

    name = "described"

    def __init__(self) -> None:
        super().__init__()
        self.described = 0
        self.mood = "well"

    async def describe(self, request: web.Request) -> web.StreamResponse:
        """fal's way, with a prompt demanded."""
        self.described += 1
        match self.mood:
            case "away":
                assert request.transport is not None
                request.transport.abort()
            case "silent":
                await asyncio.sleep(30)
            case "odd":
                odd = {"Input": {"$ref": "http://127.0.0.1:9/elsewhere"}}
                return web.json_response({**published.document(), "components": {"schemas": odd}})
            case "babbling":
                return web.Response(text="<html>")
        if "unknown" in request.query["endpoint_id"]:
            return web.json_response({"detail": "Not found"}, status=404)
        return web.json_response({**published.document(), "components": {"schemas": SCHEMAS}})


PROVIDERS = (Described,)
