"""Somebody who leaves, and a house that can lose its power at any moment of it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gesso.app.accounts import open_account
from gesso.domain import account, inbox, media, wallet
from gesso.domain.account.service import prefer
from gesso.domain.identity import Caller, Erasure, Role, User
from gesso.domain.tasks.tables import Attempt
from gesso.infra.db import Database, Tx, moment
from gesso.infra.settings import Settings
from gesso.infra.storage.local import LocalStorage
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from gesso.migrations.main.schema import metadata
from tests.domain.shop import Shop, open_shop
from tests.domain.traces import leave_traces

CANARY = "canary"


class PowerCut(Exception):
    """The process dies here."""


class Fuse:
    """Blows before the n-th thing that would stay."""

    def __init__(self, blows_at: int | None = None) -> None:
        self.left = blows_at

    def pull(self) -> None:
        """One thing is about to be done."""
        if self.left is not None:
            if self.left == 0:
                raise PowerCut
            self.left -= 1


class FusedDatabase:
    """The database, as long as there is power."""

    def __init__(self, db: Database, fuse: Fuse) -> None:
        self._db, self._fuse = db, fuse

    @asynccontextmanager
    async def tx(self, **options: Any) -> AsyncIterator[Tx]:
        """A transaction; the power may go before it is committed."""
        async with self._db.tx(**options) as tx:
            yield tx
            self._fuse.pull()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


class FusedStorage(LocalStorage):
    """The storage, as long as there is power."""

    def __init__(self, root: Path, fuse: Fuse) -> None:
        super().__init__(root)
        self._fuse = fuse

    async def delete(self, key: str) -> None:
        """Delete; the power may go before."""
        self._fuse.pull()
        await super().delete(key)


@dataclass
class Place:
    """A house as far as erasing needs it."""

    shop: Shop
    settings: Settings
    fuse: Fuse

    @property
    def menu(self) -> Any:
        return self.shop.menu

    @property
    def db(self) -> Any:
        return FusedDatabase(self.shop.db, self.fuse)

    @property
    def storage(self) -> FusedStorage:
        return FusedStorage(self.settings.data_dir / "media", self.fuse)

    @property
    def media(self) -> list[str]:
        """What is stored."""
        root = self.settings.data_dir / "media"
        return [each.name for each in root.rglob("*") if each.is_file()]

    @contextmanager
    def as_somebody(self, user: User) -> Iterator[None]:
        """Orders are theirs for the block."""
        before = self.shop.caller
        self.shop.caller = Caller(user.id, user.tenant_id, Role.USER, frozenset(), new_id())
        yield
        self.shop.caller = before


@asynccontextmanager
async def open_place(url: str, folder: Path) -> AsyncIterator[Place]:
    """A place with a shop that is in order when it closes."""
    settings = Settings.model_validate({"data_dir": folder, "account": {"erasure_grace": 0}})
    async with open_shop(url) as shop:
        yield Place(shop, settings, Fuse())


async def content(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def settled_in(place: Place) -> User:
    """Somebody with one task that is made, one that waits, and words everywhere."""
    shop, db = place.shop, place.shop.db
    async with db.tx() as tx:
        user = await open_account(tx, f"{CANARY}{new_id().hex}@example.org", amount=9 * CREDIT)
        purse = await wallet.of_owner(tx, user.id)
        await wallet.grant(tx, purse.id, CREDIT, memo=CANARY)
        await prefer(tx, user.id, user.tenant_id, {"x": CANARY}, rev=None)
        await leave_traces(tx, user, CANARY)
        tx.add(media.Upload(**_killed(user), created_at=moment(tx)))
    with place.as_somebody(user):
        made = await shop.order(prompt=CANARY, key=new_id().hex)
        [job] = await shop.begin()
        await shop.deliver(job)
        await shop.order(prompt=CANARY)
    await place.storage.put(str(job.job_id), content(CANARY.encode()), limit=100)
    await place.storage.put(f"scratch/{job.job_id}/x", content(CANARY.encode()), limit=100)
    await place.storage.put(f"{CANARY}-{user.id}", content(CANARY.encode()), limit=100)
    async with db.tx() as tx:
        attempt = await tx.scalar(select(Attempt.id).where(Attempt.job_id == job.job_id))
        assert attempt is not None
        push = inbox.New("studio", attempt, made, "signed", {}, CANARY.encode())
        await inbox.store(tx, [push])
    return user


def _killed(user: User) -> dict[str, Any]:
    """An upload whose process was killed, long ago."""
    return {
        "id": new_id(),
        "tenant_id": user.tenant_id,
        "owner_id": user.id,
        "size": 6,
        "key": f"{CANARY}-{user.id}",
        "seen_at": datetime(2026, 1, 1, tzinfo=UTC),
        "is_given_up": False,
    }


async def asked(place: Place, user: User) -> Erasure:
    """Their wish to be forgotten."""
    async with place.shop.db.tx() as tx:
        return await account.ask_erasure(tx, user.id, by="self")


async def words_left(db: Database) -> list[str]:
    """Tables in which the canary still stands."""
    left = []
    async with db.view() as view:
        for table in metadata.sorted_tables:
            rows = (await view.execute(select(table))).all()
            if any(CANARY in str(cell) for row in rows for cell in row):
                left.append(table.name)
    return left
