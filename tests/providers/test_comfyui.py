"""ComfyUI servers as a pool: whole jobs, and what befalls servers while they are at them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gesso.simulators import Fate
from gesso.simulators.comfyui import ComfyUI
from tests.house.person import until
from tests.house.world import Ground, NewGround
from tests.providers.comfy import Studio, studio

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def pair(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Studio]:
    """A house with two servers of one place each."""
    servers = {"left": ComfyUI(), "right": ComfyUI()}
    async with studio(Ground(sqlite_url), tmp_path, servers) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def single(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Studio]:
    """A house with one server of two places."""
    async with studio(Ground(sqlite_url), tmp_path, {"only": ComfyUI()}, capacity=2) as opened:
        yield opened


async def test_a_workflow_is_run_delivered_and_paid(single: Studio) -> None:
    anna = await single.home.person()
    done = await anna.wait(await single.order(anna, "an owl", seed=7, width=256))
    assert (done["status"], done["cost"]["charged"]) == ("completed", "1"), done
    (output,) = done["outputs"]
    assert (output["kind"], output["seed"]) == ("image", 7)
    picture = await anna.ask("GET", output["url"])
    assert picture.content.startswith(b"\x89PNG")
    assert b"KSampler" not in picture.content, "the graph is nobody's business"
    (made,) = single.servers["only"].of("an owl")
    graph = made.asked["prompt"]
    assert (graph["3"]["inputs"]["seed"], graph["5"]["inputs"]["width"]) == (7, 256)
    (job,) = await anna.jobs(done)
    assert job["provider_job_id"] == made.id
    assert job["metadata"]["recipe"]["version"] == 1


async def test_no_server_is_given_more_than_it_has_places_for(
    new_ground: NewGround, tmp_path: Path
) -> None:
    servers = {"left": ComfyUI(), "right": ComfyUI()}
    names = [f"picture {number}" for number in range(6)]
    for name in names:
        for server in servers.values():
            server.plan(name, Fate(seconds=1.0))
    with new_ground() as ground:
        async with studio(ground, tmp_path, servers) as opened:
            anna = await opened.home.person()
            tasks = [await opened.order(anna, name) for name in names]
            seen = await anna.see(
                tasks[0], lambda now: now["outputs"][0]["progress"] > 0, seconds=90
            )
            assert seen["status"] in {"running", "completed"}
            ended = [await anna.wait(task, seconds=90) for task in tasks]
            assert [task["status"] for task in ended] == ["completed"] * 6
            assert {name: each.peak for name, each in servers.items()} == {"left": 1, "right": 1}
            assert [len(opened.renders(name)) for name in names] == [1] * 6
            assert {each for name in names for each in opened.renders(name)} == set(servers)


async def test_what_a_dead_server_had_is_made_by_another_and_paid_once(pair: Studio) -> None:
    anna, left = await pair.home.person(), pair.servers["left"]
    names = [f"piece {number}" for number in range(6)]
    for name in names:
        left.plan(name, Fate(seconds=None))
        pair.servers["right"].plan(name, Fate(seconds=0.3))
    tasks = {name: await pair.order(anna, name) for name in names}
    await until(lambda: left.working == 1)
    (lost,) = [made.prompt for made in left.jobs.values()]
    await anna.see(tasks[lost], lambda now: now["outputs"][0]["status"] == "running")
    await pair.shut("left")
    ended = [await anna.wait(task, seconds=90) for task in tasks.values()]
    assert [task["status"] for task in ended] == ["completed"] * 6
    assert await anna.money() == ("4", "0")
    assert pair.renders(lost) == ["left", "right"]
    assert [pair.renders(name) for name in names if name != lost] == [["right"]] * 5
    assert pair.servers["right"].peak == 1
    (job,) = await anna.jobs(tasks[lost])
    tried = [each for each in job["attempts"] if each["outcome"] != "absent"]
    assert [(each["outcome"], each["error_code"]) for each in tried] == [
        ("failed", "server_lost"),
        ("completed", None),
    ]


async def test_a_dead_server_is_given_nothing_new(pair: Studio) -> None:
    anna = await pair.home.person()
    await pair.shut("left")
    ended = [
        await anna.wait(await pair.order(anna, f"after {number}"), seconds=60)
        for number in range(3)
    ]
    assert [task["status"] for task in ended] == ["completed"] * 3
    for task in ended:
        (job,) = await anna.jobs(task)
        assert [each["outcome"] for each in job["attempts"]] == ["completed"]


async def test_what_a_restart_forgot_is_made_again_and_paid_once(single: Studio) -> None:
    anna, server = await single.home.person(), single.servers["only"]
    server.plan("forgotten", Fate(seconds=None))
    task = await single.order(anna, "forgotten")
    await anna.see(task, lambda now: now["outputs"][0]["status"] == "running")
    await server.restart()
    done = await anna.wait(task, seconds=60)
    assert (done["status"], done["cost"]["charged"]) == ("completed", "1"), done
    assert [made.state for made in server.jobs.values()] == ["cancelled", "done"]


async def test_what_waits_at_the_server_is_taken_out_of_its_queue(single: Studio) -> None:
    anna, server = await single.home.person(), single.servers["only"]
    server.plan("running", Fate(seconds=None))
    running = await single.order(anna, "running")
    await anna.see(running, lambda now: now["outputs"][0]["status"] == "running")
    waiting = await single.order(anna, "waiting")
    await anna.see(waiting, lambda now: now["outputs"][0]["status"] == "running")
    await anna.ask("POST", f"/tasks/{waiting['id']}/cancel")
    ended = await anna.wait(waiting)
    assert (ended["status"], ended["cost"]["charged"]) == ("cancelled", "0"), ended
    assert server.of("waiting")[0].state == "cancelled"
    assert server.of("running")[0].state == "working", "only our own prompt may be stopped"
    assert server.calls["POST /interrupt"] == 0
    await anna.ask("POST", f"/tasks/{running['id']}/cancel")
    ended = await anna.wait(running)
    assert (ended["status"], ended["cost"]["charged"]) == ("cancelled", "0"), ended
    assert server.of("running")[0].state == "cancelled"


async def test_progress_is_seen_while_it_runs(single: Studio) -> None:
    anna, server = await single.home.person(), single.servers["only"]
    server.plan("slow", Fate(seconds=4.0))
    task = await single.order(anna, "slow")
    seen = await anna.see(task, lambda now: 0 < now["outputs"][0]["progress"] < 1)
    more = await anna.see(
        task, lambda now: now["outputs"][0]["progress"] > seen["outputs"][0]["progress"]
    )
    assert more["status"] in {"running", "completed"}
    assert (await anna.wait(task))["status"] == "completed"
    assert server.calls["GET /ws"] >= 1


async def test_the_same_graph_again_is_answered_from_the_cache(single: Studio) -> None:
    anna = await single.home.person()
    first = await anna.wait(await single.order(anna, "twice", seed=5))
    second = await anna.wait(await single.order(anna, "twice", seed=5))
    assert [first["status"], second["status"]] == ["completed", "completed"]
    assert first["outputs"][0]["asset_id"] != second["outputs"][0]["asset_id"]


async def test_pictures_of_two_users_do_not_overwrite_each_other(single: Studio) -> None:
    people = [await single.home.person() for _ in range(2)]

    async def animate(number: int) -> dict[str, object]:
        person = people[number]
        inputs = {"image": await person.picture()}
        return await person.make("comfyui_workflow", workflow="animate", inputs=inputs)

    films = await asyncio.gather(animate(0), animate(1))
    for film in films:
        assert film["status"] == "completed", film
        assert film["outputs"][0]["kind"] == "video"  # type: ignore[index]
        assert film["cost"]["charged"] == "5"  # type: ignore[index]
    assert len(single.servers["only"].pictures) == 2


async def test_what_breaks_off_is_told_without_the_servers_secrets(single: Studio) -> None:
    anna, server = await single.home.person(), single.servers["only"]
    server.plan("broken", Fate(fails="RuntimeError"))
    ended = await anna.wait(await single.order(anna, "broken"))
    assert (ended["status"], ended["cost"]["charged"]) == ("failed", "0"), ended
    assert ended["error"] == {
        "code": "provider_error",
        "message": "The workflow broke off at node 9 (SaveImage): RuntimeError.",
    }
    assert "/home" not in str(await anna.jobs(ended))


async def test_a_server_out_of_memory_is_tried_again(single: Studio) -> None:
    anna, server = await single.home.person(), single.servers["only"]
    server.plan("large", Fate(fails="torch.OutOfMemoryError"))
    done = await anna.wait(await single.order(anna, "large"))
    assert done["status"] == "completed", done
    (job,) = await anna.jobs(done)
    assert [each["error_code"] for each in job["attempts"]] == ["overloaded", None]


async def test_a_server_that_lacks_a_model_is_named_clearly(single: Studio) -> None:
    operator, anna = await single.operator(), await single.home.person()
    kept = (await operator.ask("GET", "/workflows/sketch/template")).body
    template = kept["template"]
    template["graph"]["4"]["inputs"]["ckpt_name"] = "sd_xl_base_1.0.safetensors"
    assert (await operator.ask("PUT", "/workflows/lacking/template", template)).status == 201
    ended = await anna.make("comfyui_workflow", workflow="lacking", inputs={"prompt": "x"})
    assert (ended["status"], ended["cost"]["charged"]) == ("failed", "0"), ended
    assert ended["error"]["code"] == "workflow_unsupported"
    assert "node 4 (CheckpointLoaderSimple), ckpt_name" in ended["error"]["message"]
    assert "sketch.safetensors" not in ended["error"]["message"], "what else it has is not told"


async def test_only_a_server_with_its_tags_gets_a_workflow(sqlite_url: str, tmp_path: Path) -> None:
    servers = {"plain": ComfyUI(), "large": ComfyUI()}
    tags = {"large": ["vram-24"]}
    async with studio(Ground(sqlite_url), tmp_path, servers, tags=tags) as opened:
        operator, anna = await opened.operator(), await opened.home.person()
        kept = (await operator.ask("GET", "/workflows/sketch/template")).body
        for name, wanted in (("big", "vram-24"), ("huge", "vram-80")):
            template = kept["template"] | {"tags": [wanted]}
            assert (
                await operator.ask("PUT", f"/workflows/{name}/template", template)
            ).status == 201
        for number in range(3):
            inputs = {"prompt": f"big {number}"}
            done = await anna.make("comfyui_workflow", workflow="big", inputs=inputs)
            assert done["status"] == "completed", done
        assert [len(server.jobs) for server in servers.values()] == [0, 3]
        ended = await anna.make("comfyui_workflow", workflow="huge", inputs={"prompt": "x"})
        assert (ended["status"], ended["error"]["code"]) == ("failed", "no_server"), ended
        assert await anna.money() == ("7", "0")


async def test_a_server_behind_a_token_delivers_too(sqlite_url: str, tmp_path: Path) -> None:
    servers = {"guarded": ComfyUI(token="a-token-of-the-proxy")}
    async with studio(Ground(sqlite_url), tmp_path, servers) as opened:
        anna = await opened.home.person()
        done = await anna.wait(await opened.order(anna, "behind"))
        assert done["status"] == "completed", done
        assert "a-token" not in str(await anna.jobs(done))


async def test_a_lost_answer_of_a_server_that_names_prompts_itself_is_found(
    sqlite_url: str, tmp_path: Path
) -> None:
    server = ComfyUI(ignores_ids=True)
    async with studio(Ground(sqlite_url), tmp_path, {"old": server}) as opened:
        anna = await opened.home.person()
        server.plan("lost", Fate(loses_answer=True))
        done = await anna.wait(await opened.order(anna, "lost"), seconds=60)
        assert done["status"] == "completed", done
        assert opened.renders("lost") == ["old"]


async def test_without_a_server_nothing_is_paid(sqlite_url: str, tmp_path: Path) -> None:
    async with studio(Ground(sqlite_url), tmp_path, {}) as opened:
        anna = await opened.home.person()
        ended = await anna.wait(await opened.order(anna, "nobody"))
        assert (ended["status"], ended["error"]["code"]) == ("failed", "no_server"), ended
        assert await anna.money() == ("10", "0")
