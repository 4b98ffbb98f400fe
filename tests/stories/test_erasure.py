"""Somebody takes all that is theirs along, and is then forgotten everywhere."""

import asyncio
import io
import json
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import select, text, update

from gesso.app.accounts import open_account
from gesso.domain import deadletters, identity, inbox, wallet
from gesso.domain.identity import Role, User, UserIdentity
from gesso.domain.tasks.tables import Attempt, Job, Task
from gesso.infra.db import moment
from gesso.kit.ids import new_id, parse_id
from gesso.kit.money import CREDIT
from tests.house.person import Person, Reply
from tests.house.remains import found_in
from tests.house.world import Home
from tests.simulators.acme import Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Canary:
    """Words that stand for one person, each where nothing else has it."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self.words: list[str] = []

    def word(self, place: str) -> str:
        """A new one."""
        self.words.append(f"{self._tag}{len(self.words):02d}{place}")
        return self.words[-1]


async def settle_in(home: Home, canary: Canary) -> Person:
    """Somebody with traces in every place where somebody can leave any."""
    say = canary.word
    email = f"{say('mail')}@example.org"
    async with home.db.tx() as tx:
        user = await open_account(tx, email, amount=100 * CREDIT, role=Role.OPERATOR)
        scopes = identity.scopes_for(Role.OPERATOR)
        _, key = await identity.create_key(tx, user, name=say("key"), scopes=scopes)
        purse = await wallet.of_owner(tx, user.id)
        await wallet.grant(tx, purse.id, CREDIT, memo=say("memo"))
        local = await identity.find_channel(tx, identity.LOCAL)
        for kind in ("email", "oidc"):
            known = {"issuer": say("issuer"), "subject": say("subject"), "email": say("address")}
            tx.add(
                UserIdentity(
                    id=new_id(),
                    tenant_id=user.tenant_id,
                    user_id=user.id,
                    channel_id=local.id,
                    kind=kind,
                    is_email_verified=True,
                    created_at=moment(tx),
                    **known,
                )
            )
    person = Person(home.web, key, user.id)
    assert (await person.ask("PATCH", "/me", {"name": say("name")})).status == 200
    kept = {"preferences": {say("preference"): say("value"), "deep": [{"x": say("deep")}]}}
    assert (await person.ask("PUT", "/me/preferences", kept)).status == 200
    wish = {"name": say("second"), "scopes": ["tasks:read"]}
    assert (await person.ask("POST", "/api-keys", wish)).status == 201
    return person


async def live(home: Home, person: Person, canary: Canary) -> dict[str, Any]:
    """Work of every kind and at every point of its life; a task that is still at its provider."""
    say = canary.word
    for _ in range(8):
        await person.make("sketch", prompt=say("sketch"), tier="fast")
    headers = {"Idempotency-Key": say("once")}
    order = {"type": "sketch", "prompt": say("keyed"), "tier": "fast"}
    reply = await person.ask("POST", "/tasks", order, headers=headers)
    await person.wait(reply.body)
    prompt = say("painting")
    painted = await person.make("text_to_image", prompt=prompt, tier="fast")
    failing = say("failing")
    home.acme.plan(failing, *[Plan(fails=say("code"))] * 3)
    await person.make("text_to_image", prompt=failing, tier="fast")
    await _left_behind(home, painted, canary)
    body = {"function": "gesso.tidy", "arguments": {}, "deduplication_key": say("run")}
    assert (await person.ask("POST", "/registry/runs", body)).status in (200, 202)
    endless = say("endless")
    home.acme.plan(endless, Plan(seconds=None))
    running = await person.submit("text_to_image", prompt=endless, tier="fast")
    await person.see(running, lambda now: now["outputs"][0]["status"] == "running")
    return running


async def _left_behind(home: Home, task: dict[str, Any], canary: Canary) -> None:
    """What adapters, providers and mishaps may leave beside a task, written by their verbs."""
    say, task_id = canary.word, parse_id("task", task["id"])
    assert task_id is not None
    async with home.db.tx() as tx:
        job = await tx.scalar(select(Job).where(Job.task_id == task_id))
        assert job is not None
        attempt = await tx.scalar(select(Attempt.id).where(Attempt.job_id == job.id))
        assert attempt is not None
        meta = {**job.meta, "provider": {"upload": say("upload")}, "trace": {"x": say("trace")}}
        output = {**(job.output or {}), "told": say("told")}
        words = {"meta": meta, "output": output, "error_message": say("error")}
        await tx.execute(update(Job).where(Job.id == job.id).values(**words))
        result = {"result": {"x": say("result")}, "error_message": say("why")}
        await tx.execute(update(Task).where(Task.id == task_id).values(**result))
        push = inbox.New(
            "acme", attempt, task_id, "signed", {"x": say("header")}, say("body").encode()
        )
        await inbox.store(tx, [push])
        letter = deadletters.Letter("job", job.id, "acme", 5, say("reason"), {"x": say("fact")})
        await deadletters.park(tx, [letter])
        await deadletters.settle(tx, "job", [job.id])


async def leave(person: Person) -> Reply:
    """The account is ended, as its owner does it."""
    confirmed = (await person.ask("POST", "/me/erasure-confirmation")).body["confirmation"]
    headers = {"Gesso-Confirmation": confirmed}
    gone = await person.ask("DELETE", "/me", headers=headers)
    assert gone.status == 202, gone
    return gone


async def erased(home: Home, receipt: str) -> dict[str, Any]:
    """The receipt once nothing is left."""
    stranger = Person(home.web, "", new_id())
    async with asyncio.timeout(60):
        while True:
            told = (await stranger.ask("GET", f"/erasures/{receipt}")).body
            if told["state"] == "erased":
                return dict(told)
            await asyncio.sleep(0.1)


async def test_somebody_is_forgotten_everywhere_and_the_books_still_balance(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    canary = Canary(f"zq{new_id().hex[-8:]}")
    person, other = await settle_in(home, canary), await home.person()
    bystander = f"bystander{new_id().hex}"
    theirs = await other.make("sketch", prompt=bystander, tier="fast")
    running = await live(home, person, canary)
    assert len(canary.words) >= 39
    before = await found_in(home, canary.words)
    missing = set(canary.words) - {word for words in before.values() for word in words}
    assert missing == set(), "a canary that was nowhere proves nothing"
    keys = await _files_of(home, person)
    assert keys
    assert all((home.data_dir / "media" / key).exists() for key in keys)

    gone = await leave(person)
    assert gone.body["state"] in ("asked", "settled")
    async with asyncio.timeout(1.5):
        while (await person.ask("GET", "/me")).status != 401:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    told = await erased(home, gone.body["receipt"])

    said = "".join(capfd.readouterr())
    if home.redis_url is None:  # elsewhere workers say it, in files of their own
        assert "account_erased" in said
    assert await found_in(home, canary.words, said) == {}
    assert not any((home.data_dir / "media" / key).exists() for key in keys)
    assert bystander not in str(told)
    assert (await other.task(theirs))["params"]["prompt"] == bystander
    async with home.db.view() as view:
        task = await view.get(Task, parse_id("task", running["id"]))
        assert task is not None
        assert (task.status, task.held) == ("cancelled", task.charged + task.released)
        purse = await wallet.of_owner(view, person.id)
        assert purse.held == 0
        assert purse.posted > 90 * CREDIT
    for forged in (told["receipt"][:-2] + "AA", "erasure_x.y", "nonsense"):
        assert (await other.ask("GET", f"/erasures/{forged}")).code == "erasure_not_found"


async def _files_of(home: Home, person: Person) -> list[str]:
    async with home.db.view() as view:
        query = text("select key, thumbnail_key from asset where owner_id = :owner")
        owner: Any = person.id.hex if home.db.is_sqlite else person.id
        rows = (await view.execute(query, {"owner": owner})).all()
    return [key for row in rows for key in row if key]


async def test_whoever_comes_again_is_somebody_new(home: Home) -> None:
    email = f"again{new_id().hex}@example.org"
    people = []
    for _ in range(2):
        async with home.db.tx() as tx:
            user = await open_account(tx, email, amount=CREDIT)
            scopes = identity.scopes_for(Role.USER)
            _, key = await identity.create_key(tx, user, name="k", scopes=scopes)
        person = Person(home.web, key, user.id)
        people.append(person)
        assert (await person.ask("GET", "/tasks")).body["items"] == []
        if len(people) == 1:
            await person.make("sketch", prompt="mine", tier="fast")
            first = await leave(person)
    assert people[0].id != people[1].id
    await erased(home, first.body["receipt"])
    async with home.db.view() as view:
        old, new = [await view.get(User, each.id) for each in people]
    assert old is not None and new is not None  # noqa: PT018
    assert (old.status, old.email) == ("disabled", identity.pseudonym(people[0].id))
    assert (new.status, new.email) == ("active", email)


async def test_it_takes_a_fresh_proof_to_end_an_account(home: Home) -> None:
    anna, bert = await home.person(), await home.person()
    assert (await anna.ask("DELETE", "/me")).code == "proof_needed"
    berts = (await bert.ask("POST", "/me/erasure-confirmation")).body["confirmation"]
    soon = (await anna.ask("POST", "/me/erasure-confirmation")).body["confirmation"]
    for wrong in (berts, f"9{soon}", soon[:-2] + "AA", "", "."):
        reply = await anna.ask("DELETE", "/me", headers={"Gesso-Confirmation": wrong})
        assert reply.code == "proof_needed"
    limited = {"name": "weak", "scopes": ["account:read", "tasks:write"]}
    weak = Person(home.web, (await anna.ask("POST", "/api-keys", limited)).body["key"], anna.id)
    reply = await weak.ask("DELETE", "/me", headers={"Gesso-Confirmation": soon})
    assert reply.code == "missing_scope"
    assert (await anna.ask("GET", "/me")).status == 200


async def test_an_export_has_all_that_is_theirs_and_nothing_of_others(home: Home) -> None:
    canary, strange = Canary(f"zx{new_id().hex[-8:]}"), Canary(f"zs{new_id().hex[-8:]}")
    person, other = await settle_in(home, canary), await settle_in(home, strange)
    for who, words in ((person, canary), (other, strange)):
        await who.make("sketch", prompt=words.word("sketch"), tier="fast")
    reply = await person.ask("GET", "/me/export?files=true")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/zip")
    with ZipFile(io.BytesIO(reply.content)) as book:
        assert book.testzip() is None
        content = {name: book.read(name) for name in book.namelist()}
    everything = b"\n".join(content.values()).decode("latin-1")
    assert [word for word in canary.words if word not in everything] == []
    assert [word for word in strange.words if word in everything] == []
    assert person.key not in everything
    lines = {name: raw.decode().splitlines() for name, raw in content.items() if "json" in name}
    (task,) = [json.loads(line) for line in lines["tasks.ndjson"]]
    (asset,) = [json.loads(line) for line in lines["assets.ndjson"]]
    assert task["outputs"][0]["asset_id"] == asset["id"]
    stored = await home.web.get(asset["url"])
    assert content[asset["file"]] == await stored.read()
    movements = [json.loads(line) for line in lines["wallet.ndjson"]]
    available = (await person.money())[0]
    assert (movements[0]["available_after"], movements[-1]["kind"]) == (available, "grant")
    assert [json.loads(line)["seq"] for line in lines["events.ndjson"]] == list(
        range(1, len(lines["events.ndjson"]) + 1)
    )
    plain = await person.ask("GET", "/me/export")
    with ZipFile(io.BytesIO(plain.content)) as book:
        assert not [name for name in book.namelist() if name.startswith("files/")]


async def test_preferences_are_replaced_whole_and_by_revision(home: Home) -> None:
    anna = await home.person()
    nothing = {"preferences": {}, "rev": 0, "updated_at": None}
    assert (await anna.ask("GET", "/me/preferences")).body == nothing
    path = "/me/preferences"

    async def put(rev: int | None, **kept: object) -> Reply:
        return await anna.ask("PUT", path, {"preferences": kept, "rev": rev})

    assert (await put(3, a=1)).code == "rev_mismatch"
    assert (await put(0, a=1)).body["rev"] == 1
    assert (await put(0, a=2)).code == "rev_mismatch"
    assert (await put(1, b=2)).body["preferences"] == {"b": 2}
    assert (await put(1, c=3)).code == "rev_mismatch"
    assert (await put(None, c=3)).body["rev"] == 3
    assert (await put(None, c="x" * 16_370)).status == 200
    assert (await put(None, c="x" * 16_400)).code == "preferences_too_large"
    replies = await asyncio.gather(*(put(4, n=n) for n in range(5)))
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409, 409]
