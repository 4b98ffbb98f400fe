"""Hands: how many items of which lane one process has at once."""

import asyncio
from collections.abc import Sequence

from gesso.work import Duty, Hands, Look, Ticket


async def _nothing(_look: Look) -> Sequence[str]:
    return ()


async def _none(_claims: Sequence[str], _again: bool) -> Sequence[str]:  # noqa: FBT001  # a Duty's own signature
    return ()


async def _forget(_items: Sequence[str]) -> None:
    return


def _duty(over: dict[str, asyncio.Event], share: float) -> Duty[str]:
    """Items named after their lanes, each done when its event is set."""

    async def do(item: str) -> None:
        await over[item].wait()

    return Duty(
        "chores", ("chores",), _nothing, do, kinds=("chore",),
        ticket=lambda item: Ticket(item.split()[0], "chore", item),
        redeem=_none, put_back=_forget, share=share,
    )  # fmt: skip


async def test_a_lane_that_has_its_share_is_closed_until_a_quarter_of_that_is_free() -> None:
    red, blue = [f"red {number}" for number in range(8)], [f"blue {number}" for number in range(4)]
    over = {item: asyncio.Event() for item in (*red, *blue)}
    hands, duty, woken = Hands("me", most=16), _duty(over, 0.5), asyncio.Event()
    hands.report_to(lambda _duty: woken.set())
    await hands.take(duty, red[:6])
    assert (list(hands.closed(duty)), hands.room(duty)) == ([], 2)
    await hands.take(duty, red[6:])
    assert (list(hands.closed(duty)), hands.room(duty)) == (["red"], 8)
    await hands.take(duty, blue)
    assert (list(hands.closed(duty)), hands.room(duty)) == (["red"], 4)
    over[red[0]].set()
    await asyncio.sleep(0.01)
    assert not woken.is_set()
    over[red[1]].set()
    async with asyncio.timeout(10):
        await woken.wait()
    assert (list(hands.closed(duty)), hands.room(duty)) == ([], 2)
    for each in over.values():
        each.set()
    await hands.stop(until=asyncio.get_running_loop().time() + 10)
    assert hands.room(duty) == 8


async def test_a_duty_that_is_not_shared_out_may_have_every_hand_on_one_lane() -> None:
    over = {f"red {number}": asyncio.Event() for number in range(4)}
    hands, duty, woken = Hands("me", most=4), _duty(over, 1.0), asyncio.Event()
    hands.report_to(lambda _duty: woken.set())
    await hands.take(duty, list(over))
    assert (list(hands.closed(duty)), hands.room(duty)) == ([], 0)
    over["red 0"].set()
    async with asyncio.timeout(10):
        await woken.wait()
    assert hands.room(duty) == 1
    for each in over.values():
        each.set()
    await hands.stop(until=asyncio.get_running_loop().time() + 10)
