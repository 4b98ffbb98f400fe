"""Signed links: whoever was given one may follow it, for a while, to exactly these bytes."""

import hashlib
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from gesso.kit.ids import parse_id
from gesso.kit.signing import Signer
from tests.house.person import Person, Reply
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def follow(home: Home, url: str, **headers: str) -> Reply:
    """The link as a browser follows it, which has no key."""
    async with home.web.get(url, headers=headers) as answer:
        content = await answer.read()
        is_json = answer.content_type.endswith("json")
        return Reply(
            answer.status, answer.headers, content, await answer.json() if is_json else None
        )


async def one(person: Person) -> dict[str, str]:
    """A picture's facts."""
    return dict((await person.ask("GET", f"/assets/{await person.picture()}")).body)


async def test_a_link_leads_to_the_bytes_without_a_key(home: Home) -> None:
    anna = await home.person()
    asset = await one(anna)
    whole = await follow(home, asset["url"])
    assert (whole.status, whole.headers["Content-Type"]) == (200, "image/png")
    assert hashlib.sha256(whole.content).hexdigest() == asset["sha256"]
    assert len(whole.content) == int(asset["size"])
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    thumbnail = await follow(home, asset["thumbnail_url"])
    assert (thumbnail.status, thumbnail.headers["Content-Type"]) == (200, "image/webp")
    assert thumbnail.content.startswith(b"RIFF")


async def test_a_player_may_ask_for_a_part(home: Home) -> None:
    anna = await home.person()
    url = (await one(anna))["url"]
    whole = await follow(home, url)
    size = len(whole.content)
    for asked, start, end in (
        ("bytes=0-9", 0, 10),
        ("bytes=5-", 5, size),
        ("bytes=-4", size - 4, size),
        (f"bytes=3-{size * 2}", 3, size),
    ):
        part = await follow(home, url, Range=asked)
        assert (part.status, part.content) == (206, whole.content[start:end]), asked
        assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
    beyond = await follow(home, url, Range=f"bytes={size}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    changed = await follow(home, url, Range="bytes=0-9", **{"If-Range": '"another"'})
    assert (changed.status, changed.content) == (200, whole.content)


async def test_what_a_browser_has_is_not_sent_again(home: Home) -> None:
    anna = await home.person()
    asset = await one(anna)
    for url in (asset["url"], asset["thumbnail_url"]):
        tag = (await follow(home, url)).headers["ETag"]
        again = await follow(home, url, **{"If-None-Match": f'"x", W/{tag}'})
        assert (again.status, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert (await follow(home, url, **{"If-None-Match": '"x"'})).status == 200


async def test_a_link_that_was_altered_opens_nothing(home: Home) -> None:
    anna = await home.person()
    asset, other = await one(anna), await one(anna)
    parts = urlsplit(asset["url"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    signature = query["signature"]
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    later = {**query, "expires": str(int(query["expires"]) + 3600)}
    elsewhere = parts.path.replace(asset["id"], other["id"])
    thumbnail = parts.path.replace("content", "thumbnail")
    for path, changed in (
        (parts.path, {**query, "signature": flipped}),
        (parts.path, {**query, "signature": ""}),
        (parts.path, later),
        (elsewhere, query),
        (thumbnail, query),
    ):
        reply = await follow(home, f"{path}?{urlencode(changed)}")
        assert (reply.status, reply.code) == (403, "bad_link"), (path, changed)
    assert (await follow(home, parts.path)).status == 422


async def test_a_link_dies_in_time(home: Home) -> None:
    anna = await home.person()
    asset = await one(anna)
    signer = Signer((home.data_dir / "signing.key").read_bytes())
    name, now = str(parse_id("asset", asset["id"])), int(time.time())
    for expires_at, status in ((now + 60, 200), (now - 1, 403)):
        signature = signer.sign(name, "content", expires_at=expires_at)
        query = urlencode({"expires": expires_at, "signature": signature})
        path = urlsplit(asset["url"]).path
        assert (await follow(home, f"{path}?{query}")).status == status
    alive = int(parse_qs(urlsplit(asset["url"]).query)["expires"][0]) - now
    assert 890 <= alive <= 970


async def test_only_a_picture_of_ones_own_is_an_input(home: Home) -> None:
    anna, bert = await home.person(20), await home.person()
    picture = await anna.picture()
    for body in (
        {"type": "upscale", "image": picture},
        {"type": "image_to_3d", "image": picture},
        {"type": "restore", "image": picture},
        {"type": "image_to_video", "image": picture},
    ):
        reply = await bert.ask("POST", "/tasks", body)
        assert (reply.status, reply.code) == (422, "unknown_asset")
        assert reply.body["pointer"] == "#/image"
    assert await bert.kinds() == ["grant"]
    model = (await anna.make("image_to_3d", image=picture))["outputs"][0]["asset_id"]
    reply = await anna.ask("POST", "/tasks", {"type": "upscale", "image": model})
    assert (reply.status, reply.code) == (422, "wrong_asset_kind")
