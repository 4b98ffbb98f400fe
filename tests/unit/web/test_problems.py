"""Refusals: one form, stable codes, and nothing told that is nobody's business."""

import pytest
from structlog.testing import capture_logs

from gesso.infra.errors import Conflict, NotFound, TooMany, Unauthenticated
from gesso.infra.web import new_router
from gesso.infra.web.problems import Problem
from tests.unit.web.serving import build, problem_of, serve

router = new_router("thing")


class Priceless(Conflict):
    """A price changed."""

    code = "price_changed"


@router.get("/dear")
async def dear() -> None:
    raise Priceless("It is dearer now.", money={"held": "0"}, status="free", title="mine")


@router.get("/busy")
async def busy() -> None:
    raise TooMany("Slower, please.")


@router.get("/stranger")
async def stranger() -> None:
    raise Unauthenticated("Who are you?")


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError("the password is swordfish")


@router.get("/things/{thing}")
async def get_thing(thing: str) -> str:
    raise NotFound(f"There is no {thing}.")


@router.patch("/things/{thing}")
async def patch_thing(thing: str) -> str:
    return thing


async def test_a_refusal_carries_its_code_its_facts_and_the_standard_members() -> None:
    async with serve(build(router)) as client, client.get("/api/v1/dear") as response:
        body = await problem_of(response)
    assert response.status == 409
    Problem.model_validate(body)
    assert body["code"] == "price_changed"
    assert body["detail"] == "It is dearer now."
    assert body["money"] == {"held": "0"}
    assert body["title"] == "Conflict"


async def test_a_refusal_says_when_to_come_back_and_how_to_log_in() -> None:
    async with serve(build(router)) as client:
        async with client.get("/api/v1/busy") as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "1")
        async with client.get("/api/v1/stranger") as response:
            assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_a_fault_of_ours_is_logged_and_told_to_nobody() -> None:
    async with serve(build(router)) as client:
        with capture_logs() as logs:
            async with client.get("/api/v1/broken") as response:
                body = await problem_of(response)
                text = await response.text()
    assert (response.status, body["code"]) == (500, "internal")
    assert "swordfish" not in text
    assert "RuntimeError" not in text
    crashed = next(line for line in logs if line["event"] == "request_crashed")
    assert crashed["route"] == "/api/v1/broken"


@pytest.mark.parametrize("path", ["/", "/api/v1/nothing", "/api/v1/dear/", "/docs/assets/no.js"])
async def test_an_unknown_path_is_not_found(path: str) -> None:
    async with serve(build(router)) as client, client.get(path) as response:
        body = await problem_of(response)
    assert (response.status, body["code"]) == (404, "not_found")


async def test_a_wrong_method_is_told_every_method_of_the_path() -> None:
    async with serve(build(router)) as client, client.delete("/api/v1/things/1") as response:
        body = await problem_of(response)
    assert (response.status, body["code"]) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, PATCH"
