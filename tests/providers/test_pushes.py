"""Reports of providers: repeated, early, late, lost, misled, and applied whoever dies."""

import json
import random
import re
from uuid import UUID

import pytest
from sqlalchemy import text

from gesso.domain import inbox
from gesso.domain.identity import Role
from gesso.kit.ids import parse_id
from gesso.simulators import Fate
from tests.house.person import until
from tests.providers.conftest import Trade
from tests.providers.reports import endless, hook_of, pushes_of, send, settled, sim

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_repeats_are_kept_once_and_change_nothing_twice(fal: Trade) -> None:
    anna = await fal.home.person()
    fal.simulator.plan("thrice", Fate(pushes=3, seconds=0.2))
    task = await fal.order(anna, "thrice")
    done = await anna.wait(task)
    assert (done["status"], done["cost"]["charged"]) == ("completed", "2")
    (made,) = fal.simulator.of("thrice")
    await until(lambda: len(made.answers) == 3)
    assert made.answers == [200, 200, 200]
    assert await settled(fal, task, 1) == ["applied"]


async def test_a_repeat_in_other_words_comes_late(fal: Trade) -> None:
    anna = await fal.home.person()
    task, made = await endless(fal, anna, "reworded")
    made.fate = Fate()
    body, _ = sim(fal).pushed(made)
    for spaces in range(3):
        copy = body + b" " * spaces
        assert (await send(fal, made.callback, copy, sim(fal).signed(made.id, copy)))[0] == 200
    assert (await anna.wait(task))["cost"]["charged"] == "2"
    statuses = await settled(fal, task, 3)
    assert set(statuses) <= {"applied", "late"}
    assert await anna.kinds() == ["grant", "freeze", "capture"]


@pytest.mark.parametrize("loses_answer", [False, True])
async def test_a_report_may_come_before_the_answer(fal: Trade, *, loses_answer: bool) -> None:
    anna = await fal.home.person()
    prompt = f"early {loses_answer}"
    fal.simulator.plan(prompt, Fate(pushes_early=True, loses_answer=loses_answer))
    task = await fal.order(anna, prompt)
    done = await anna.wait(task)
    assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
    assert len(fal.simulator.of(prompt)) == 1
    assert set(await settled(fal, task, 1)) <= {"applied", "late"}
    (job,) = await anna.jobs(task)
    assert len(job["attempts"]) == 1


async def test_a_report_comes_hours_after_the_end(fal: Trade) -> None:
    anna = await fal.home.person()
    fal.simulator.plan("later", Fate(pushes=0))
    task = await fal.order(anna, "later")
    done = await anna.wait(task, seconds=60)
    (made,) = fal.simulator.of("later")
    assert await fal.simulator.push(made) == 200
    assert await settled(fal, task, 1) == ["late"]
    assert await anna.task(task) == done
    assert await fal.home.losses(task) == 0


async def test_what_a_lost_submission_cost_after_all_is_booked(fal: Trade) -> None:
    anna = await fal.home.person()
    # fal says no and makes it all the same; its first try is closed when the truth arrives.
    fal.simulator.plan("two-faced", Fate(status=429, takes=False, retry_after=0))
    task = await fal.order(anna, "two-faced")
    assert (await anna.wait(task))["status"] == "completed"
    refused = (await anna.jobs(task))[0]["attempts"][0]
    assert refused["outcome"] == "rejected"
    async with fal.home.db.view() as view:
        rows = await view.execute(text("select id from attempt where outcome = 'rejected'"))
        ids = [UUID(row.id) if isinstance(row.id, str) else row.id for row in rows]
    (made,) = fal.simulator.of("two-faced")
    body = json.dumps({"request_id": "another", "status": "OK", "payload": {}}).encode()
    links = [hook_of(fal, made, each) for each in ids]
    headers = sim(fal).signed("another", body)
    answers = [await send(fal, link, body, headers) for link in links]
    assert [status for status, _ in answers] == [200] * len(links)
    assert "late" in await settled(fal, task, 2)
    assert await fal.home.losses(task) == 20_000


async def test_a_report_on_another_job_changes_neither(fal: Trade) -> None:
    anna = await fal.home.person()
    one, made_one = await endless(fal, anna, "one")
    other, made_other = await endless(fal, anna, "other")
    made_one.fate = Fate()
    body, headers = sim(fal).pushed(made_one)
    made_one.fate = Fate(seconds=None)
    assert (await send(fal, made_other.callback, body, headers))[0] == 200
    assert await settled(fal, other, 1) == ["foreign"]
    for task in (one, other):
        assert (await anna.task(task))["outputs"][0]["status"] == "running"
        await anna.ask("POST", f"/tasks/{task['id']}/cancel")
        await anna.wait(task)


async def test_a_signed_nonsense_is_kept_and_the_provider_asked(fal: Trade) -> None:
    anna = await fal.home.person()
    task, made = await endless(fal, anna, "nonsense signed")
    made.fate = Fate()
    body = b'{"hello": [1, 2]}'
    headers = sim(fal).signed(made.id, body)
    assert (await send(fal, made.callback, body, headers))[0] == 200
    assert (await anna.wait(task))["status"] == "completed"
    assert await settled(fal, task, 1) == ["unreadable"]


async def test_whoever_dies_after_storing_it_need_not_come_back(fal: Trade) -> None:
    anna = await fal.home.person()
    task, made = await endless(fal, anna, "the receiver dies")
    made.fate = Fate()
    body, headers = sim(fal).pushed(made)
    assert made.callback is not None
    attempt = parse_id("attempt", made.callback.rpartition("/")[2].partition(".")[0])
    task_id = parse_id("task", task["id"])
    assert attempt is not None
    assert task_id is not None
    given = {name.lower(): value for name, value in headers.items()}
    new = inbox.New("fal", attempt, task_id, "signed", given, body)
    # In one process it is stored and nobody is told; in another one it is found.
    async with fal.home.db.tx() as tx:
        assert await inbox.store(tx, [new, new]) == [True, False]
        await tx.execute(
            text("update inbox set holder = 'nowhere:1:1', lost = 1, fence = 3 where status = :s"),
            {"s": "stored"},
        )
    assert (await anna.wait(task))["status"] == "completed"
    assert await settled(fal, task, 1) == ["applied"]


async def test_operators_read_what_arrived_and_nobody_else_does(fal: Trade) -> None:
    anna = await fal.home.person()
    task = await fal.order(anna, "shown")
    await anna.wait(task)
    await settled(fal, task, 1)
    (push,) = await pushes_of(fal, task)
    operator = await fal.home.person(0, Role.OPERATOR)
    one = (await operator.ask("GET", f"/inbox/{push['id']}")).body
    assert (one["provider"], one["trust"], one["encoding"]) == ("fal", "signed", "utf-8")
    assert json.loads(one["body"])["status"] == "OK"
    assert "x-fal-webhook-signature" in one["headers"]
    for query in ("?provider=fal&status=applied", "?limit=1", f"?task={task['id']}&status=applied"):
        assert (await operator.ask("GET", f"/inbox{query}")).body["items"], query
    for query in ("?provider=nobody", "?task=task_none", f"?task={task['id']}&status=late"):
        assert (await operator.ask("GET", f"/inbox{query}")).body["items"] == [], query
    assert (await operator.ask("GET", "/inbox?status=lost")).status == 422
    assert (await operator.ask("GET", "/inbox/push_none")).code == "not_found"
    for path in ("/inbox", f"/inbox/{push['id']}"):
        assert (await anna.ask("GET", path)).status == 403


async def test_a_crowd_of_reports_in_any_order(fal: Trade) -> None:
    anna = await fal.home.person(credits=200)
    dice = random.Random(8)
    prompts = [f"crowd {number}" for number in range(24)]
    for prompt in prompts:
        fal.simulator.plan(
            prompt,
            Fate(
                pushes=dice.randrange(4),
                seconds=dice.random() / 2,
                push_after=dice.random(),
                pushes_early=dice.random() < 0.2,
                fails="internal_server_error" if dice.random() < 0.1 else None,
            ),
        )
    tasks = [await fal.order(anna, prompt) for prompt in prompts]
    for task in tasks:
        assert (await anna.wait(task, seconds=60))["status"] == "completed"
    assert fal.simulator.bill() > 0
    for prompt in prompts:
        assert sum(made.state == "done" for made in fal.simulator.of(prompt)) == 1
    page = (await anna.ask("GET", "/wallet")).body
    assert page["available"] == "152"


async def test_metrics_count_what_came_and_what_came_of_it(fal: Trade) -> None:
    anna, operator = await fal.home.person(), await fal.home.person(0, Role.OPERATOR)
    fal.simulator.plan("counted", Fate(pushes=2))
    task = await fal.order(anna, "counted")
    await anna.wait(task)
    (made,) = fal.simulator.of("counted")
    await until(lambda: len(made.answers) == 2)
    body = sim(fal).pushed(made)[0] + b" "
    assert (await send(fal, made.callback, body, sim(fal).signed(made.id, body)))[0] == 200
    assert (await send(fal, made.callback, body, {}))[0] == 401
    assert "late" in await settled(fal, task, 2)
    exposed = (await operator.ask("GET", f"{fal.home.url}/metrics")).content.decode()
    for outcome in ("signed", "repeated", "forged"):
        told = rf'gesso_pushes_total\{{outcome="{outcome}",provider="fal"\}} [1-9]'
        assert re.search(told, exposed), outcome
    for status in ("applied", "late"):
        told = rf'gesso_pushes_applied_total\{{provider="fal",status="{status}"\}} [1-9]'
        assert re.search(told, exposed), status
