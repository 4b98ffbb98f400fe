"""The endpoints of clients: kept by the tenant's admins, and the door where they get tokens."""

from datetime import datetime, timedelta
from typing import Annotated, cast
from uuid import UUID

from fastapi import Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from gesso.domain import auditlog
from gesso.domain.clients import oauth, service
from gesso.domain.clients.errors import (
    BadClient,
    ClientChanged,
    NoSuchClient,
    TooManyClients,
)
from gesso.domain.clients.tables import OAuthClient
from gesso.domain.identity import AdminDep, Role, Scope
from gesso.domain.sessions import SessionHouse
from gesso.infra.db import Tx
from gesso.infra.web import Page, PageDep, TxDep, ViewDep, house_of, new_router, problems
from gesso.kit.ids import parse_id, public_id

router = new_router("clients")
token_router = new_router("clients", prefix="/oauth")

ClientPath = Annotated[str, Path(max_length=64, description="A client's id.")]


class ClientIn(BaseModel):
    """A new client."""

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Scope] = Field(min_length=1, description="What its tokens may be used for.")


class RotateIn(BaseModel):
    """How a secret gives way to the next."""

    overlap_seconds: int = Field(
        86_400,
        ge=0,
        le=int(service.LONGEST_OVERLAP.total_seconds()),
        description="For which the old one stays good; 0 ends its access tokens too.",
    )


class ClientOut(BaseModel):
    """A program of the tenant."""

    id: str = Field(description="Its `client_id`.")
    name: str
    scopes: list[Scope]
    user_id: str = Field(description="The user by whom its work is done, whose wallet pays.")
    created_at: datetime
    rotated_at: datetime | None
    old_secret_until: datetime | None


class IssuedOut(ClientOut):
    """The same with its secret, which is shown this once."""

    client_secret: str


class TokenOut(BaseModel):
    """An access token of a client (RFC 6749, section 5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class OAuthProblem(BaseModel):
    """A refusal of the token endpoint (RFC 6749, section 5.2)."""

    error: str
    error_description: str


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            oauth.FORM: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "grant_type": {"type": "string", "enum": [oauth.GRANT]},
                        "scope": {"type": "string"},
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string"},
                    },
                    "required": ["grant_type"],
                }
            }
        },
    }
}


@router.post("/clients", status_code=201, responses=problems(BadClient, TooManyClients))
async def create_client(request: Request, tx: TxDep, admin: AdminDep, body: ClientIn) -> IssuedOut:
    """Make a client; its secret is shown in this answer and never again."""
    issued = await service.create(tx, admin.tenant_id, name=body.name, scopes=body.scopes)
    details = {"name": issued.client.name, "scopes": issued.client.scopes}
    await _note(tx, request, "client.create", issued.client.id, **details)
    return _issued(issued)


@router.get("/clients")
async def list_clients(view: ViewDep, admin: AdminDep, page: PageDep) -> Page[ClientOut]:
    """List the tenant's clients, the newest first."""
    after = page.after(UUID)
    rows = await service.page(
        view, admin.tenant_id, before=after[0] if after else None, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, lambda row: (row.id,))
    return Page(items=[_shown(row) for row in kept], next_cursor=cursor)


@router.post("/clients/{client_id}/rotate", responses=problems(NoSuchClient, ClientChanged))
async def rotate_client(
    request: Request, tx: TxDep, admin: AdminDep, client_id: ClientPath, body: RotateIn
) -> IssuedOut:
    """Give a client a new secret; the old one stays good for a while."""
    overlap = timedelta(seconds=body.overlap_seconds)
    issued = await service.rotate(tx, admin.tenant_id, _id(client_id), overlap=overlap)
    await _note(
        tx, request, "client.rotate", issued.client.id, overlap_seconds=body.overlap_seconds
    )
    return _issued(issued)


@router.delete("/clients/{client_id}", status_code=204, responses=problems(NoSuchClient))
async def revoke_client(
    request: Request, tx: TxDep, admin: AdminDep, client_id: ClientPath
) -> None:
    """Take a client back; within two seconds it opens nothing."""
    await service.revoke(tx, admin.tenant_id, _id(client_id))
    await _note(tx, request, "client.revoke", _id(client_id))


@token_router.post(
    "/token",
    response_model=TokenOut,
    response_class=JSONResponse,
    responses={400: {"model": OAuthProblem}, 401: {"model": OAuthProblem}},
    openapi_extra=_FORM,
)
async def issue_token(request: Request) -> Response:
    """Give a client an access token for its secret (RFC 6749, section 4.4)."""
    try:
        return await _token(request)
    except oauth.Denied as denied:
        return oauth.refusal(denied)


async def _token(request: Request) -> Response:
    house = cast(SessionHouse, house_of(request))
    wish = oauth.read(request.headers, await request.body())
    async with house.db.view() as view:
        client = await service.authenticate(view, wish.client_id, wish.secret)
    if client is None:
        raise oauth.Denied("invalid_client", "no client has this id and this secret")
    usable = {Scope(str(scope)) for scope in client.scopes}
    if not wish.scopes <= usable:
        raise oauth.Denied("invalid_scope", "this client does not have all of these scopes")
    scopes = {scope for scope in usable if scope in wish.scopes} or usable
    token, expires_at = house.mint.sign(
        session_id=client.session_id,
        user_id=client.user_id,
        tenant_id=client.tenant_id,
        role=Role.USER,
        scopes=scopes,
    )
    seconds = int((expires_at - house.db.now()).total_seconds())
    return oauth.granted(token, seconds=seconds, scopes=scopes)


async def _note(tx: Tx, request: Request, action: str, client_id: UUID, **details: object) -> None:
    subject = public_id("client", client_id)
    await auditlog.note(tx, auditlog.actor(request), action, subject, details)


def _id(text: str) -> UUID:
    found = parse_id("client", text)
    if found is None:
        raise NoSuchClient("There is no such client.")
    return found


def _facts(client: OAuthClient) -> dict[str, object]:
    return {
        "id": public_id("client", client.id),
        "name": client.name,
        "scopes": client.scopes,
        "user_id": public_id("user", client.user_id),
        "created_at": client.created_at,
        "rotated_at": client.rotated_at,
        "old_secret_until": client.old_until,
    }


def _shown(client: OAuthClient) -> ClientOut:
    return ClientOut.model_validate(_facts(client))


def _issued(issued: service.Issued) -> IssuedOut:
    return IssuedOut.model_validate({**_facts(issued.client), "client_secret": issued.secret})
