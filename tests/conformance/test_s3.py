"""What only a bucket does: links that the server checks, unfinished uploads, refusals."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import pytest

from gesso.infra.storage import Download, StorageFull, StorageUnavailable
from gesso.infra.storage.s3 import S3Storage
from gesso.infra.storage.upload import PART
from gesso.infra.storage.uploads import Uploads
from gesso.kit.presign import Condition, Presigner, object_url
from tests.conformance.shelf import KEY, LIMIT, PREFIX, pieces, whole
from tests.house.s3 import Bucket

AWKWARD = "Ümläut 画像/a b+c&d=e?f#g%20'(h)~.png"
PICTURE = Download(60, "image/png", 'inline; filename="a.png"', "private, max-age=60")


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def presigner(bucket: Bucket) -> Presigner:
    return Presigner(bucket.gateway.access_key, bucket.gateway.secret_key, "us-east-1")


def changed(url: str, old: str, new: str) -> str:
    """The link with its path altered."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.replace(old, new)))


async def test_a_link_leads_to_the_bytes_and_to_nothing_else(
    bucket: Bucket, web: aiohttp.ClientSession
) -> None:
    storage = bucket.storage(prefix=PREFIX, downloads="redirect")
    for key in (KEY, "tenant/other"):
        await storage.put(key, pieces(b"0123456789"), limit=LIMIT)
    url = str(await storage.link(KEY, PICTURE))
    async with web.get(url) as answer:
        assert (answer.status, await answer.read()) == (200, b"0123456789")
        told = {name: answer.headers[name] for name in ("Content-Type", "Content-Disposition")}
        assert told == {"Content-Type": "image/png", "Content-Disposition": PICTURE.disposition}
        assert answer.headers["Cache-Control"] == PICTURE.cache_control
    async with web.get(url, headers={"Range": "bytes=2-4"}) as answer:
        assert (answer.status, await answer.read()) == (206, b"234")
        assert answer.headers["Content-Range"] == "bytes 2-4/10"
    for bad in (
        changed(url, KEY, "tenant/other"),
        url.replace("image%2Fpng", "text%2Fhtml"),
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
    ):
        async with web.get(bad) as answer:
            assert answer.status == 403, bad
    async with web.delete(url) as answer:
        assert answer.status == 403
    assert await whole(storage, KEY) == b"0123456789"


async def test_a_link_dies_in_time(
    bucket: Bucket, presigner: Presigner, web: aiohttp.ClientSession
) -> None:
    await bucket.storage().put("a", pieces(b"x"), limit=1)
    address = object_url(bucket.settings().bucket_url, "a")
    for age, status in ((0, 200), (120, 403)):
        at = datetime.now(UTC) - timedelta(seconds=age)
        async with web.get(presigner.url("GET", address, at=at, seconds=60)) as answer:
            assert answer.status == status


async def test_a_link_uses_the_address_that_clients_know(bucket: Bucket) -> None:
    public = "https://media.example.org"
    storage = bucket.storage(downloads="redirect", public_endpoint=public)
    url = str(await storage.link(KEY, PICTURE))
    assert url.startswith(f"{public}/{bucket.name}/{KEY}?")


async def test_an_upload_is_bound_to_its_size_and_type(
    bucket: Bucket, presigner: Presigner, web: aiohttp.ClientSession
) -> None:
    address, right = object_url(bucket.settings().bucket_url, AWKWARD), "image/png"
    headers = {"content-type": right, "content-length": "10"}
    url = presigner.url("PUT", address, at=datetime.now(UTC), seconds=60, headers=headers)
    for size, kind, status in ((9, right, 403), (11, right, 403), (10, "text/html", 403),
                               (10, right, 200)):  # fmt: skip
        async with web.put(url, data=bytes(size), headers={"content-type": kind}) as answer:
            assert answer.status == status, (size, kind)
    assert bucket.listed() == [AWKWARD]


async def test_parts_can_be_uploaded_by_whoever_was_given_their_addresses(
    bucket: Bucket, presigner: Presigner, web: aiohttp.ClientSession
) -> None:
    begun = bucket.client.create_multipart_upload(Bucket=bucket.name, Key=AWKWARD)["UploadId"]
    address, parts = object_url(bucket.settings().bucket_url, AWKWARD), []
    for number, size in ((1, PART), (2, 7)):
        query = {"partNumber": str(number), "uploadId": begun}
        url = presigner.url("PUT", address, at=datetime.now(UTC), seconds=60, query=query)
        async with web.put(url, data=BytesIO(bytes(size))) as answer:
            assert answer.status == 200
            parts.append({"PartNumber": number, "ETag": answer.headers["ETag"]})
        async with web.put(url.replace("partNumber=", "partNumber=1"), data=b"x") as answer:
            assert answer.status == 403
    bucket.client.complete_multipart_upload(
        Bucket=bucket.name, Key=AWKWARD, UploadId=begun, MultipartUpload={"Parts": parts}
    )
    assert bucket.client.head_object(Bucket=bucket.name, Key=AWKWARD)["ContentLength"] == PART + 7


async def test_a_form_uploads_what_its_policy_allows(
    bucket: Bucket, presigner: Presigner, web: aiohttp.ClientSession
) -> None:
    named = {"key": "画像 1.png", "content-type": "image/png"}
    conditions: list[Condition] = [
        {"bucket": bucket.name},
        *({name: value} for name, value in named.items()),
        ["content-length-range", 1, 10],
    ]
    proof = presigner.form(conditions, at=datetime.now(UTC), seconds=60)

    async def send(size: int, **other: str) -> int:
        form = aiohttp.FormData({**named, **proof, **other}, default_to_multipart=True)
        form.add_field("file", bytes(size), filename="x")
        async with web.post(bucket.settings().bucket_url, data=form) as answer:
            return answer.status

    assert await send(11) == 400
    assert await send(10, key="other.png") == 403
    assert bucket.listed() == []
    assert await send(10) == 204
    assert bucket.listed() == [named["key"]]


async def test_uploads_that_nobody_ended_are_swept_when_they_are_old(bucket: Bucket) -> None:
    names = [f"{PREFIX}/tenant/{number}" for number in range(3)]
    for key in (*names, "other/house"):
        bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key)
    storage = bucket.storage(prefix=PREFIX)
    await storage.put("kept", pieces(b"x"), limit=LIMIT)
    assert await storage.sweep_partial(timedelta(hours=1)) == 0
    assert len(bucket.uploads()) == 4
    # The server's clock and ours need not agree to the second.
    assert await storage.sweep_partial(timedelta(seconds=-60)) == 3
    assert (bucket.uploads(), bucket.listed()) == (["other/house"], [f"{PREFIX}/kept"])


async def test_more_unfinished_uploads_than_a_page_are_all_swept(
    bucket: Bucket, presigner: Presigner
) -> None:
    for number in range(5):
        bucket.client.create_multipart_upload(Bucket=bucket.name, Key=f"a/{number}")
    uploads = Uploads(presigner, bucket.settings(), page=2)
    assert await uploads.abort(before=datetime.now(UTC) + timedelta(minutes=1)) == 5
    assert bucket.uploads() == []


async def test_a_key_from_the_environment_is_enough(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.gateway.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bucket.gateway.secret_key)
    storage = bucket.storage(access_key=None, secret_key=None)
    await storage.put(KEY, pieces(b"x"), limit=LIMIT)
    assert await whole(storage, KEY) == b"x"
    assert await storage.sweep_partial(timedelta(0)) == 0


async def test_what_the_environment_says_besides_does_not_spoil_our_key(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-another-key")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another-key")
    await bucket.storage().check()


async def test_a_missing_bucket_is_no_missing_file(bucket: Bucket) -> None:
    storage = bucket.storage(bucket="nobody-made-it")
    await refuses(storage)


async def test_a_key_that_is_not_accepted_is_told(bucket: Bucket) -> None:
    await refuses(bucket.storage(secret_key="wrong" * 8))
    stranger = replace(bucket, gateway=replace(bucket.gateway, access_key="nobody"))
    await refuses(stranger.storage())


async def refuses(storage: S3Storage) -> None:
    """Every call says that the storage is unavailable, and none takes it for an absent file."""
    for call in (
        storage.put(KEY, pieces(b"x"), limit=LIMIT),
        storage.put(KEY, pieces(bytes(2 * PART)), limit=LIMIT),
        storage.open(KEY),
        storage.open(KEY, 3, 9),
        storage.size(KEY),
        storage.delete(KEY),
        storage.check(),
        storage.sweep("scratch", timedelta(0)),
        storage.sweep_partial(timedelta(0)),
    ):
        with pytest.raises(StorageUnavailable):
            await call


async def test_a_full_bucket_is_told_apart(bucket: Bucket) -> None:
    name, gateway = f"u{secrets.token_hex(6)}", bucket.gateway
    gateway.admin(
        f"user create --uid={name} --display-name={name} --access-key={name} --secret-key={name}"
    )
    gateway.admin(f"quota set --quota-scope=user --uid={name} --max-size=4096")
    gateway.admin(f"quota enable --quota-scope=user --uid={name}")
    tenant = replace(gateway, access_key=name, secret_key=name)
    small = Bucket(name, tenant, tenant.client())
    small.client.create_bucket(Bucket=name)
    for size in (5000, 2 * PART):
        with pytest.raises(StorageFull) as caught:
            await small.storage().put(KEY, pieces(bytes(size)), limit=LIMIT)
        assert (caught.value.status, caught.value.kind) == (507, "storage_full")
    assert (small.listed(), small.uploads()) == ([], [])
