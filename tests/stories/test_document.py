"""The OpenAPI document is the contract: complete, and the same every time on both databases."""

import json
import re
from typing import Any

import pytest

from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROUTES = {
    "POST /api/v1/tasks",
    "POST /api/v1/tasks/estimate",
    "GET /api/v1/tasks",
    "GET /api/v1/tasks/{task_id}",
    "PATCH /api/v1/tasks/{task_id}",
    "POST /api/v1/tasks/{task_id}/cancel",
    "POST /api/v1/tasks/{task_id}/retry",
    "GET /api/v1/tasks/{task_id}/jobs",
    "GET /api/v1/tasks/{task_id}/events",
    "GET /api/v1/events",
    "GET /api/v1/operations",
    "GET /api/v1/tasks/days",
    "POST /api/v1/tasks/bulk",
    "GET /api/v1/tasks/bulk/{run_id}",
    "GET /api/v1/jobs",
    "GET /api/v1/jobs/{job_id}",
    "GET /api/v1/holds",
    "GET /api/v1/overview",
    "GET /api/v1/overview/events",
    "GET /api/v1/wallet",
    "GET /api/v1/wallet/entries",
    "GET /api/v1/assets/{asset_id}",
    "GET /api/v1/assets/{asset_id}/content",
    "GET /api/v1/assets/{asset_id}/thumbnail",
    "GET /api/v1/providers",
    "GET /api/v1/queues",
    "PATCH /api/v1/queues/{name}",
    "GET /api/v1/workflows",
    "GET /api/v1/workflows/{name}",
    "GET /api/v1/workflows/{name}/template",
    "PUT /api/v1/workflows/{name}/template",
    "DELETE /api/v1/workflows/{name}/template",
    "GET /api/v1/workflows/{name}/versions",
    "GET /api/v1/inbox",
    "GET /api/v1/inbox/{push_id}",
    "GET /api/v1/models",
    "POST /api/v1/models",
    "GET /api/v1/models/{model_id}",
    "PATCH /api/v1/models/{model_id}",
    "GET /api/v1/registry/tasks",
    "GET /api/v1/registry/runs",
    "POST /api/v1/registry/runs",
    "GET /api/v1/registry/runs/{run_id}",
    "POST /api/v1/registry/runs/{run_id}/cancel",
    "GET /api/v1/registry/schedules",
    "POST /api/v1/registry/schedules",
    "GET /api/v1/registry/schedules/{schedule_id}",
    "PATCH /api/v1/registry/schedules/{schedule_id}",
    "DELETE /api/v1/registry/schedules/{schedule_id}",
    "GET /api/v1/keyring/keys",
    "POST /api/v1/keyring/keys",
    "GET /api/v1/keyring/keys/{key_id}",
    "PATCH /api/v1/keyring/keys/{key_id}",
    "DELETE /api/v1/keyring/keys/{key_id}",
    "POST /api/v1/keyring/keys/{key_id}/replace",
    "POST /api/v1/keyring/keys/{key_id}/rest",
    "POST /api/v1/keyring/keys/{key_id}/release",
    "GET /api/v1/keyring/keys/{key_id}/history",
    "POST /api/v1/keyring/rotate-master",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/logout",
    "GET /api/v1/me/sessions",
    "DELETE /api/v1/me/sessions",
    "DELETE /api/v1/me/sessions/{session_id}",
    "GET /.well-known/jwks.json",
    "GET /api/v1/clients",
    "POST /api/v1/clients",
    "POST /api/v1/clients/{client_id}/rotate",
    "DELETE /api/v1/clients/{client_id}",
    "POST /oauth/token",
    "GET /api/v1/config",
    "GET /health",
    "GET /health/live",
    "GET /health/ready",
}
"""What clients are promised; a route may be added, and none may go."""

TOKENS = "POST /oauth/token"

_seen: dict[str, str] = {}


async def document_of(home: Home) -> dict[str, Any]:
    """The document as it is served."""
    async with home.web.get("/openapi.json") as answer:
        return dict(await answer.json())


async def test_every_promised_route_is_there_and_tells_what_it_does(home: Home) -> None:
    document = await document_of(home)
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) >= ROUTES
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z_]+", name) for name in names)
    for name, operation in operations.items():
        assert operation["description"].strip().endswith("."), name
        for status, answer in operation["responses"].items():
            if name == TOKENS and status in {"400", "401"}:
                continue  # it speaks as RFC 6749 has it
            if status.startswith(("4", "5")) and status != "416":
                assert set(answer["content"]) == {"application/problem+json"}, (name, status)
    paid = operations["POST /api/v1/tasks"]["responses"]
    assert {"202", "400", "401", "402", "403", "409", "413", "415", "422", "503"} <= set(paid)


async def test_every_shape_has_a_name_of_its_own(home: Home) -> None:
    """Two classes of one name would both be called by their modules, in clients too."""
    shapes = (await document_of(home))["components"]["schemas"]
    assert [name for name in shapes if "__" in name] == []


async def test_what_is_not_possible_says_what_is(home: Home) -> None:
    document = await document_of(home)
    for path, methods in document["paths"].items():
        wrong = "PATCH" if "put" in methods else "PUT"
        async with home.web.request(wrong, re.sub(r"\{.*?\}", "x", path)) as answer:
            assert answer.status == 405, path
            allowed = {method.strip().lower() for method in answer.headers["Allow"].split(",")}
            assert allowed - {"head"} == set(methods), path


async def test_no_reference_leads_nowhere(home: Home) -> None:
    document = await document_of(home)
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])


async def test_the_document_is_the_same_every_time(home: Home) -> None:
    first, second = await document_of(home), await document_of(home)
    text = json.dumps(first)
    assert text == json.dumps(second)
    kind = home.db.engine.dialect.name
    _seen[kind] = text
    assert len(set(_seen.values())) == 1
