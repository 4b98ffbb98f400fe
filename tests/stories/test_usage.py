"""Usage: what operators are told of it, over HTTP and on the command line."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gesso.domain import usage
from gesso.domain.identity import Role
from tests.domain.history import pass_time
from tests.domain.shop import Shop, open_shop
from tests.house import mariadb
from tests.house.command import Gesso, surroundings
from tests.house.person import Person
from tests.house.world import Home


async def count(home: Home) -> None:
    while (await usage.roll_up(home.db, home.db)).more:
        pass


async def told(operator: Person, query: str = "") -> dict[str, Any]:
    reply = await operator.ask("GET", f"/usage{query}")
    assert reply.status == 200, reply
    return dict(reply.body)


def more(before: dict[str, Any], after: dict[str, Any]) -> dict[str, int]:
    return {name: after["tasks"][name] - before["tasks"][name] for name in before["tasks"]}


@pytest.mark.asyncio(loop_scope="session")
async def test_an_operator_is_told_what_was_used(home: Home) -> None:
    operator, person = await home.person(0, Role.OPERATOR), await home.person(20)
    await count(home)
    before = (await told(operator))["totals"]
    await person.make("text_to_image", prompt="an owl", count=2, tier="fast")
    await person.make("text_to_video", prompt="an owl")
    await count(home)
    after = await told(operator)
    assert more(before, after["totals"])["completed"] == 2
    assert float(after["totals"]["charged"]) - float(before["charged"]) == 7
    assert after["totals"]["pieces"] - before["pieces"] == 3
    latency = after["totals"]["latency"]
    assert 0 < latency["p50"] <= latency["p95"]
    assert after["groups"] == []
    assert after["as_of"].endswith("Z")
    by = await told(operator, "?group_by=operation&group_by=provider&group_by=day")
    names = {(group["operation"], group["provider"]) for group in by["groups"]}
    assert names >= {("text_to_image", "acme"), ("text_to_video", "acme")}
    assert by["totals"] == after["totals"]
    whose = (await told(operator, "?group_by=tenant"))["groups"]
    assert [group["tenant_id"] for group in whose] == [(await me(operator))["tenant_id"]]
    past = await told(operator, "?from=2001-01-01&to=2001-12-31&group_by=day")
    assert (past["groups"], past["totals"]["charged"]) == ([], "0")
    assert past["totals"]["latency"] is None


async def me(person: Person) -> dict[str, Any]:
    return dict((await person.ask("GET", "/me")).body)


@pytest.mark.asyncio(loop_scope="session")
async def test_usage_is_for_operators_and_has_an_end(home: Home) -> None:
    reply = await (await home.person()).ask("GET", "/usage")
    assert (reply.status, reply.code, reply.body["scope"]) == (403, "missing_scope", "operator")
    operator = await home.person(0, Role.OPERATOR)
    for query, code in {
        "from=2026-01-02&to=2026-01-01": "bad_range",
        "from=2025-01-01&to=2026-01-02": "bad_range",
        "from=0001-01-01": "bad_range",
        "from=yesterday": "invalid_request",
        "group_by=moon": "invalid_request",
    }.items():
        reply = await operator.ask("GET", f"/usage?{query}")
        assert (reply.status, reply.code) == (422, code), query
    assert (await told(operator, "?to=0001-01-01"))["from"] == "0001-01-01"


def in_the_shop(folder: Path, act: Callable[[Shop], Awaitable[None]]) -> None:
    """Do something in the house of the command line, as its server would."""

    async def run() -> None:
        async with open_shop(f"sqlite+aiosqlite:///{folder / 'data' / 'gesso.db'}") as shop:
            await act(shop)

    asyncio.run(run())


async def two_days(shop: Shop) -> None:
    """A picture that is refused, and long after it one that is delivered."""
    pass_time(shop.db, -timedelta(days=2))
    await shop.order()
    for job in await shop.begin():
        await shop.refuse(job)
    pass_time(shop.db, timedelta(days=2, hours=-1))
    await shop.order()
    for job in await shop.begin():
        await shop.deliver(job)


def test_usage_is_kept_in_mariadb_from_the_command_line(
    gesso: Gesso, tmp_path: Path, mariadb_url: str, mariadb_server: str
) -> None:
    bind = {"GESSO_BINDS__ANALYTICS__URL": mariadb_url}
    made = gesso("db", "upgrade", **bind)
    assert "from nothing to 0001" in made.stdout
    assert "already" in gesso("db", "upgrade", "--bind", "analytics", **bind).stdout
    checked = gesso("db", "check", **bind)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "Nothing has been counted" in gesso("usage", **bind).stdout
    in_the_shop(tmp_path, two_days)
    rolled = gesso("usage", "roll-up", **bind)
    assert rolled.stdout.startswith("Complete to "), rolled
    shown = gesso("usage", "--by", "day", "--by", "operation", "--by", "tenant", **bind)
    lines = [" ".join(line.split()[1:]) for line in shown.stdout.splitlines()[2:4]]
    assert lines == [
        "default text_to_image 0 1 0 0 0 1 0 0 0 0",
        "default text_to_image 1 0 0 0 1 0 1 0 0 1 0.5 s 0.9 s",
    ], shown.stdout
    assert shown.stdout.splitlines()[4].split()[:3] == ["all", "1", "1"]
    plain = json.loads(gesso("usage", "--json", **bind).stdout)
    assert [group["charged"] for group in plain["groups"]] == ["0", "1"]
    assert plain["totals"]["released"] == "1"

    back = gesso("db", "downgrade", "--bind", "analytics", "base", **bind)
    assert "back to nothing" in back.stdout
    assert "analytics" in gesso("db", "current", **bind).stdout
    assert gesso("db", "check", **bind).returncode == 1
    name = mariadb_url.rpartition("/")[2]
    assert mariadb.tell(mariadb_server, f"show tables in `{name}` like 'usage%'") == []
    gesso("db", "upgrade", **bind)
    gesso("usage", "roll-up", "--again-from", "2026-01-01", **bind)
    again = json.loads(gesso("usage", "--json", **bind).stdout)
    assert {**again, "as_of": None} == {**plain, "as_of": None}

    gesso("usage", "roll-up")  # and the same in the main database, which is the usual place
    own = json.loads(gesso("usage", "--json").stdout)
    assert {**own, "as_of": None} == {**plain, "as_of": None}


def test_what_cannot_be_told_is_said_in_a_sentence(gesso: Gesso) -> None:
    gesso("db", "upgrade")
    for arguments, words in {
        ("usage", "--by", "moon"): "by 'moon', but by day, tenant, operation, provider",
        ("usage", "--tenant", "nobody"): "There is no tenant 'nobody'",
        ("usage", "--from", "2026-01-02", "--to", "2026-01-01"): "ends before it begins",
        ("db", "upgrade", "--bind", "moon"): "There is no bind 'moon'. There are: main, analytics.",
        ("db", "downgrade", "--bind", "main", "base"): "--yes",
    }.items():
        done = gesso(*arguments)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done
        assert words in done.stderr
    assert "back to 0002" in gesso("db", "downgrade", "--bind", "main", "0002", "--yes").stdout
    assert gesso("user", "list").returncode == 2


def test_analytics_that_are_away_are_said_to_be(gesso: Gesso) -> None:
    bind = {"GESSO_BINDS__ANALYTICS__URL": "mysql+aiomysql://root@127.0.0.1:1/usage"}
    done = gesso("db", "upgrade", **bind)
    assert done.returncode == 2
    assert "main: sqlite" in done.stdout
    assert "The database is away" in done.stderr
    assert gesso("user", "create", "anna@example.com", **bind).returncode == 0
    assert gesso("usage", **bind).returncode == 2
    checked = gesso("doctor", **bind)
    assert "warn  analytics" in checked.stdout
    assert checked.returncode == 0, checked.stdout


def test_a_driver_that_is_missing_is_named(tmp_path: Path) -> None:
    code = "import sys; sys.modules['aiomysql'] = None; from gesso.app.cli import main; main()"
    bind = {"GESSO_BINDS__ANALYTICS__URL": "mysql+aiomysql://root@127.0.0.1:1/usage"}
    done = subprocess.run(
        [sys.executable, "-c", code, "db", "upgrade"],
        env=surroundings(tmp_path, **bind),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'gesso[mysql]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
