"""Which key a job is made with, and what becomes of keys that do not work."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from gesso.simulators import Fate
from tests.house.person import Person, until
from tests.keyring.conftest import SPARE, Ring

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


async def attempts(person: Person, task: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Outcome and code of the tries of a task's one job."""
    (job,) = await person.jobs(task)
    return [(each["outcome"], each["error_code"]) for each in job["attempts"]]


async def test_without_keys_on_the_ring_the_customary_one_is_used(ring: Ring) -> None:
    anna = await ring.home.person(role="operator")
    ring.keyed.account(SPARE)
    await asyncio.sleep(3)  # until the keys of the story before are forgotten
    done = await ring.paint(anna, "by custom")
    assert done["status"] == "completed", done
    assert ring.keyed.accounts[SPARE].taken == 1
    (job,) = await anna.jobs(done)
    assert job["metadata"]["trace"]["credential"] == "environment"


async def test_a_job_says_which_key_it_was_made_with_and_not_the_key(ring: Ring) -> None:
    anna = await ring.home.person(role="operator")
    secret = "first-key-of-the-story-4711"
    key = await ring.add(secret)
    await asyncio.sleep(3)  # until the house has heard that there are keys
    done = await ring.paint(anna, "with a trace")
    (job,) = await anna.jobs(done)
    traced = job["metadata"]["trace"]
    assert (traced["credential"], traced["secrets"]) == (key["id"], key["secrets"])
    assert key["secrets"]["key"]["mask"] == "fir…4711"
    assert len(key["secrets"]["key"]["sha256"]) == 16
    assert (await ring.key(key))["last_lent_at"] is not None


async def test_keys_share_the_load_by_weight(ring: Ring) -> None:
    anna = await ring.home.person(30)
    await ring.add("the-heavy-key-of-this-story", weight=9)
    await ring.add("the-light-key-of-this-story", weight=1)
    tasks = [await anna.submit("text_to_image", prompt=f"shared {n}") for n in range(20)]
    for task in tasks:
        assert (await anna.wait(task, seconds=90))["status"] == "completed"
    taken = Counter({key: account.taken for key, account in ring.keyed.accounts.items()})
    assert sum(taken.values()) == 20
    assert taken["the-heavy-key-of-this-story"] > taken["the-light-key-of-this-story"]


async def test_a_key_never_has_more_jobs_than_it_may(ring: Ring) -> None:
    anna = await ring.home.person(20)
    secrets = ["narrow-key-number-one-of-two", "narrow-key-number-two-of-two"]
    for secret in secrets:
        await ring.add(secret, max_concurrency=2)
        ring.keyed.accounts[secret].most = 2
    for n in range(12):
        ring.keyed.plan(f"narrow {n}", Fate(seconds=0.4))
    tasks = [await anna.submit("text_to_image", prompt=f"narrow {n}") for n in range(12)]
    for task in tasks:
        done = await anna.wait(task, seconds=90)
        assert done["status"] == "completed", done
        (job,) = await anna.jobs(done)
        assert job["attempt"] == 1, job
    accounts = [ring.keyed.accounts[secret] for secret in secrets]
    assert [account.refused for account in accounts] == [0, 0]
    assert all(1 <= account.peak <= 2 for account in accounts)


async def test_a_key_is_not_lent_more_often_in_a_minute_than_it_may(ring: Ring) -> None:
    anna = await ring.home.person()
    await ring.add("the-slow-key-of-this-story", per_minute=2)
    tasks = [await anna.submit("text_to_image", prompt=f"slowly {n}") for n in range(4)]
    account = ring.keyed.accounts["the-slow-key-of-this-story"]
    await until(lambda: account.taken >= 2)
    for task in tasks:
        await anna.see(
            task, lambda now: now["status"] == "completed" or now["outputs"][0]["status"] in
            ("retrying", "queued", "submitting")
        )  # fmt: skip
    assert account.taken <= 3  # the minute may have turned meanwhile
    await ring.add("the-quick-key-of-this-story")
    for task in tasks:
        assert (await anna.wait(task, seconds=90))["status"] == "completed"


@pytest.mark.parametrize(("status", "code"), [(401, "key_refused"), (402, "quota_exhausted")])
async def test_a_key_that_does_not_work_rests_and_costs_no_try(
    ring: Ring, status: int, code: str
) -> None:
    anna = await ring.home.person(20)
    bad = await ring.add(f"the-bad-key-of-this-story-{status}", weight=1000)
    ring.keyed.accounts[f"the-bad-key-of-this-story-{status}"].status = status
    await ring.add(f"the-good-key-of-this-story-{status}")
    tasks = [await anna.submit("text_to_image", prompt=f"bad {status} {n}") for n in range(8)]
    tries = [await attempts(anna, await anna.wait(task, seconds=60)) for task in tasks]
    assert all(tried[-1] == ("completed", None) for tried in tries), tries
    assert ("rejected", code) in [fate for tried in tries for fate in tried]
    resting = await ring.key(bad)
    assert (resting["rest_code"], resting["faults"]) == (code, 1)
    assert resting["resting_until"] is not None
    for task in tasks:
        (job,) = await anna.jobs(task)
        assert job["attempt"] == 1, job
    history = (await ring.ask("GET", bad, "/history")).body["items"]
    assert [(each["event"], each["actor"], each["code"]) for each in history][:1] == [
        ("rested", "house", code)
    ]


async def test_a_key_that_works_again_is_found_out_by_one_attempt(ring: Ring) -> None:
    anna = await ring.home.person()
    secret = "the-key-that-comes-back"
    key = await ring.add(secret)
    ring.keyed.accounts[secret].status = 402
    task = await anna.submit("text_to_image", prompt="patience")
    await until(lambda: ring.keyed.accounts[secret].refused == 1)
    await ring.seen(key, lambda now: now["faults"] > 0)
    # An operator who has paid the bill need not wait for the rest to be over.
    assert (await ring.ask("POST", key, "/rest", seconds=0.2)).status == 200
    ring.keyed.accounts[secret].status = 200
    assert (await anna.wait(task, seconds=60))["status"] == "completed"
    await ring.seen(key, lambda now: now["faults"] == 0)
    events = [e["event"] for e in (await ring.ask("GET", key, "/history")).body["items"]]
    assert "recovered" in events


async def test_a_key_that_is_used_too_fast_rests_as_long_as_it_says(ring: Ring) -> None:
    anna = await ring.home.person()
    busy = await ring.add("the-busy-key-of-this-story", weight=1000)
    ring.keyed.accounts["the-busy-key-of-this-story"].status = 429
    ring.keyed.accounts["the-busy-key-of-this-story"].retry_after = 3000
    await ring.add("the-idle-key-of-this-story")
    for n in range(3):
        assert (await ring.paint(anna, f"busy {n}"))["status"] == "completed"
    seen = await ring.key(busy)
    assert (seen["rest_code"], seen["faults"]) == ("rate_limited", 0)
    assert ring.keyed.accounts["the-busy-key-of-this-story"].refused <= 1


async def test_a_job_that_no_key_gets_through_ends(ring: Ring) -> None:
    anna = await ring.home.person()
    for n in range(9):
        await ring.add(f"the-poisoned-key-number-{n}")
        ring.keyed.accounts[f"the-poisoned-key-number-{n}"].status = 403
    done = await ring.paint(anna, "poison")
    assert (done["status"], done["error"]["code"]) == ("failed", "key_refused"), done
    assert len(await attempts(anna, done)) == 8  # five that are spared, three that count
    assert await anna.money() == ("10", "0")


async def test_a_job_is_asked_about_with_the_key_that_it_was_submitted_with(ring: Ring) -> None:
    anna = await ring.home.person()
    key = await ring.add("the-old-key-of-this-story")
    ring.keyed.plan("overlap", Fate(seconds=1.5))
    task = await anna.submit("text_to_image", prompt="overlap")
    await until(lambda: ring.keyed.accounts["the-old-key-of-this-story"].taken == 1)
    ring.keyed.account("the-new-key-of-this-story")
    replaced = await ring.ask("POST", key, "/replace", secrets={"key": "the-new-key-of-this-story"})
    assert (replaced.status, replaced.body["replaces"]) == (201, key["id"])
    ring.keys[replaced.body["id"]] = "the-new-key-of-this-story"
    assert (await ring.key(key))["state"] == "retired"
    in_use = await ring.ask("DELETE", key)
    assert (in_use.status, in_use.code) == (409, "key_in_use")
    assert (await ring.paint(anna, "after it"))["status"] == "completed"
    assert ring.keyed.accounts["the-new-key-of-this-story"].taken == 1
    assert (await anna.wait(task))["status"] == "completed"
    assert (await ring.ask("DELETE", key)).status == 204
    assert (await ring.ask("GET", key)).status == 404
    history = (await ring.ask("GET", key, "/history")).body["items"]
    assert [each["event"] for each in history] == ["removed", "replaced", "added"]
    assert history[0]["actor"].startswith("user_")
