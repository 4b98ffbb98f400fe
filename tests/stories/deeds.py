"""Every deed of operators and admins, with what it takes to do it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update

from gesso.domain import deadletters, identity, payments
from gesso.domain.identity import Caller, Role
from gesso.domain.payments import PaymentEvent
from gesso.domain.registry import Run
from gesso.infra.db import moment
from gesso.kit.ids import new_id, parse_id, public_id
from gesso.work import MOST_LOST
from tests.house.person import Person, Reply
from tests.house.world import Home

SECRET = "luma-secret-that-nobody-shall-read"
TEMPLATE: dict[str, Any] = {
    "title": "A square",
    "price": "0.5",
    "inputs": {"color": {"type": "seed", "at": ["1.color"]}},
    "outputs": [{"node": "2", "kind": "image"}],
    "graph": {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 1},
        },
        "2": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": "gesso/square"},
        },
    },
}
MODEL = {"id": "acme/logged", "makes": "sketch", "queue": "acme", "price": 1, "tiers": ["high"]}
TARGETS = [{"provider": "acme", "model": "paint"}]


@dataclass
class Walk:
    """A walk through every deed, in an order in which each is possible."""

    home: Home
    chief: Person
    word: str
    ids: dict[str, str] = field(default_factory=dict)

    async def do(self, deed: str, body: object = None, *, keep: str | None = None) -> Reply:
        """One deed, with the ids of before in its path."""
        method, _, path = deed.partition(" ")
        path = path.removeprefix("/api/v1").format(**self.ids)
        headers = {"Idempotency-Key": new_id().hex} if method == "POST" else None
        reply = await self.chief.ask(method, path, body, headers=headers)
        assert reply.status in {200, 201, 202, 204}, (deed, reply)
        if keep is not None:
            self.ids[keep] = reply.body["id"]
        return reply

    async def letter(self) -> None:
        """A run that nobody finishes, parked."""
        wish = {"function": "story.note", "arguments": {"word": "x"}, "delay_seconds": 3600}
        run = await self.chief.ask("POST", "/registry/runs", wish)
        run_id = parse_id("run", run.body["id"])
        assert run_id is not None
        letter = deadletters.Letter("run", run_id, "registry", 3, "It took down its worker.")
        async with self.home.db.tx() as tx:
            await tx.execute(update(Run).where(Run.id == run_id).values(lost=MOST_LOST))
            await deadletters.park(tx, [letter])
            page = await deadletters.page(tx, after=None, limit=1, settled=False)
        self.ids["letter_id"] = public_id("letter", page[0].id)

    async def payment(self) -> None:
        """Somebody's payment that waits for its money."""
        async with self.home.db.tx() as tx:
            user = await identity.get_user(tx, self.chief.id)
            package = parse_id("package", self.ids["package_id"])
            assert package is not None
            caller = Caller(user.id, user.tenant_id, Role.OWNER, frozenset())
            wish = payments.Wish(package, "offline", new_id().hex)
            made, _ = await payments.service.begin(tx, caller, wish)
        self.ids["payment_id"] = public_id("payment", made.id)

    async def report(self) -> None:
        """A gateway's report of a payment that nobody knows, put aside."""
        event_id = new_id()
        async with self.home.db.tx() as tx:
            tx.add(
                PaymentEvent(
                    id=event_id, gateway="nobody", event_id=event_id.hex, type="odd", body=b"{}",
                    status="parked", tries=1, received_at=moment(tx), ended_at=moment(tx),
                )
            )  # fmt: skip
            await tx.flush()
        self.ids["event_id"] = public_id("event", event_id)

    async def key(self) -> None:
        """A key of the user who was taken in."""
        user_id = parse_id("user", self.ids["user_id"])
        assert user_id is not None
        async with self.home.db.tx() as tx:
            user = await identity.get_user(tx, user_id)
            key, _ = await identity.create_key(tx, user, name="lost", scopes=["tasks:read"])
        self.ids["key_id"] = public_id("key", key.id)


Deed = Callable[[Walk, str], Awaitable[Reply]]
RUN = {"function": "story.note", "arguments": {"word": "x"}, "delay_seconds": 3600}


def deed(body: object = None, *, keep: str | None = None) -> Deed:
    return lambda walk, name: walk.do(name, body, keep=keep)


async def settle(walk: Walk, name: str) -> Reply:
    await walk.letter()
    return await walk.do(name)


async def invite(walk: Walk, name: str) -> Reply:
    return await walk.do(name, {"email": f"{walk.word}@example.org"}, keep="user_id")


async def found(walk: Walk, name: str) -> Reply:
    return await walk.do(name, {"name": f"Walk {walk.word}"}, keep="tenant_id")


async def add_key(walk: Walk, name: str) -> Reply:
    key = {"provider": "luma", "label": walk.word, "secrets": {"key": SECRET}}
    return await walk.do(name, key, keep="key_id")


async def replace_key(walk: Walk, name: str) -> Reply:
    reply = await walk.do(name, {"secrets": {"key": SECRET[::-1]}})
    retired = await walk.chief.ask(
        "PATCH", f"/keyring/keys/{reply.body['id']}", {"state": "retired"}
    )
    assert retired.status == 200, retired
    return reply


async def retry(walk: Walk, name: str) -> Reply:
    await walk.report()
    return await walk.do(name)


async def confirm(walk: Walk, name: str) -> Reply:
    await walk.payment()
    return await walk.do(name)


async def revoke(walk: Walk, name: str) -> Reply:
    await walk.key()
    return await walk.do(name)


async def move(walk: Walk, name: str) -> Reply:
    return await walk.do(
        name, {"amount": "2", "reason": "a good one", "user_id": walk.ids["user_id"]}
    )


async def refund(walk: Walk, name: str) -> Reply:
    task = await walk.chief.make("sketch", prompt="x", tier="fast")
    return await walk.do(name, {"task_id": task["id"], "reason": "a good one"})


async def make_codes(walk: Walk, name: str) -> Reply:
    reply = await walk.do(name, {"name": "spring", "amount": "1", "count": 2})
    walk.ids["batch_id"] = reply.headers["Gesso-Batch"]
    return reply


async def make_channel(walk: Walk, name: str) -> Reply:
    body = {
        "slug": walk.word, "name": "Sesame", "kind": "oidc", "issuer": "https://a.example",
        "client_id": "gesso", "secret": SECRET,
    }  # fmt: skip
    return await walk.do(name, body, keep="channel_id")


NO_LIMIT = {"daily": None, "total": None}
PACKAGE = {"name": "Ten", "credits": "10", "price": 100, "currency": "eur"}
TENANTS: dict[str, Deed] = {
    "POST /api/v1/users": invite,
    "DELETE /api/v1/users/{user_id}/api-keys/{key_id}": revoke,
    "POST /api/v1/channels": make_channel,
    "PATCH /api/v1/channels/{channel_id}": deed({"name": "Other", "rev": 1}),
    "POST /api/v1/channels/{channel_id}/close": deed(),
    "POST /api/v1/clients": deed({"name": "robot", "scopes": ["tasks:read"]}, keep="client_id"),
    "POST /api/v1/clients/{client_id}/rotate": deed({"overlap_seconds": 0}),
    "DELETE /api/v1/clients/{client_id}": deed(),
    "PUT /api/v1/users/{user_id}/limits": deed(NO_LIMIT),
    "PUT /api/v1/tenants/{tenant_id}/limits": deed(NO_LIMIT),
    "POST /api/v1/shared-wallet": deed(),
    "PUT /api/v1/shared-wallet/alert": deed({"below": "1"}),
    "PUT /api/v1/shared-wallet/members/{user_id}": deed({"daily": "1"}),
    "DELETE /api/v1/shared-wallet/members/{user_id}": deed(),
    "PATCH /api/v1/users/{user_id}": deed({"role": "operator", "status": "disabled"}),
}
"""Those that are done in one's own tenant, whichever it is."""
HOUSES: dict[str, Deed] = {
    "POST /api/v1/grants": move,
    "POST /api/v1/adjustments": move,
    "POST /api/v1/refunds": refund,
    "POST /api/v1/credit-codes": make_codes,
    "POST /api/v1/credit-codes/{batch_id}/disable": deed(),
    "POST /api/v1/packages": deed(PACKAGE, keep="package_id"),
    "PATCH /api/v1/packages/{package_id}": deed({"price": 90}),
    "POST /api/v1/payments/{payment_id}/confirm": confirm,
    "POST /api/v1/payments/{payment_id}/resolve": deed(),
    "POST /api/v1/packages/{package_id}/retire": deed(),
    "PATCH /api/v1/queues/{name}": deed({"max_concurrency": 8}),
    "POST /api/v1/models": deed({**MODEL, "targets": TARGETS, "disabled": True}),
    "PATCH /api/v1/models/{model_id}": deed({"disabled": True}),
    "PUT /api/v1/workflows/{name}/template": deed(TEMPLATE),
    "DELETE /api/v1/workflows/{name}/template": deed(),
    "POST /api/v1/registry/runs": deed(RUN, keep="run_id"),
    "POST /api/v1/registry/runs/{run_id}/cancel": deed(),
    "POST /api/v1/registry/schedules": deed(
        {"function": "story.note", "arguments": {"word": "x"}, "every_seconds": 86400},
        keep="schedule_id",
    ),
    "PATCH /api/v1/registry/schedules/{schedule_id}": deed({"active": False}),
    "DELETE /api/v1/registry/schedules/{schedule_id}": deed(),
    "POST /api/v1/dead-letters/{letter_id}/requeue": settle,
    "POST /api/v1/dead-letters/{letter_id}/discard": settle,
    "POST /api/v1/keyring/keys": add_key,
    "PATCH /api/v1/keyring/keys/{key_id}": deed({"weight": 2}),
    "POST /api/v1/keyring/keys/{key_id}/rest": deed({"seconds": 60}),
    "POST /api/v1/keyring/keys/{key_id}/release": deed(),
    "POST /api/v1/keyring/keys/{key_id}/replace": replace_key,
    "DELETE /api/v1/keyring/keys/{key_id}": deed(),
    "POST /api/v1/keyring/rotate-master": deed(),
    "POST /api/v1/payments/events/{event_id}/retry": retry,
    "POST /api/v1/tenants": found,
    "PATCH /api/v1/tenants/{tenant_id}": lambda walk, name: walk.do(
        name, {"name": f"{walk.word} renamed"}
    ),
    "POST /api/v1/tenants/{tenant_id}/close": deed(),
}
"""Those that are done to the house. Both are all that operators and admins do."""
DEEDS = {**TENANTS, **HOUSES}
