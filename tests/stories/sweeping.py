"""Every route of the document with somebody's ids in its path: what a sweep has to know of them."""

import re
from collections.abc import Mapping
from typing import Any

from gesso.kit.ids import new_id, public_id
from tests.house.person import Person, Reply
from tests.stories.operating import STAFF

METHODS = ("get", "post", "put", "patch", "delete")
BODIES = {
    "/api/v1/tasks/{task_id}": {"selected_image_index": 0},
    "/api/v1/queues/{name}": {"active": True},
    "/api/v1/models/{model_id}": {"disabled": True},
    "/api/v1/registry/schedules/{schedule_id}": {"active": True},
    "/api/v1/workflows/{name}/template": {},
    "/api/v1/keyring/keys/{key_id}": {"weight": 2},
    "/api/v1/keyring/keys/{key_id}/replace": {"secrets": {"key": "nobody-has-this-one"}},
    "/api/v1/keyring/keys/{key_id}/rest": {"seconds": 1},
    "/api/v1/users/{user_id}": {"status": "disabled"},
    "/api/v1/tenants/{tenant_id}": {"name": "Another name"},
    "/api/v1/api-keys/{api_key_id}/limits": {"daily": None, "total": None},
    "/api/v1/users/{user_id}/limits": {"daily": None, "total": None},
    "/api/v1/tenants/{tenant_id}/limits": {"daily": None, "total": None},
    "/api/v1/shared-wallet/members/{user_id}": {},
    "/api/v1/packages/{package_id}": {"price": 1},
    "/api/v1/channels/{channel_id}": {"name": "Another name", "rev": 1},
    "/api/v1/clients/{client_id}/rotate": {},
    "/api/v1/api-keys/{key_id}": {"name": "another"},
    "/api/v1/api-keys/{key_id}/rotate": {},
    "/api/v1/me/identities/oidc/{slug}": {},
}
LETTER = "/api/v1/dead-letters/{letter_id}"
KEY = "/api/v1/keyring/keys/{key_id}"
USER = "/api/v1/users/{user_id}"
TENANT = "/api/v1/tenants/{tenant_id}"
CHANNEL = "/api/v1/channels/{channel_id}"
CLIENT = "/api/v1/clients/{client_id}"
MISSING = {
    LETTER: "no_such_letter",
    KEY: "provider_key_not_found",
    TENANT: "tenant_not_found",
    "/api/v1/credit-codes": "code_batch_not_found",
    "/api/v1/users": "user_not_found",
    CHANNEL: "channel_not_found",
    CLIENT: "client_not_found",
    "/api/v1/shared-wallet/members": "user_not_found",
    "/api/v1/packages/": "no_such_package",
    "/api/v1/payments/events/": "no_such_payment_event",
    "/api/v1/payments/": "no_such_payment",
    "/api/v1/reconciliation/": "no_such_day",
}
HOUSE_PATHS = {
    "/api/v1/queues/{name}",
    "/api/v1/jobs/{job_id}",
    "/api/v1/models/{model_id}",
    LETTER,
    f"{LETTER}/requeue",
    f"{LETTER}/discard",
    KEY,
    *(f"{KEY}/{part}" for part in ("replace", "rest", "release", "history")),
    "/api/v1/inbox/{push_id}",
    "/api/v1/credit-codes/{batch_id}/disable",
    "/api/v1/packages/{package_id}",
    "/api/v1/packages/{package_id}/retire",
    *(f"/api/v1/payments/{{payment_id}}/{part}" for part in ("confirm", "resolve")),
    "/api/v1/payments/events/{event_id}/retry",
    "/api/v1/reconciliation/{day}",
    "/api/v1/registry/runs/{run_id}",
    "/api/v1/registry/runs/{run_id}/cancel",
    "/api/v1/registry/schedules/{schedule_id}",
    "/api/v1/workflows/{name}/template",
    "/api/v1/workflows/{name}/versions",
}
"""Paths whose parameter names a thing of the house's, which nobody owns."""
TENANT_PATHS = {
    f"{USER}/api-keys",
    f"{USER}/api-keys/{{key_id}}",
    f"{USER}/limits",
    f"{TENANT}/limits",
    "/api/v1/shared-wallet/members/{user_id}",
}
"""Those that are for operators of whichever tenant."""
ADMIN_PATHS = {
    USER,
    CHANNEL,
    f"{CHANNEL}/close",
    CLIENT,
    f"{CLIENT}/rotate",
}
"""Those that are for admins of whichever tenant."""
HOUSE_ADMIN_PATHS = {TENANT, f"{TENANT}/close"}
"""Those that are for admins of the house."""
OPEN_PATHS = {
    "/api/v1/workflows/{name}",
    "/api/v1/erasures/{receipt}",
    "/auth/sso/{slug}/start",
    "/auth/sso/{slug}/callback",
    "/auth/handover/{slug}",
}
"""Those that every user may see, and those for whoever has yet to come in."""
SESSION_PATHS = {
    "/api/v1/me/sessions/{session_id}",
    "/api/v1/me/identities/{id}",
    "/api/v1/me/identities/oidc/{slug}",
}
"""Those that no key opens, whatever the id."""
SCOPES: dict[str, set[str]] = {"user": set(), "operator": {"operator"}, "owner": STAFF}
NOWHERE = {
    "task_id": public_id("task", new_id()),
    "asset_id": public_id("asset", new_id()),
    "job_id": public_id("job", new_id()),
    "name": "nowhere",
    "model_id": "nobody/knows",
    "letter_id": public_id("letter", new_id()),
    "key_id": public_id("pkey", new_id()),
    "push_id": public_id("push", new_id()),
    "run_id": public_id("run", new_id()),
    "schedule_id": public_id("sched", new_id()),
    "api_key_id": public_id("key", new_id()),
    "batch_id": public_id("codes", new_id()),
    "user_id": public_id("user", new_id()),
    "tenant_id": public_id("tenant", new_id()),
    "package_id": public_id("package", new_id()),
    "payment_id": public_id("payment", new_id()),
    "event_id": public_id("event", new_id()),
    "day": "1999-12-31",
    "channel_id": public_id("chan", new_id()),
    "client_id": public_id("client", new_id()),
    "session_id": public_id("session", new_id()),
    "id": public_id("identity", new_id()),
    "receipt": "nothing",
    "slug": "nowhere",
}
"""For each parameter of a path something that it might name, and does not."""


def places(path: str) -> dict[str, str]:
    """By the names of a path's parameters what each of them names: the path as far as that."""
    short = path.removeprefix("/api/v1").removeprefix("/")
    return {found[1]: short[: found.end()] for found in re.finditer(r"{(\w+)}", short)}


def ids_in(path: str, things: Mapping[str, str]) -> dict[str, str]:
    """What goes into a path: these things, and where none of them is meant what is not there."""
    return {name: things.get(place, NOWHERE[name]) for name, place in places(path).items()}


async def routes(person: Person) -> list[tuple[str, str, dict[str, Any]]]:
    """Every route with a parameter in its path, from the document: so a new one is tested too."""
    document = (await person.ask("GET", "/openapi.json")).body
    return [
        (method.upper(), path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS and "{" in path
    ]


async def visit(
    person: Person, method: str, path: str, operation: Any, ids: dict[str, str]
) -> Reply:
    """One request with these ids in its path, and whatever the operation requires besides."""
    query = {
        each["name"]: "1"
        for each in operation.get("parameters", [])
        if each["in"] == "query" and each.get("required")
    }
    url = path.removeprefix("/api/v1").format(**ids)
    return await person.ask(method, url, BODIES.get(path), params=query)
