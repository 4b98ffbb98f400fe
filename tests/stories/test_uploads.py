"""Uploads: what somebody sends becomes a file of theirs, and what is no file becomes nothing."""

import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest
from aiohttp import ClientError
from sqlalchemy import func, select, update

from gesso.domain import media
from gesso.domain.media import Asset, Upload
from gesso.infra.db import moment
from gesso.infra.storage.local import LocalStorage
from gesso.kit.ids import parse_id
from tests.house.person import Person, Reply
from tests.house.world import CATALOG, PLUGIN, Home, NewGround, open_home
from tests.unit.media.corpus import box, located_jpeg, picture, saved, told_png, video

pytestmark = pytest.mark.asyncio(loop_scope="session")

MIB = 1 << 20


async def send(person: Person, content: Any, **headers: str) -> Reply:
    """The answer to a file that is sent in."""
    return await person.ask("POST", "/assets", data=content, headers=headers)


async def rows(home: Home, person: Person) -> tuple[int, int]:
    """How many of somebody's uploads are on their way, and how many have come."""
    async with home.db.view() as view:
        counted = [
            await view.scalar(
                select(func.count()).select_from(each).where(each.owner_id == person.id)
            )
            for each in (Upload, Asset)
        ]
    return counted[0] or 0, counted[1] or 0


def left(home: Home) -> list[Path]:
    """What is left of uploads on the disk, in the storage and beside it."""
    return [path for path in home.data_dir.rglob("upload-*") if path.exists()]


async def test_a_picture_is_sent_in_looked_at_and_worked_with(home: Home) -> None:
    anna, sent = await home.person(), located_jpeg()
    reply = await send(anna, sent, **{"Content-Type": "text/html"})
    assert reply.status == 201, reply
    asset = reply.body
    assert reply.headers["Location"] == f"/api/v1/assets/{asset['id']}"
    assert (asset["kind"], asset["content_type"], asset["task_id"]) == ("image", "image/jpeg", None)
    async with home.web.get(asset["url"]) as answer:
        kept = await answer.read()
    assert hashlib.sha256(kept).hexdigest() == asset["sha256"]
    assert b"GPS" not in kept
    assert len(kept) < len(sent)  # where it was taken is nobody's business
    async with home.web.get(asset["thumbnail_url"]) as answer:
        assert (await answer.read()).startswith(b"RIFF")
    done = await anna.make("upscale", image=asset["id"])
    assert done["status"] == "completed", done
    listed = (await anna.ask("GET", "/assets")).body["items"]
    assert [each["id"] for each in listed] == [done["outputs"][0]["asset_id"], asset["id"]]


async def test_films_and_models_are_files_too(home: Home, tmp_path: Path) -> None:
    anna = await home.person()
    film = tmp_path / "film.mp4"
    video(film)
    for content, kind in ((film.read_bytes(), "video"), (box(), "model"), (told_png(), "image")):
        reply = await send(anna, content)
        assert (reply.status, reply.body["kind"]) == (201, kind), reply


async def test_the_same_request_again_is_one_file(home: Home) -> None:
    anna, key = await home.person(), {"Idempotency-Key": "one"}
    first, again = await send(anna, told_png(), **key), await send(anna, told_png(), **key)
    assert (first.status, again.status) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.body["id"] == again.body["id"]
    other = await send(anna, located_jpeg(), **key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    bert = await home.person()
    assert (await send(bert, located_jpeg(), **key)).status == 201
    assert await rows(home, anna) == (0, 1)


BAD = {
    "a program that is called a picture": (b"MZ\x90\0" + bytes(400), "media_type_refused"),
    "a page": (b"<html><script>alert(1)</script>" + bytes(100), "media_type_refused"),
    "a drawing that can run": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "media_type_refused"),
    "a picture that is cut off": (saved(picture(), "PNG")[:-40], "media_broken"),
    "a model that lies about its length": (
        box()[:8] + struct.pack("<I", 1 << 30) + box()[12:], "media_broken",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
async def test_what_is_no_file_is_refused_and_leaves_nothing(home: Home, what: str) -> None:
    anna, (content, code) = await home.person(), BAD[what]
    before = left(home)
    reply = await send(anna, content, **{"Content-Type": "image/png"})
    assert (reply.status, reply.code) == (422, code), reply
    assert await rows(home, anna) == (0, 0)
    assert left(home) == before


async def test_how_long_it_is_has_to_be_said_and_true(home: Home) -> None:
    anna = await home.person()

    async def pieces() -> AsyncIterator[bytes]:
        yield told_png()

    reply = await send(anna, pieces())  # chunked
    assert (reply.status, reply.code) == (411, "length_required")
    assert (await send(anna, b"")).code == "bad_length"
    huge = {"Content-Length": str(1 << 40), "Expect": "100-continue"}
    reply = await send(anna, pieces(), **huge)
    assert (reply.status, reply.code) == (413, "body_too_large")
    assert await rows(home, anna) == (0, 0)


async def test_who_goes_away_in_the_middle_leaves_nothing(home: Home) -> None:
    anna = await home.person()
    before = left(home)

    async def stops() -> AsyncIterator[bytes]:
        yield saved(picture(), "PNG")[:100]
        await see(home, anna, (1, 0))
        raise OSError("the cable")

    with pytest.raises((ClientError, OSError)):
        await send(anna, stops(), **{"Content-Length": "9000"})
    await see(home, anna, (0, 0))
    async with asyncio.timeout(20):
        while left(home) != before:  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.05)


async def see(home: Home, person: Person, wanted: tuple[int, int]) -> None:
    async with asyncio.timeout(20):
        while await rows(home, person) != wanted:  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.05)


async def test_only_so_many_come_at_once(home: Home) -> None:
    anna, content = await home.person(), told_png()
    may_end = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield content[:20]
        await may_end.wait()
        yield content[20:]

    length = {"Content-Length": str(len(content))}
    coming = [asyncio.create_task(send(anna, slow(), **length)) for _ in range(4)]
    await see(home, anna, (4, 0))
    reply = await send(anna, content)
    assert (reply.status, reply.code) == (429, "uploads_at_once")
    may_end.set()
    assert {each.status for each in await asyncio.gather(*coming)} == {201}
    assert (await send(anna, content)).status == 201
    assert await rows(home, anna) == (0, 5)


async def test_room_is_taken_before_the_first_byte(new_ground: NewGround, tmp_path: Path) -> None:
    content = told_png()
    settings = {"upload_bytes": int(len(content) * 3.5), "uploads_at_once": 100}
    with new_ground() as ground:
        async with open_home(
            ground, tmp_path, plugins=(PLUGIN,), catalog=CATALOG, media=settings
        ) as home:
            anna, bert = await home.person(), await home.person()
            replies = await asyncio.gather(*(send(anna, content) for _ in range(20)))
            codes = sorted(each.status for each in replies)
            assert codes.count(201) == 3, codes
            refused = next(each for each in replies if each.status != 201)
            assert (refused.status, refused.code) == (409, "no_room")
            assert refused.body["max_bytes"] == settings["upload_bytes"]
            assert await rows(home, anna) == (0, 3)
            assert (await send(bert, content)).status == 201
            await home.inspect()


async def test_nobody_elses_files_are_seen_and_a_key_needs_the_scope(home: Home) -> None:
    anna, bert = await home.person(), await home.person()
    asset = (await send(anna, told_png())).body["id"]
    assert (await bert.ask("GET", f"/assets/{asset}")).status == 404
    assert (await bert.ask("GET", "/assets")).body["items"] == []
    taken = await bert.ask("POST", "/tasks", {"type": "upscale", "image": asset})
    assert (taken.status, taken.code) == (422, "unknown_asset")
    made = await anna.ask("POST", "/api-keys", {"name": "reader", "scopes": ["assets:read"]})
    reader = Person(anna.web, made.body["key"], anna.id)
    assert (await send(reader, told_png())).code == "missing_scope"
    assert len((await reader.ask("GET", "/assets?uploaded=true&kind=image")).body["items"]) == 1
    assert (await reader.ask("GET", "/assets?uploaded=false")).body["items"] == []
    assert (await reader.ask("GET", "/assets?kind=video")).body["items"] == []


async def test_a_list_is_read_in_parts_newest_first(home: Home) -> None:
    anna = await home.person()
    sent = [(await send(anna, told_png())).body["id"] for _ in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        body = (await anna.ask("GET", "/assets", params=query)).body
        seen += [each["id"] for each in body["items"]]
        cursor = body["next_cursor"]
    assert seen == sent[::-1]


async def test_what_a_killed_process_left_behind_is_cleared_away(home: Home) -> None:
    anna, key = await home.person(), {"Idempotency-Key": "again"}
    first = await home.person()
    asset_id = parse_id("asset", (await send(first, told_png())).body["id"])
    storage = LocalStorage(home.data_dir / "media")
    lost = f"{anna.id}/2026/11/upload-left"

    async def half() -> AsyncIterator[bytes]:
        yield b"half"

    await storage.put(lost, half(), limit=MIB)
    async with home.db.tx() as tx:
        asset, now = await tx.get_one(Asset, asset_id), moment(tx)
        tx.add(
            Upload(
                id=uuid5(anna.id, "upload again"),
                tenant_id=asset.tenant_id,
                owner_id=anna.id,
                size=4,
                key=lost,
                created_at=now,
                seen_at=now,
                is_given_up=False,
            )
        )
    assert (await send(anna, told_png(), **key)).code == "upload_running"
    async with home.db.tx() as tx:
        quiet = update(Upload).where(Upload.key == lost)
        await tx.execute(quiet.values(seen_at=now - timedelta(seconds=61)))
    assert (await send(anna, told_png(), **key)).status == 201
    assert await storage.size(lost) is None
    assert await rows(home, anna) == (0, 1)
    assert await media.clear_dead(home.db, storage) == 0


async def test_the_same_upload_many_times_at_once_is_one_file(home: Home) -> None:
    anna, content, key = await home.person(), told_png(), {"Idempotency-Key": "one"}
    replies = await asyncio.gather(*(send(anna, content, **key) for _ in range(12)))
    codes = {each.status for each in replies}
    assert codes <= {200, 201, 409}, replies
    assert [each.status for each in replies].count(201) == 1
    again = await send(anna, content, **key)
    async with home.web.get(again.body["url"]) as answer:
        assert hashlib.sha256(await answer.read()).hexdigest() == again.body["sha256"]
    assert await rows(home, anna) == (0, 1)


async def test_what_was_sent_in_can_be_taken_back_unless_a_job_works_from_it(home: Home) -> None:
    anna, bert = await home.person(), await home.person()
    asset = (await send(anna, told_png())).body
    assert (await bert.ask("DELETE", f"/assets/{asset['id']}")).status == 404
    async with home.queue("acme", active=False):
        task = await anna.submit("upscale", image=asset["id"])
        reply = await anna.ask("DELETE", f"/assets/{asset['id']}")
        assert (reply.status, reply.code) == (409, "asset_in_use")
    done = await anna.wait(task)
    assert done["status"] == "completed"
    result = done["outputs"][0]["asset_id"]
    assert (await anna.ask("DELETE", f"/assets/{result}")).code == "asset_not_uploaded"
    assert (await anna.ask("DELETE", f"/assets/{asset['id']}")).status == 204
    assert (await anna.ask("DELETE", f"/assets/{asset['id']}")).status == 404
    assert (await anna.ask("GET", f"/assets/{asset['id']}")).status == 404
    async with home.web.get(asset["url"]) as answer:
        assert answer.status == 404
    assert [each["id"] for each in (await anna.ask("GET", "/assets")).body["items"]] == [result]
    refused = await anna.ask("POST", "/tasks", {"type": "upscale", "image": asset["id"]})
    assert refused.code == "unknown_asset"
