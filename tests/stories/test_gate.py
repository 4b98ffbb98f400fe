"""The gate on every ground: a trace that goes through, and limits that hold over all servers."""

import asyncio

import pytest

from gesso.domain import identity
from gesso.domain.identity import Channel
from gesso.infra.db import moment
from gesso.kit.ids import new_id
from gesso.simulators import Fate
from gesso.simulators.fal import FalSimulator
from tests.house.person import Person, until
from tests.house.world import Home, NewGround
from tests.providers.conftest import FLUX, trading

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


async def test_a_report_goes_on_in_the_trace_of_the_request_that_asked_for_the_job(
    new_ground: NewGround, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with new_ground() as ground:
        async with trading(FLUX, ground, tmp_path_factory.mktemp("traced")) as fal:
            sim, anna = fal.simulator, await fal.home.person()
            assert isinstance(sim, FalSimulator)
            sim.plan("a traced owl", Fate(seconds=None, pushes=0))
            order = {**fal.case.order, "prompt": "a traced owl"}
            sent = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
            taken = await anna.ask("POST", "/tasks", order, headers=sent)
            assert taken.status == 202, taken
            await until(lambda: bool(sim.of("a traced owl")))
            await anna.see(taken.body, lambda now: now["outputs"][0]["status"] == "running")
            [made] = sim.of("a traced owl")
            made.fate = Fate()
            # It is believed and says nothing, so that the provider is asked because of it.
            body, theirs = b'{"hello": [1, 2]}', "1" * 32
            pushed = {**sim.signed(made.id, body), "traceparent": f"00-{theirs}-{SPAN}-01"}
            async with fal.home.web.post(str(made.callback), data=body, headers=pushed) as answer:
                assert answer.status == 200
                assert answer.headers["traceparent"].split("-")[1] == theirs
            done = await anna.wait(taken.body)
            assert done["status"] == "completed"
            about_it = {
                what: seen
                for what, seen in sim.traces.items()
                if "{model" in what or "{id}" in what
            }
            assert len(about_it) == 3, sim.traces  # submitted, asked about, had
            told = [each.split("-") for seen in about_it.values() for each in seen]
            assert {trace_id for _, trace_id, _, _ in told} == {TRACE}
            assert len({span_id for _, _, span_id, _ in told} - {SPAN}) == len(told)


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
