"""What every provider goes through: a whole job and whatever can befall it, by the public API."""

from collections.abc import Sequence

import pytest

from gesso.simulators import Fate
from tests.house.person import until
from tests.providers.case import Case, cases
from tests.providers.conftest import Trade

pytestmark = pytest.mark.asyncio(loop_scope="session")


def only(some: Sequence[Case]) -> pytest.MarkDecorator:
    """The story is one of these cases alone."""
    ids = [case.id for case in some]
    return pytest.mark.parametrize("case", some, ids=ids, indirect=True, scope="session")


async def test_a_job_is_made_delivered_and_paid(trade: Trade) -> None:
    anna = await trade.home.person()
    done = await anna.wait(await trade.order(anna, "a ceramic owl"))
    assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
    assert [output["kind"] for output in done["outputs"]] == [trade.case.kind]
    (made,) = trade.simulator.of("a ceramic owl")
    assert made.state == "done"


async def test_a_job_is_finished_by_polls_alone(trade: Trade) -> None:
    anna = await trade.home.person()
    trade.simulator.plan("no news", Fate(pushes=0, seconds=0.5))
    done = await anna.wait(await trade.order(anna, "no news"), seconds=60)
    assert done["status"] == "completed", done
    assert len(trade.simulator.of("no news")) == 1


async def test_a_lost_answer_makes_no_second_render(trade: Trade) -> None:
    anna = await trade.home.person()
    trade.simulator.plan("lost", Fate(loses_answer=True))
    task = await trade.order(anna, "lost")
    await until(lambda: len(trade.simulator.of("lost")) == 1)
    if trade.case.adapter.offers.lookup or trade.case.adapter.offers.push:
        assert (await anna.wait(task, seconds=60))["status"] == "completed"
    else:
        (job,) = await anna.jobs(task)
        assert job["status"] in {"submitting", "unknown"}, job
    assert len(trade.simulator.of("lost")) == 1


async def test_a_busy_provider_is_asked_again_and_bills_once(trade: Trade) -> None:
    anna = await trade.home.person()
    trade.simulator.plan("busy", Fate(status=429, takes=False, retry_after=0))
    done = await anna.wait(await trade.order(anna, "busy"))
    assert done["status"] == "completed", done
    assert len(trade.simulator.of("busy")) == 1


async def test_a_refused_input_costs_nothing(trade: Trade) -> None:
    anna = await trade.home.person()
    trade.simulator.plan("nonsense", Fate(status=400, takes=False))
    ended = await anna.wait(await trade.order(anna, "nonsense"))
    assert (ended["status"], ended["cost"]["charged"]) == ("failed", "0"), ended
    assert ended["error"]["code"] == "invalid_input", ended
    assert trade.simulator.of("nonsense") == []


@only([case for case in cases() if case.policy is not None])
async def test_refused_content_is_called_that(trade: Trade) -> None:
    policy = trade.case.policy
    refused = Fate(status=400, error=policy, takes=False)
    trade.simulator.plan("shocking", refused if trade.case.policy_refuses else Fate(fails=policy))
    anna = await trade.home.person()
    ended = await anna.wait(await trade.order(anna, "shocking"))
    assert (ended["status"], ended["cost"]["charged"]) == ("failed", "0"), ended
    assert ended["error"]["code"] == "content_policy", ended


@only([case for case in cases() if case.kind != "value" and not case.at_once])
async def test_a_result_that_is_gone_costs_nothing(trade: Trade) -> None:
    trade.simulator.plan("expired", Fate(file="gone"))
    anna = await trade.home.person()
    ended = await anna.wait(await trade.order(anna, "expired"), seconds=60)
    assert (ended["status"], ended["cost"]["charged"]) == ("failed", "0"), ended
    assert ended["error"]["code"] == "result_expired", ended


async def test_what_is_not_wanted_any_more_is_cancelled(trade: Trade) -> None:
    anna = await trade.home.person()
    trade.simulator.plan("endless", Fate(seconds=None))
    task = await trade.order(anna, "endless")
    at_work = "submitting" if trade.case.at_once else "running"
    await anna.see(task, lambda now: now["outputs"][0]["status"] == at_work)
    assert (await anna.ask("POST", f"/tasks/{task['id']}/cancel")).status == 200
    if not trade.case.stops:
        assert (await anna.wait(task))["status"] in {"completed", "cancelled"}
    elif trade.case.adapter.offers.cancel and not trade.case.at_once:
        ended = await anna.wait(task)
        assert (ended["status"], ended["cost"]["charged"]) == ("cancelled", "0"), ended
        assert trade.simulator.of("endless")[0].state == "cancelled"
    else:
        seen = await anna.task(task)
        assert seen["cancel_requested"], seen


MANNERS = {(case.adapter, case.at_once): case for case in reversed(cases())}
"""One case of each provider, and of each way in which it works."""


@only([case for case in cases() if case in MANNERS.values()])
async def test_what_has_no_end_is_over_at_its_deadline(trade: Trade) -> None:
    anna = await trade.home.person()
    trade.simulator.plan("for ever", Fate(seconds=None))
    async with trade.home.queue("trade", timeout_seconds=5):
        ended = await anna.wait(await trade.order(anna, "for ever"), seconds=60)
    (made,) = trade.simulator.of("for ever")
    if not trade.case.stops:
        assert ended["status"] == "completed", ended
        return
    told = ("failed", "fate_unknown") if trade.case.at_once else ("expired", "expired")
    assert (ended["status"], ended["error"]["code"]) == told, ended
    cost = ended["cost"]
    assert (cost["charged"], cost["released"]) == ("0", cost["held"]), ended
    assert ended["finished_at"] >= ended["deadline_at"]
    is_stopped = trade.case.adapter.offers.cancel and not trade.case.at_once
    assert made.state == ("cancelled" if is_stopped else "working")
    assert len(trade.simulator.of("for ever")) == 1
