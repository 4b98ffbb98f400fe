"""The server whose door is measured: the real one, with a route for strangers and its twin.

Run as `python -m bench.access_server`, with settings from the environment. Both routes answer the
same; one of them asks who is calling. A third opens sessions for the owners, without proof.
"""

import json
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select

from gesso.app.web import create_app
from gesso.domain import identity, sessions
from gesso.domain.identity import CallerDep, User
from gesso.infra.logs import set_up_logs
from gesso.infra.settings import Settings, load_settings
from gesso.infra.web import TxDep, mount, new_router

CARD: Final = "server.json"
OPEN, KNOWN, SESSIONS = "/bench/open", "/bench/known", "/bench/sessions"
router = new_router("bench", prefix="/bench")


@router.get("/open", response_class=Response)
async def answer_anybody() -> Response:
    """Answer."""
    return Response(b"{}", media_type="application/json")


@router.get("/known", response_class=Response)
async def answer_the_known(caller: CallerDep) -> Response:  # noqa: ARG001
    """Answer those who are known."""
    return Response(b"{}", media_type="application/json")


@router.get("/sessions", response_class=Response)
async def open_sessions(tx: TxDep, request: Request) -> Response:
    """Open a session for everybody; their access tokens."""
    channel = await identity.find_channel(tx, identity.LOCAL)
    visit, tokens = sessions.visit_of(request), []
    for user in (await tx.scalars(select(User).order_by(User.id))).all():
        opened = await sessions.begin(
            tx, user, identity_id=None, channel_id=channel.id, visit=visit
        )
        tokens.append(json.loads(bytes(sessions.answer(request, opened).body))["access_token"])
    return JSONResponse(tokens)


def main() -> None:
    """Serve until told to end."""
    settings = load_settings()
    set_up_logs(settings.log_level, settings.log_format)
    serve(settings, router)


def serve(settings: Settings, *routers: APIRouter) -> None:
    """The house's application with these routes beside its own."""
    app = create_app(settings, on_open=lambda: _announce(settings))
    mount(app, *routers)
    uvicorn.run(
        app, host=settings.server.host, port=settings.server.port, loop="uvloop",
        http="httptools", log_config=None, access_log=False, server_header=False,
    )  # fmt: skip


def _announce(settings: Settings) -> None:
    address = f"http://{settings.server.host}:{settings.server.port}"
    Path(settings.data_dir / CARD).write_text(json.dumps({"url": address}))


if __name__ == "__main__":
    main()
