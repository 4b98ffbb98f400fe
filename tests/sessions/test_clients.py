"""Programs of a tenant: made by its admins, let in by a secret, and out within two seconds."""

import asyncio
import base64
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest
from sqlalchemy import select

from gesso.domain import clients, identity, sessions, wallet
from gesso.domain.clients import OAuthClient, routes
from gesso.domain.identity import Scope, User
from gesso.domain.identity import routes as identity_routes
from gesso.domain.signin import passwords
from gesso.infra.db import Database
from gesso.kit.ids import new_id, parse_id, public_id
from tests.domain.history import pass_time
from tests.domain.people import new_key
from tests.sessions.guesthouse import Guests, new_house, open_guesthouse
from tests.sessions.test_sessions import is_out

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
async def office(database_url: str, tmp_path: Any) -> Any:
    """A house with clients, and the key of an admin."""
    db = Database(database_url)
    async with open_guesthouse(
        new_house(db, tmp_path), routes.router, routes.token_router, identity_routes.key_router
    ) as open_:
        yield open_
    await db.close()


async def admin_of(office: Guests, role: str = "admin", tenant: str = "default") -> dict[str, str]:
    """The header of somebody in this role."""
    email = f"{role}@{tenant}.example.org"
    async with office.db.tx() as tx:
        user = await identity.create_user(tx, email, role=role, tenant=tenant)
    scope = {"operator": "operator", "user": "tasks:read"}.get(role, "admin")
    return {"Authorization": f"Bearer {await new_key(office.db, user, scope)}"}


async def ask(
    office: Guests, method: str, path: str, headers: dict[str, str], body: Any = None
) -> tuple[int, Any]:
    url = f"/api/v1/clients{path}"
    async with office.web.request(method, url, headers=headers, json=body) as answer:
        return answer.status, await answer.json() if answer.content_length else None


async def made(office: Guests, admin: dict[str, str], *scopes: str) -> dict[str, Any]:
    body = {"name": "a program", "scopes": scopes or ("tasks:read", "wallet:read")}
    status, client = await ask(office, "POST", "", admin, body)
    assert status == 201, client
    return dict(client)


async def token(
    office: Guests, fields: dict[str, str] | bytes, **headers: str
) -> tuple[int, dict[str, Any], Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with office.web.post("/oauth/token", data=fields, headers=sent) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, dict(await answer.json()), answer.headers


def proof(client: dict[str, Any]) -> dict[str, str]:
    return {"client_id": client["id"], "client_secret": client["client_secret"]}


def basic(client: dict[str, Any]) -> str:
    text = f"{quote_plus(client['id'])}:{quote_plus(client['client_secret'])}"
    return "Basic " + base64.b64encode(text.encode()).decode()


async def test_a_program_comes_in_by_its_secret(office: Guests) -> None:
    client = await made(office, await admin_of(office))
    by_post = await token(office, {**GRANT, **proof(client)})
    by_basic = await token(office, {**GRANT, "scope": "tasks:read"}, Authorization=basic(client))
    for (status, body, _), scope in ((by_post, "tasks:read wallet:read"), (by_basic, "tasks:read")):
        assert status == 200, body
        assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
        assert (body["token_type"], body["scope"]) == ("Bearer", scope)
        headers = {"Authorization": f"Bearer {body['access_token']}"}
        async with office.web.get("/api/v1/me", headers=headers) as answer:
            me = await answer.json()
        assert (me["id"], me["scopes"]) == (client["user_id"], scope.split())
    user_id = parse_id("user", client["user_id"])
    assert user_id is not None
    async with office.db.view() as view:
        purse = await wallet.of_owner(view, user_id)
        user = await view.scalar(select(User).where(User.id == purse.owner_id))
    assert user is not None
    assert user.email.endswith("@clients.invalid")


async def test_what_the_rfc_refuses_is_refused_in_its_words(office: Guests) -> None:
    client = await made(office, await admin_of(office))
    good = {**GRANT, **proof(client)}
    made_up = public_id("client", new_id())
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    cases: list[tuple[dict[str, str] | bytes, dict[str, str], int, str]] = [
        ({**good, "client_secret": "gcs_wrong"}, {}, 401, "invalid_client"),
        ({**good, "client_id": made_up}, {}, 401, "invalid_client"),
        ({**good, "client_id": "nonsense"}, {}, 401, "invalid_client"),
        (GRANT, {}, 401, "invalid_client"),
        (GRANT, {"Authorization": "Basic !"}, 401, "invalid_client"),
        (GRANT, {"Authorization": "Basic w6k="}, 401, "invalid_client"),
        (GRANT, {"Authorization": "Bearer x"}, 401, "invalid_client"),
        (good, {"Authorization": basic(client)}, 400, "invalid_request"),
        (proof(client), {}, 400, "invalid_request"),
        ({**good, "grant_type": "password"}, {}, 400, "unsupported_grant_type"),
        ({**good, "scope": "operator"}, {}, 400, "invalid_scope"),
        ({**good, "scope": "tasks:write"}, {}, 400, "invalid_scope"),
        ({**good, "scope": "what ever"}, {}, 400, "invalid_scope"),
        (b"grant_type=client_credentials&grant_type=x", form, 400, "invalid_request"),
        (b"grant_type=%ff&a", form, 400, "invalid_request"),
        (b"\xff", form, 400, "invalid_request"),
        (b"a=1&" * 50, form, 400, "invalid_request"),
        (b"", form, 401, "invalid_client"),
        (b"{}", {"Content_Type": "application/json"}, 400, "invalid_request"),
    ]
    for fields, headers, status, code in cases:
        got, body, sent = await token(office, fields, **headers)
        assert (got, body["error"]) == (status, code), (fields, headers, body)
        assert ("Basic" in sent.get("WWW-Authenticate", "")) is (status == 401)


async def test_a_secret_gives_way_to_the_next(office: Guests) -> None:
    admin = await admin_of(office)
    old = await made(office, admin)
    held = (await token(office, {**GRANT, **proof(old)}))[1]
    status, new = await ask(
        office, "POST", f"/{old['id']}/rotate", admin, {"overlap_seconds": 3600}
    )
    assert (status, new["id"]) == (200, old["id"])
    for each in (old, new):
        assert (await token(office, {**GRANT, **proof(each)}))[0] == 200
    pass_time(office.db, timedelta(seconds=3601))
    assert (await token(office, {**GRANT, **proof(old)}))[0] == 401
    held = (await token(office, {**GRANT, **proof(new)}))[1]
    status, last = await ask(office, "POST", f"/{old['id']}/rotate", admin, {"overlap_seconds": 0})
    assert status == 200
    assert (await token(office, {**GRANT, **proof(new)}))[0] == 401
    assert await is_out(office, held)
    held = (await token(office, {**GRANT, **proof(last)}))[1]
    assert (await ask(office, "DELETE", f"/{old['id']}", admin))[0] == 204
    assert await is_out(office, held)
    assert (await token(office, {**GRANT, **proof(last)}))[0] == 401
    assert (await ask(office, "DELETE", f"/{old['id']}", admin))[0] == 404
    assert (await ask(office, "GET", "", admin))[1]["items"] == []


async def test_a_program_is_no_person(office: Guests) -> None:
    scopes = ("keys:read", "keys:write", "tasks:read", "account:write")
    client = await made(office, await admin_of(office), *scopes)
    granted = {**GRANT, **proof(client), "scope": "keys:write tasks:read"}
    _, held, _ = await token(office, granted)
    headers = {"Authorization": f"Bearer {held['access_token']}"}

    async def told(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = f"/api/v1{path}"
        async with office.web.request(method, url, headers=headers, json=body) as answer:
            return answer.status, await answer.json()

    for method, path in (
        ("POST", "/auth/logout"), ("GET", "/me/sessions"), ("DELETE", "/me/sessions"),
    ):  # fmt: skip
        status, body = await told(method, path)
        assert (status, body["code"]) == (403, "session_needed"), path
    async with office.db.view() as view:
        row = (await view.scalars(select(OAuthClient))).one()
        caller = identity.Caller(
            row.user_id, row.tenant_id, identity.Role.USER, frozenset(), session_id=row.session_id
        )
        with pytest.raises(sessions.SessionNeeded):
            await passwords.require_fresh(view, caller)
    # What it makes opens no more and lives no longer than its token.
    for wish in ({"scopes": ["account:write"]}, {"expires_at": "never"}):
        body = {"name": "more", "scopes": ["tasks:read"], **wish}
        status, refused = await told("POST", "/api-keys", body)
        assert (status, refused["code"]) == (403, "key_too_weak"), wish
    status, key = await told("POST", "/api-keys", {"name": "less", "scopes": ["tasks:read"]})
    assert status == 201
    left = datetime.fromisoformat(key["expires_at"]) - office.db.now()
    assert left <= timedelta(minutes=11)


async def test_nothing_of_a_revoked_client_survives(office: Guests) -> None:
    admin = await admin_of(office)
    client = await made(office, admin, "keys:write", "tasks:read")
    user_id = parse_id("user", client["user_id"])
    assert user_id is not None
    async with office.db.tx() as tx:
        user = await identity.get_user(tx, user_id)
        channel = await identity.find_channel(tx, identity.LOCAL)
        await sessions.begin(
            tx, user, identity_id=None, channel_id=channel.id, visit=sessions.Visit("", "")
        )
    key = await new_key(office.db, user, "tasks:read")
    assert (await ask(office, "DELETE", f"/{client['id']}", admin))[0] == 204
    async with office.db.view() as view:
        assert await identity.authenticate(view, [key]) == [None]
        ends = select(sessions.Session.ended_at).where(sessions.Session.user_id == user_id)
        assert None not in (await view.scalars(ends)).all()


async def test_clients_belong_to_their_tenant(office: Guests) -> None:
    ours, theirs = await admin_of(office), await admin_of(office, "owner", "elsewhere")
    client = await made(office, ours)
    assert (await ask(office, "GET", "", theirs))[1]["items"] == []
    assert [each["id"] for each in (await ask(office, "GET", "", ours))[1]["items"]] == [
        client["id"]
    ]
    for wrong in (client["id"], "nonsense"):
        assert (await ask(office, "DELETE", f"/{wrong}", theirs))[0] == 404
        assert (await ask(office, "POST", f"/{wrong}/rotate", theirs, {}))[0] == 404
    for role in ("operator", "user"):
        somebody = await admin_of(office, role)
        assert (await ask(office, "GET", "", somebody))[0] == 403
        assert (await ask(office, "POST", "", somebody, {"name": "x", "scopes": ["tasks:read"]}))[
            0
        ] == 403


async def test_a_client_never_runs_the_house(office: Guests) -> None:
    admin = await admin_of(office)
    for scopes, status in ((["operator"], 422), ([], 422), (["nonsense"], 422)):
        body = {"name": "a program", "scopes": scopes}
        assert (await ask(office, "POST", "", admin, body))[0] == status
    async with office.db.tx() as tx:
        tenant = await tx.scalar(select(identity.Tenant.id))
        assert tenant is not None
        for wrong in ("", " ", "x" * 101):
            with pytest.raises(clients.BadClient):
                await clients.create(tx, tenant, name=wrong, scopes=[Scope.TASKS_READ])


async def test_no_secret_stands_in_the_database(office: Guests) -> None:
    client = await made(office, await admin_of(office))
    async with office.db.view() as view:
        row = await view.scalar(select(OAuthClient))
    assert row is not None
    assert client["client_secret"] not in str(vars(row))


async def test_of_many_rotations_at_once_one_secret_is_the_last(office: Guests) -> None:
    admin = await admin_of(office)
    client = await made(office, admin)
    path = f"/{client['id']}/rotate"
    body = {"overlap_seconds": 3600}
    answers = await asyncio.gather(*[ask(office, "POST", path, admin, body) for _ in range(8)])
    issued = [body for status, body in answers if status == 200]
    assert {status for status, _ in answers} <= {200, 409}
    good = [(await token(office, {**GRANT, **proof(each)}))[0] for each in issued]
    assert good.count(200) in (1, 2)
