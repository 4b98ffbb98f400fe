"""The gate on every ground: a trace that goes through, and limits that hold over all servers."""

import asyncio

import pytest

from gesso.domain import identity
from gesso.domain.identity import Channel
from gesso.infra.db import moment
from gesso.kit.ids import new_id
from tests.house.person import Person
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


async def test_a_trace_goes_through_the_house_to_the_provider_and_back(home: Home) -> None:
    anna, prompt = await home.person(), f"a traced square {new_id().hex}"
    sent = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "vendor=one,other=2"}
    order = {"type": "text_to_image", "prompt": prompt, "tier": "fast"}
    taken = await anna.ask("POST", "/tasks", order, headers=sent)
    assert taken.status == 202
    assert taken.headers["traceparent"].split("-")[1] == TRACE
    await anna.wait(taken.body)
    [(parent, state)] = home.acme.traces[prompt]
    version, trace_id, span_id, flags = parent.split("-")
    assert (version, trace_id, flags) == ("00", TRACE, "01")
    assert span_id not in (SPAN, taken.headers["traceparent"].split("-")[2])
    assert state == "vendor=one,other=2"


async def test_a_channels_limit_holds_for_all_who_come_in_by_it(home: Home) -> None:
    slug = f"door-{new_id().hex}"
    async with home.db.tx() as tx:
        local = await identity.find_channel(tx, identity.LOCAL)
        door = Channel(
            id=new_id(), tenant_id=local.tenant_id, slug=slug, name="A door", kind="local",
            hosts=[], claims={}, allowed_roles=["user"], default_role="user", start_credits=0,
            limits={"requests": "60/hour burst 6"}, created_at=moment(tx), updated_at=moment(tx),
        )  # fmt: skip
        tx.add(door)
    people = [await home.person() for _ in range(3)]
    await _until_known(people[0], slug)

    async def look(person: Person) -> int:
        return (await person.ask("GET", "/me", headers={"Gesso-Channel": slug})).status

    statuses = await asyncio.gather(*(look(person) for person in people * 5))
    assert sorted(statuses) == [200] * 5 + [429] * 10
    refused = await people[0].ask("GET", "/me", headers={"Gesso-Channel": slug})
    assert refused.code == "rate_limited"
    assert refused.body["violated-policies"] == ["channel"]
    assert int(refused.headers["Retry-After"]) > 0
    assert (await people[0].ask("GET", "/me")).status == 200


async def _until_known(person: Person, slug: str) -> None:
    """One request through the door, as soon as the servers have seen it."""
    async with asyncio.timeout(20):
        headers = {"Gesso-Channel": slug}
        while (await person.ask("GET", "/me", headers=headers)).status == 404:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
