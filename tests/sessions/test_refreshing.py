"""Refresh tokens against a model of them: one way forward, ten seconds to ask again, and a copy
that is used ends the session.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, text

from gesso.domain import identity, sessions
from gesso.domain.events import Event
from gesso.domain.sessions import (
    BadRefreshToken,
    Opened,
    RefreshToken,
    Session,
    TokenReused,
    TooSoon,
    Visit,
)
from gesso.infra.db import Database
from gesso.kit.ids import new_id
from tests.domain.history import pass_time
from tests.domain.people import newcomer
from tests.sessions.guesthouse import GuestHouse, Guests, new_house

HERE = Visit("192.0.2.1", "a test")
OVER = timedelta(days=30)


@dataclass
class Family:
    """What the model thinks of one session."""

    began: datetime
    tokens: list[str]
    used: list[datetime] = field(default_factory=list)
    is_dead: bool = False


class Families(RuleBasedStateMachine):
    """Two sessions and every token that they ever had; each step is a real transaction."""

    def __init__(self, house: GuestHouse, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        super().__init__()
        self.house, self.db, self.run = house, house.db, run
        self.families: list[Family] = []
        self.reused = 0

    @initialize()
    def people(self) -> None:
        self.user = self.run(newcomer(self.db, f"{new_id()}@example.org"))
        for _ in range(2):
            opened, began = self.run(self._begin())
            self.families.append(Family(began, [opened.refresh_token]))

    async def _begin(self) -> tuple[Opened, datetime]:
        async with self.db.tx() as tx:
            channel = await identity.find_channel(tx, identity.LOCAL)
            opened = await sessions.begin(
                tx, self.user, identity_id=None, channel_id=channel.id, visit=HERE
            )
        return opened, opened.expires_at - OVER

    @rule(whose=st.integers(0, 1), back=st.integers(0, 4))
    def use(self, whose: int, back: int) -> None:
        """Use the newest token, or one of those before it."""
        family = self.families[whose]
        place = max(0, len(family.tokens) - 1 - back)
        now = self.db.now()
        answer = self.run(self._use(family.tokens[place]))
        if family.is_dead or now >= family.began + OVER:
            assert isinstance(answer, BadRefreshToken)
        elif isinstance(answer, TooSoon):
            assert place == len(family.tokens) - 1
            assert now - family.used[-1] < timedelta(seconds=5.1)
        elif place == len(family.tokens) - 1:
            assert not family.used or now - family.used[-1] > timedelta(seconds=4.9)
            assert isinstance(answer, Opened)
            assert answer.refresh_token not in family.tokens
            family.tokens.append(answer.refresh_token)
            family.used.append(now)
        elif place == len(family.tokens) - 2 and now - family.used[place] < timedelta(seconds=10):
            assert isinstance(answer, Opened)
            assert answer.refresh_token == family.tokens[-1]
        else:
            assert isinstance(answer, TokenReused)
            family.is_dead = True
            self.reused += 1

    async def _use(self, token: str) -> object:
        try:
            async with self.db.tx() as tx:
                return await sessions.refresh(tx, self.house.mint, token, HERE)
        except TooSoon as too_soon:
            return too_soon

    @rule(seconds=st.sampled_from([1.0, 8.5, 11.0, 3600.0, 86_400.0 * 12]))
    def wait(self, seconds: float) -> None:
        pass_time(self.db, timedelta(seconds=seconds))

    @rule()
    def guess(self) -> None:
        made_up = self.families[0].tokens[0][:-1] + "~"
        assert isinstance(self.run(self._use(made_up)), BadRefreshToken)

    def teardown(self) -> None:
        """The rows say the same, and each copy that was used is told."""
        if not self.families:
            return
        for family, rows in zip(self.families, self.run(self._rows()), strict=False):
            assert [row.generation for row in rows] == [*range(1, len(family.tokens) + 1)]
            assert [row.used_at is None for row in rows] == [False] * (len(rows) - 1) + [True]
        assert self.run(self._told()) == self.reused

    async def _rows(self) -> list[list[RefreshToken]]:
        async with self.db.view() as view:
            mine = select(Session.id).where(Session.user_id == self.user.id).order_by(Session.id)
            ids = (await view.scalars(mine)).all()
            links = select(RefreshToken).order_by(RefreshToken.generation)
            return [
                list((await view.scalars(links.where(RefreshToken.session_id == each))).all())
                for each in ids
            ]

    async def _told(self) -> int:
        async with self.db.view() as view:
            told = select(func.count()).select_from(Event)
            of_mine = told.where(Event.stream_id == self.user.id, Event.type == "session.ended")
            return int(await view.scalar(of_mine) or 0)


@contextmanager
def a_loop() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs coroutines one after another."""
    with asyncio.Runner() as runner:
        yield runner.run


def test_a_family_of_tokens_is_what_its_model_is(database_url: str, tmp_path: Path) -> None:
    profile = settings(
        max_examples=10,
        stateful_step_count=25,
        deadline=None,
        phases=(Phase.generate,),  # time has passed in the database: nothing can be replayed
        suppress_health_check=list(HealthCheck),
    )
    with a_loop() as run:
        db = Database(database_url)
        house = new_house(db, tmp_path)

        async def open_door() -> None:
            async with db.tx() as tx:
                await identity.ensure_local(tx)

        run(open_door())
        try:
            run_state_machine_as_test(lambda: Families(house, run), settings=profile)  # type: ignore[arg-type]
        finally:
            run(db.close())


async def test_fifty_at_once_get_one_successor(guests: Guests) -> None:
    await guests.guest()
    token = (await guests.sign_in())["refresh_token"]

    async def use() -> dict[str, Any]:
        body = {"refresh_token": token}
        async with guests.web.post("/api/v1/auth/refresh", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    answers = await asyncio.gather(*[use() for _ in range(50)])
    assert len({answer["refresh_token"] for answer in answers}) == 1
    async with guests.db.view() as view:
        assert await view.scalar(select(func.count()).select_from(RefreshToken)) == 2


async def test_no_token_stands_in_the_database(guests: Guests) -> None:
    await guests.guest()
    shown = [(await guests.sign_in())["refresh_token"]]
    for _ in range(3):
        pass_time(guests.db, timedelta(seconds=5))
        body = {"refresh_token": shown[-1]}
        async with guests.web.post("/api/v1/auth/refresh", json=body) as answer:
            shown.append((await answer.json())["refresh_token"])
    async with guests.db.view() as view:
        for table in ("refresh_token", "user_session", "event"):
            everything = str((await view.execute(text(f"select * from {table}"))).all())
            assert everything != "[]" or table == "event"
            for token in shown:
                assert token.removeprefix("gsr_") not in everything


async def test_a_session_goes_on_once_in_five_seconds(guests: Guests) -> None:
    await guests.guest()
    token = (await guests.sign_in())["refresh_token"]

    async def use(token: str) -> tuple[int, Any, Any]:
        body = {"refresh_token": token}
        async with guests.web.post("/api/v1/auth/refresh", json=body) as answer:
            return answer.status, await answer.json(), answer.headers.get("Retry-After")

    _, first, _ = await use(token)
    status, told, wait = await use(first["refresh_token"])
    assert (status, told["code"]) == (429, "rate_limited")
    assert 1 <= int(wait) <= 5
    assert (await use(token))[1]["refresh_token"] == first["refresh_token"]
    pass_time(guests.db, timedelta(seconds=5))
    assert (await use(first["refresh_token"]))[0] == 200
