"""The gate itself: what is under way at the same time, who must be counted by all, and doors."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import pytest

from gesso.domain.channels import BadChannel
from gesso.domain.channels.rules import check_limits
from gesso.domain.gate import (
    Door,
    Doors,
    Gate,
    LimitsAway,
    NoSuchDoor,
    RateLimited,
    TooManyAtOnce,
    channel_limits,
    door_of,
)
from gesso.infra.db import DatabaseAway
from gesso.infra.errors import Invalid
from gesso.infra.limits import MemoryLimiter, Rule, Standing
from gesso.infra.limits.settings import LimitsSettings
from gesso.infra.web import Passage
from gesso.kit.ids import new_id


class Alone(MemoryLimiter):
    """A process that cannot reach those with whom it should count."""

    async def ask(self, rules: Sequence[Rule]) -> Standing:
        return self.decide(rules, is_local=True)


async def no_doors() -> list[Door]:
    return []


def gate(limiter: MemoryLimiter | None = None, **limits: Any) -> Gate:
    return Gate(LimitsSettings(**limits), limiter or MemoryLimiter(), Doors(no_doors))


def stranger(path: str = "/api/v1/auth/email-code") -> Passage:
    return Passage("203.0.113.7", path)


async def test_a_user_has_only_so_many_requests_under_way() -> None:
    door, user = gate(requests=2), new_id()
    passages = [stranger("/api/v1/me") for _ in range(3)]
    for passage in passages:
        passage.introduce(user, new_id())
    await door.admit(passages[0])
    await door.admit(passages[1])
    with pytest.raises(TooManyAtOnce):
        await door.admit(passages[2])
    passages[0].end()
    passages[0].end()  # which gives nothing back twice
    again = [stranger("/api/v1/me") for _ in range(2)]
    for passage in again:
        passage.introduce(user, new_id())
    await door.admit(again[0])
    with pytest.raises(TooManyAtOnce):
        await door.admit(again[1])


async def test_what_can_be_guessed_fails_closed_and_what_is_read_fails_open() -> None:
    door = gate(Alone())
    await door.admit(stranger())  # counted by the database too, or in no need of it
    guarded = stranger()
    guarded.must_be_shared = True
    with pytest.raises(LimitsAway):
        await door.admit(guarded)
    reader = stranger("/api/v1/tasks")
    reader.introduce(new_id(), new_id())
    await door.admit(reader)


async def test_trying_to_sign_in_is_counted_more_strictly() -> None:
    door = gate(signin="10/hour burst 2")
    await door.admit(stranger())
    await door.admit(stranger("/auth/sso/partner/begin"))
    with pytest.raises(RateLimited):
        await door.admit(stranger())
    await door.admit(stranger("/api/v1/auth/refresh"))
    await door.admit(stranger("/api/v1/models"))


async def test_every_limit_can_be_switched_off() -> None:
    names = ("ip", "user", "key", "submits", "media", "hooks", "signin")
    numbers = ("requests", "streams", "streams_per_ip", "connections", "tasks")
    off: dict[str, Any] = {**dict.fromkeys(names, "off"), **dict.fromkeys(numbers, 0)}
    door = gate(**off)
    user = new_id()
    for _ in range(1000):
        visitor = stranger()
        visitor.introduce(user, new_id())
        await door.admit(visitor)
        await door.admit_submit(visitor, user, "text_to_image")
        await door.follow(visitor)
        assert visitor.answer_headers == []


@pytest.mark.parametrize(
    "limits",
    [{"ip": "many"}, {"user": "0/minute"}, {"operations": {"x": "1"}}, {"spare": ["nowhere"]}],
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        LimitsSettings(**limits)


class House:
    """A database with doors in it, that may be away."""

    def __init__(self) -> None:
        self.looks, self.is_away = 0, False
        self.doors: list[Door] = []

    async def look(self) -> list[Door]:
        self.looks += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise DatabaseAway("It is away.")
        return self.doors


async def test_doors_are_looked_for_once_for_all_who_come() -> None:
    house = House()
    house.doors = [Door(new_id(), "partner", new_id(), frozenset({"app.example"}))]
    doors = Doors(house.look)
    found = await asyncio.gather(*(doors.at_host("app.example") for _ in range(50)))
    assert {door.slug for door in found if door} == {"partner"}
    assert await doors.of_id(house.doors[0].id) == house.doors[0]
    assert [await doors.named(f"made-up-{number}") for number in range(50)] == [None] * 50
    assert house.looks == 1


async def test_without_a_database_nobody_is_kept_out_for_the_doors() -> None:
    house = House()
    house.is_away = True
    assert await Doors(house.look).at_host("app.example") is None


def test_limits_of_a_channel_are_checked_where_they_are_set() -> None:
    assert {
        name: str(rate)
        for name, rate in channel_limits({"requests": "5/hour", "signins": "3/hour"}).items()
    } == {"requests": "5/hour", "signins": "3/hour"}
    too_many = {"submits": "999999999/second"}
    for limits in ({"request": "5/hour"}, {"submits": "often"}, {"submits": 5}, too_many):
        with pytest.raises(Invalid):
            channel_limits(limits)
        with pytest.raises(BadChannel):
            check_limits(limits)
    bad = {"requests": "5/hour", "submits": "often"}
    door = door_of(new_id(), "x", new_id(), ["A.Example"], bad)
    assert (str(door.requests), door.submits) == ("5/hour", None)
    assert door.hosts == {"a.example"}


ACME, DOOR = new_id(), new_id()


def acme(**limits: str) -> Gate:
    """A gate with a door of a tenant's, and no limits but the door's."""
    house = House()
    house.doors = [door_of(DOOR, "acme", ACME, [], limits)]
    open_ = LimitsSettings(ip="3/hour", user="off", submits="off", signin="off")
    return Gate(open_, MemoryLimiter(), Doors(house.look))


def caller(
    tenant_id: UUID | None,
    address: str = "203.0.113.7",
    path: str = "/x",
    named: str | None = "acme",
) -> Passage:
    """Somebody at the door of acme; a stranger where there is no tenant."""
    passage = Passage(address, path, channel_named=named)
    if tenant_id is not None:
        passage.introduce(new_id(), tenant_id)
    return passage


async def refused(gate: Gate, passage: Passage) -> object:
    """The policies that turn this one away; none where it may go on."""
    try:
        await gate.admit(passage)
    except RateLimited as error:
        return [str(each) for each in cast(list[object], error.facts["violated-policies"])]
    return []


async def test_nobody_else_uses_up_the_quota_of_a_tenants_channel() -> None:
    door = acme(requests="2/hour")
    for _ in range(5):
        assert await refused(door, caller(new_id())) == []
    strangers = [await refused(door, caller(None)) for _ in range(3)]
    assert strangers == [[], [], ["channel"]]
    assert await refused(door, caller(None, "203.0.113.8")) == []
    own = [await refused(door, caller(ACME)) for _ in range(3)]
    assert own == [[], [], ["channel"]]


async def test_a_channel_is_found_by_the_token_that_was_given_out_at_it() -> None:
    door = acme(requests="2/hour")
    for _ in range(2):
        passage = Passage("203.0.113.7", "/x", channel_named="made-up")  # the token says it better
        passage.introduce(new_id(), ACME, channel_id=DOOR)
        assert await refused(door, passage) == []
        assert passage.channel_slug == "acme"
    again = caller(ACME, named=None)
    again.introduce(new_id(), ACME, channel_id=DOOR)
    assert await refused(door, again) == ["channel"]
    again.introduce(new_id(), ACME, channel_id=new_id())
    assert await refused(acme(requests="2/hour"), again) == []


async def test_nobody_else_uses_up_what_a_channel_may_order() -> None:
    door = acme(submits="1/hour")
    for tenant_id in (new_id(), new_id(), ACME):
        await door.admit_submit(caller(tenant_id), new_id(), "sketch")
    with pytest.raises(RateLimited):
        await door.admit_submit(caller(ACME), new_id(), "sketch")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/v1/auth/email-code", "acme"), ("/api/v1/auth/sso/acme/start", None),
        ("/auth/sso/acme/callback", "made-up"), ("/api/v1/auth/handover/acme", None),
    ],
)  # fmt: skip
async def test_a_channels_limit_of_tries_to_sign_in_holds_for_each_network(
    path: str, named: str | None
) -> None:
    door = acme(signins="2/hour")

    tries = [await refused(door, caller(None, path=path, named=named)) for _ in range(3)]
    assert tries == [[], [], ["channel-signins"]]
    assert await refused(door, caller(None, "203.0.113.8", path, named)) == []
    assert await refused(door, caller(ACME)) == []


async def test_whoever_makes_up_names_of_channels_is_counted() -> None:
    door = acme()
    for _ in range(3):
        guess = Passage("203.0.113.9", "/x", channel_named="made-up")
        with pytest.raises(NoSuchDoor):
            await door.admit(guess)
        assert await door.count(guess) is None
    assert await door.count(Passage("203.0.113.9", "/x")) is not None
