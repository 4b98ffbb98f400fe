"""What somebody of one tenant owns, one of each kind that a path can name: for whoever comes from
another tenant with these ids.
"""

import time
from dataclasses import dataclass
from typing import Any, Final

import jwt

from gesso.domain.identity import Role
from gesso.kit.ids import new_id, parse_id
from tests.house.person import Person, Reply
from tests.house.world import Home
from tests.stories.deeds import PACKAGE, SECRET
from tests.ways.provider import private_key, public_jwk

NOBODYS: Final = {
    "queues/{name}": "a queue of the house's",
    "models/{model_id}": "a model that the house offers to everybody",
    "workflows/{name}": "a workflow that the house offers to everybody",
    "dead-letters/{letter_id}": "work of the house's that nobody finished",
    "keyring/keys/{key_id}": "the house's key at a provider",
    "inbox/{push_id}": "a provider's report to the house, of whatever job",
    "registry/schedules/{schedule_id}": "a schedule of the house's",
    "payments/events/{event_id}": "a gateway's report to the house, of whatever payment",
    "reconciliation/{day}": "a day of the house's books",
    "erasures/{receipt}": "the receipt is the permission, and no id",
    "auth/sso/{slug}": "a door, which is there for strangers",
    "auth/handover/{slug}": "a door, which is there for strangers",
}
"""What paths name that no tenant owns, and what it is instead."""

_MOVING: Final = ("last_used_at", "last_used_from", "url", "thumbnail_url", "progress")
"""What changes without anybody having changed it."""


@dataclass
class Estate:
    """The owner, who came in by a channel of their tenant's; who runs that tenant; who runs the
    house; and the ids by what they name, which is the path as far as the parameter.
    """

    owner: Person
    chief: Person
    house: Person
    things: dict[str, str]

    async def portrait(self) -> dict[str, Any]:
        """How everything stands, as those see it whose it is."""
        tenant = self.things["tenants/{tenant_id}"]
        user = self.things["users/{user_id}"]
        key = self.things["api-keys/{key_id}"]
        task = self.things["tasks/{task_id}"]
        views = (
            (self.owner, [
                f"/tasks/{task}", f"/tasks/{task}/jobs", "/me", "/me/sessions", "/me/identities",
                f"/tasks/bulk/{self.things['tasks/bulk/{run_id}']}", f"/api-keys/{key}",
                f"/assets/{self.things['assets/{asset_id}']}", f"/api-keys/{key}/limits",
                f"/payments/{self.things['payments/{payment_id}']}", "/packages", "/wallet",
            ]),
            (self.chief, [
                f"/users/{user}", f"/users/{user}/limits", f"/users/{user}/api-keys", "/clients",
                f"/channels/{self.things['channels/{channel_id}']}", "/shared-wallet/members",
                f"/tenants/{tenant}/limits",
            ]),
            (self.house, [
                f"/tenants/{tenant}", f"/jobs/{self.things['jobs/{job_id}']}",
                f"/credit-codes?tenant={tenant}",
                f"/registry/runs/{self.things['registry/runs/{run_id}']}",
            ]),
        )  # fmt: skip
        seen = {}
        for person, paths in views:
            for path in paths:
                reply = await person.ask("GET", path)
                assert reply.status == 200, (path, reply)
                seen[path] = still(reply.body)
        return seen


def still(body: Any) -> Any:
    """The same without what moves by itself."""
    if isinstance(body, dict):
        return {name: still(part) for name, part in body.items() if name not in _MOVING}
    return [still(part) for part in body] if isinstance(body, list) else body


async def given(person: Person, path: str, body: object, **headers: str) -> Reply:
    """What was made."""
    reply = await person.ask("POST", path, body, headers=headers)
    assert reply.status in {201, 202}, (path, reply)
    return reply


async def come_in(home: Home, chief: Person, role: Role | str = Role.USER) -> Person:
    """Somebody new with a session, whom a partner hands over at a channel of the chief's tenant."""
    slug, now = f"door{new_id().hex}"[:40], int(time.time())
    channel = {
        "slug": slug, "name": "Partner", "kind": "handover", "trusts_email": True,
        "issuer": "https://partner.example", "keys": [public_jwk("EC", "ES256")],
        "allowed_roles": [role], "default_role": role,
    }  # fmt: skip
    made = await given(chief, "/channels", channel)
    claims = {
        "iss": "https://partner.example", "aud": made.body["address"], "sub": slug, "jti": slug,
        "iat": now, "exp": now + 60, "email": f"{slug}@example.org",
    }  # fmt: skip
    token = jwt.encode(claims, private_key("EC"), algorithm="ES256", headers={"kid": "EC-0"})
    async with home.web.post(f"/auth/handover/{slug}", data={"token": token}) as answer:
        body = await answer.json()
        assert answer.status == 200, body
    person = Person(home.web, body["access_token"], chief.id)
    user_id = parse_id("user", (await person.ask("GET", "/me")).body["id"])
    assert user_id is not None
    return Person(home.web, body["access_token"], user_id)


async def settle(home: Home) -> Estate:
    """A tenant of its own, and in it somebody who owns one of everything."""
    word = f"estate{new_id().hex}"
    chief = await home.person(0, role="owner", tenant=word)
    house = await home.person(0, role="owner")
    owner = await come_in(home, chief)
    await home.grant(owner, 10)
    me = (await owner.ask("GET", "/me")).body
    tenant = f"tenant={me['tenant_id']}"
    task = await owner.make("sketch", prompt="a secret", tier="fast")
    key = (await given(owner, "/api-keys", {"name": "spare", "scopes": ["tasks:read"]})).body["id"]
    nothing = {"action": "cancel", "tasks": {"q": "what nobody asked for"}}
    run = (await given(owner, "/tasks/bulk", nothing)).body["id"]
    door = {
        "slug": word[:40], "name": "Sesame", "kind": "oidc", "issuer": "https://a.example",
        "client_id": "gesso", "secret": SECRET,
    }  # fmt: skip
    channel = (await given(chief, "/channels", door)).body["id"]
    robot = {"name": "robot", "scopes": ["tasks:read"]}
    package = (await given(house, f"/packages?{tenant}", PACKAGE)).body["id"]
    wish = {"package": package, "gateway": "offline"}
    payment = await given(owner, "/payments", wish, **{"Idempotency-Key": word})
    batch = {"name": "spring", "amount": "1", "count": 2}
    codes = await given(house, f"/credit-codes?{tenant}", batch, **{"Idempotency-Key": word})
    await given(chief, "/shared-wallet", None)
    shared = await chief.ask("PUT", f"/shared-wallet/members/{me['id']}", {"daily": "1"})
    assert shared.status == 204, shared
    things = {
        "tasks/{task_id}": task["id"],
        "tasks/bulk/{run_id}": run,
        "registry/runs/{run_id}": run,
        "jobs/{job_id}": (await owner.jobs(task))[0]["id"],
        "assets/{asset_id}": task["outputs"][0]["asset_id"],
        "api-keys/{key_id}": key,
        "api-keys/{api_key_id}": key,
        "users/{user_id}": me["id"],
        "users/{user_id}/api-keys/{key_id}": key,
        "tenants/{tenant_id}": me["tenant_id"],
        "shared-wallet/members/{user_id}": me["id"],
        "channels/{channel_id}": channel,
        "me/identities/oidc/{slug}": door["slug"],
        "me/identities/{id}": await _first(owner, "/me/identities"),
        "me/sessions/{session_id}": await _first(owner, "/me/sessions"),
        "clients/{client_id}": (await given(chief, "/clients", robot)).body["id"],
        "packages/{package_id}": package,
        "payments/{payment_id}": payment.body["id"],
        "credit-codes/{batch_id}": codes.headers["Gesso-Batch"],
    }
    return Estate(owner, chief, house, things)


async def _first(person: Person, path: str) -> str:
    return str((await person.ask("GET", path)).body["items"][0]["id"])
