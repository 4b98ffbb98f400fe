"""A canary: a key that can be recognised is used, refused and echoed, and is found nowhere."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from gesso.infra.db import Database
from gesso.migrations.main.schema import metadata
from gesso.simulators import Fate
from tests.house.person import Person
from tests.keyring.afar import Afar, afar

GOOD = "canary-good/5e884898da28+0471=51d0e56f"
BAD = "canary-bad/6b3a55e0261b+0304=143f805a"
WRONG = "canary-wrong/ef92b778bafe+771e=89245b89"
CUSTOMARY = "canary-customary/c775e7b757+ede6=30cd0aa1"


def traces(secret: str) -> Iterator[str]:
    """What gives a secret away: whole, in part, and encoded, behind whatever stands before it."""
    yield secret
    yield secret[8:22]
    yield quote(secret, safe="")[8:30]
    yield secret.encode().hex()
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + secret.encode()).decode()
        yield encoded[4:-4]
        yield encoded.replace("+", "-").replace("/", "_")[4:-4]


def found_in(text: str) -> list[str]:
    return [
        trace
        for secret in (GOOD, BAD, WRONG, CUSTOMARY)
        for trace in traces(secret)
        if trace in text
    ]


def files_in(folder: Path) -> list[str]:
    """What stands in every file below this one."""
    return [f.read_bytes().decode("latin-1") for f in folder.rglob("*") if f.is_file()]


async def everything_stored(db: Database) -> str:
    """All rows of all tables, bytes as they are and in hexadecimal."""
    told: list[str] = []
    async with db.view() as view:
        for table in metadata.sorted_tables:
            for row in await view.execute(select(table)):
                for value in row:
                    if isinstance(value, bytes):
                        told += [value.decode("latin-1"), value.hex()]
                    else:
                        told.append(json.dumps(value, default=str))
                        told.append(str(value))
    return "\n".join(told)


async def everything_answered(anna: Person, operator: Person, keys: list[str]) -> str:
    """What the API says of tasks, jobs, events, keys, letters and settings, to whoever may ask."""
    tasks = (await anna.ask("GET", "/tasks?limit=100")).body["items"]
    hers = [f"/tasks/{task['id']}{path}" for task in tasks for path in ("", "/jobs")]
    rings = [f"/keyring/keys/{key}{path}" for key in keys for path in ("", "/history")]
    house = ["/keyring/keys", "/config", "/dead-letters", "/queues"]
    asked = [(anna, hers), (operator, [*rings, *house])]
    replies = [await person.ask("GET", path) for person, paths in asked for path in paths]
    assert {reply.status for reply in replies} == {200}
    return "\n".join(reply.content.decode() for reply in replies)


async def nonsense(operator: Person) -> str:
    """Every way to hand a key in wrongly; what is said of it."""
    bodies: list[Any] = [
        {"provider": "keyed", "label": "x", "secrets": WRONG},
        {"provider": "keyed", "label": "x", "secrets": {"key": [WRONG]}},
        {"provider": "keyed", "label": "x", "secrets": {"wrong part": WRONG}},
        {"provider": "keyed", "label": "x", "secrets": {"key": WRONG, "other": WRONG}},
        {"provider": "keyed", "label": "x", "secrets": {"key": f"{WRONG}\n"}},
        {"provider": "nobody", "label": "x", "secrets": {"key": WRONG}},
        {"provider": "keyed", "label": "x", "weight": 0, "secrets": {"key": WRONG}},
        {"provider": "keyed", "label": "x", "root": "nowhere", "secrets": {"key": WRONG}},
        {"provider": "keyed", "secrets": {"key": WRONG}},
    ]
    told = []
    for body in bodies:
        reply = await operator.ask("POST", "/keyring/keys", body)
        assert reply.status == 422, (body, reply)
        told.append(reply.content.decode())
    return "\n".join(told)


async def live(house: Afar) -> list[str]:
    """All that can befall jobs whose provider repeats keys; the keys of the ring."""
    keys = []
    house.keyed.account(BAD, status=402)
    house.keyed.account(GOOD)
    customary = await house.anna.submit("text_to_image", prompt="by custom")
    refused = await house.anna.wait(customary, seconds=60)
    assert (refused["status"], refused["error"]["code"]) == ("failed", "key_refused"), refused
    for label, secret in (("bad", BAD), ("good", GOOD)):
        body = {"provider": "keyed", "label": label, "secrets": {"key": secret}}
        keys.append((await house.operator.ask("POST", "/keyring/keys", body)).body["id"])
    await asyncio.sleep(3)  # until the server has heard of the ring
    house.keyed.plan("a failure", Fate(fails="oops"))
    house.keyed.plan("unsure", Fate(status=500, takes=False))
    ends = {}
    for prompt in ("all is well", "a failure", "all is well again", "and again"):
        ends[prompt] = await house.anna.make("text_to_image", prompt=prompt)
    assert ends["all is well"]["status"] == "completed"
    assert ends["a failure"]["status"] == "failed"
    assert "[secret]" in ends["a failure"]["error"]["message"]
    for prompt in ("unsure", "a broken adapter"):
        task = await house.anna.submit("text_to_image", prompt=prompt)
        await house.anna.see(task, lambda now: now["outputs"][0]["status"] == "unknown")
    return keys


@pytest.mark.timeout(300)
async def test_a_key_is_found_nowhere(database_url: str, tmp_path: Path) -> None:
    async with afar(
        database_url,
        tmp_path,
        KEYED_KEY=CUSTOMARY,
        GESSO_LOG_LEVEL="debug",
        GESSO_LOG_FORMAT="json",
    ) as house:
        keys = await live(house)
        said = await nonsense(house.operator)
        command = house.command("keyring", "add", "keyed", "--label", "by hand")
        printed, _ = await asyncio.to_thread(command.communicate, WRONG)
        assert command.returncode == 0, printed
        command = house.command("keyring", "show", "keyed/by hand")
        shown, _ = await asyncio.to_thread(command.communicate)
        answered = await everything_answered(house.anna, house.operator, keys)
        stored = await everything_stored(house.db)
        log = house.server.log.read_text()
    assert house.keyed.said[BAD] >= 1  # it was echoed
    assert house.keyed.said[CUSTOMARY] >= 3
    assert "provider_key_rested" in log
    assert "adapter_failed" in log
    assert "all is well" in stored
    for place in (said, printed, shown, answered, stored, log):
        assert found_in(place) == []
    assert [file for file in files_in(tmp_path) if found_in(file)] == []
    assert json.loads(shown)["secrets"]["key"]["mask"].endswith(WRONG[-4:])
