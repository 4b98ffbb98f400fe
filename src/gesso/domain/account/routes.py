"""One's own account over HTTP: what one prefers, all that there is of one, and its end."""

from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Final, cast

from fastapi import Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from gesso.domain import identity, registry, sessions
from gesso.domain.account import service
from gesso.domain.account.errors import (
    ExportRunning,
    NoSuchErasure,
    PreferencesTooLarge,
    ProofNeeded,
    RevMismatch,
)
from gesso.domain.account.export import export
from gesso.domain.account.receipts import CONFIRMED_FOR
from gesso.domain.account.tables import Preferences
from gesso.domain.account.wire import (
    AccountHouse,
    ConfirmationOut,
    ErasureOut,
    ExportQuery,
    Kept,
    PreferencesIn,
    PreferencesOut,
    erasure_out,
)
from gesso.domain.identity import Caller, CallerDep, Scope, require
from gesso.infra.db import Tx, beyond_tenant, moment
from gesso.infra.errors import Conflict
from gesso.infra.web import TxDep, ViewDep, house_of, new_router, problems

router = new_router("account")

ERASE: Final = "gesso.erase"
"""The registered function that works erasures off."""

ReaderDep = Annotated[Caller, require(Scope.ACCOUNT_READ)]
WriterDep = Annotated[Caller, require(Scope.ACCOUNT_WRITE)]
FilesQuery = Annotated[bool, Query(description="The files themselves too, not only links to them.")]
ConfirmationHeader = Annotated[
    str | None,
    Header(
        alias="Gesso-Confirmation",
        max_length=128,
        description="From `POST /me/erasure-confirmation`; not needed right after a sign-in.",
    ),
]


@router.get("/me/preferences", response_model_exclude_unset=True)
async def get_preferences(view: ViewDep, caller: CallerDep) -> PreferencesOut:
    """Show what is remembered for whoever is calling."""
    return _preferences(await service.preferences(view, caller.user_id))


@router.put(
    "/me/preferences",
    response_model_exclude_unset=True,
    responses=problems(PreferencesTooLarge, RevMismatch),
)
async def put_preferences(tx: TxDep, caller: WriterDep, wish: PreferencesIn) -> PreferencesOut:
    """Remember these in place of what was. `gesso` is for our own pages; apps agree among
    themselves on what stands beside it.
    """
    preferences = wish.preferences.model_dump(mode="json", exclude_unset=True)
    kept = await service.prefer(tx, caller.user_id, caller.tenant_id, preferences, rev=wish.rev)
    return _preferences(kept)


@router.get(
    "/me/export",
    response_class=StreamingResponse,
    responses={
        200: {"description": "A zip file.", "content": {"application/zip": {}}},
        **problems(ExportRunning),
    },
)
async def export_account(
    request: Request,
    caller: ReaderDep,
    wish: Annotated[ExportQuery, Query()],
) -> StreamingResponse:
    """Hand over all that there is of whoever is calling, as a zip that is made while it is sent."""
    house = cast(AccountHouse, house_of(request))
    async with house.db.tx(tenant=caller.tenant_id) as tx:
        user = await identity.get_user(tx, caller.user_id)
        holder = await service.begin_export(tx, user.id, user.tenant_id)
    return StreamingResponse(
        export(house, user, holder, with_files=wish.files),
        media_type="application/zip",
        headers={
            "Content-Disposition": 'attachment; filename="gesso-export.zip"',
            "Cache-Control": "no-store",
        },
    )


@router.post("/me/erasure-confirmation", status_code=201, responses=problems(ProofNeeded))
async def confirm_erasure(request: Request, view: ViewDep, caller: WriterDep) -> ConfirmationOut:
    """Ask for what confirms, within ten minutes, that this account is to be ended for ever."""
    now = moment(view)
    if caller.key_id is None and not _is_fresh(view, caller):
        raise ProofNeeded("Sign in again first: this cannot be undone.")
    receipts = cast(AccountHouse, house_of(request)).receipts
    confirmation, expires_at = receipts.confirmation(caller.user_id, now)
    return ConfirmationOut(confirmation=confirmation, expires_at=expires_at)


@router.delete("/me", status_code=202, responses=problems(ProofNeeded))
async def erase_account(
    request: Request,
    response: Response,
    tx: TxDep,
    caller: WriterDep,
    confirmation: ConfirmationHeader = None,
) -> ErasureOut:
    """End the account for ever. Nobody comes in with it from now on; what runs is stopped and
    settled, and then all that was asked and made is erased. Keep the receipt: nothing else leads
    back here.
    """
    house = cast(AccountHouse, house_of(request))
    is_confirmed = confirmation is not None and house.receipts.confirms(
        confirmation, caller.user_id, moment(tx)
    )
    if not (is_confirmed or _is_fresh(tx, caller)):
        raise ProofNeeded("Confirm it first, or sign in again: this cannot be undone.")
    gone = await service.ask_erasure(tx, caller.user_id, by="self")
    await _hasten(tx, house)
    sessions.take_cookies_back(request, response)
    return erasure_out(gone, house.receipts)


@router.get("/erasures/{receipt}", responses=problems(NoSuchErasure))
async def get_erasure(
    request: Request, view: ViewDep, receipt: Annotated[str, Path(max_length=128)]
) -> ErasureOut:
    """Tell how far an erasure has come. The receipt is the permission; no key is asked for."""
    receipts = cast(AccountHouse, house_of(request)).receipts
    known = receipts.erasure_of(receipt)
    gone = await service.find_erasure(view, known) if known else None
    if gone is None:
        raise NoSuchErasure("This is no receipt of ours.")
    return erasure_out(gone, receipts)


async def _hasten(tx: Tx, house: AccountHouse) -> None:
    """Have somebody begin at once; the schedule would, within a minute. Runs are the house's, and
    this one says nothing of whom it is for.
    """
    function = house.functions[ERASE]
    wish = registry.Wish(function=function.name, arguments={})
    with suppress(Conflict):
        async with beyond_tenant(tx):
            await registry.ask(tx, function, wish)


def _is_fresh(view: ViewDep, caller: Caller) -> bool:
    """Whether somebody signed in a moment ago."""
    if not caller.is_person or caller.proved_at is None:
        return False
    return moment(view) - caller.proved_at < timedelta(seconds=CONFIRMED_FOR)


def _preferences(kept: Preferences | None) -> PreferencesOut:
    if kept is None:
        return PreferencesOut(preferences=Kept(), rev=0, updated_at=None)
    preferences = Kept.model_validate(kept.data)
    return PreferencesOut(preferences=preferences, rev=kept.rev, updated_at=kept.updated_at)
