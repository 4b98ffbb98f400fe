"""Presigned addresses and forms: the same bytes as Amazon's own client makes."""

import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gesso.kit.presign import LONGEST, Condition, Presigner, object_url

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
OURS = Presigner("AKIDEXAMPLE", SECRET, "eu-central-1")
THEIRS = Credentials("AKIDEXAMPLE", SECRET)
KEYS = [
    "plain.png",
    "a/b/c.glb",
    "with space/and+plus.png",
    "Ümläut/画像-🦉.webp",
    "~tilde_under-dash.dot",
    "per%cent%20/already?query=1&x#y",
    "quotes'\"()[]{}*!$,;:@=",
    "double//slash/and/",
]
BUCKETS = ["https://bucket.s3.eu-central-1.amazonaws.com", "http://127.0.0.1:9000/bucket"]


def by_botocore(
    method: str, url: str, seconds: int, query: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[str, datetime]:
    """What botocore signs, and the moment at which it did."""
    request = AWSRequest(method=method, url=url, params=dict(query), headers=dict(headers))
    S3SigV4QueryAuth(THEIRS, "s3", "eu-central-1", expires=seconds).add_auth(request)
    signed = str(request.url)
    moment = parse_qs(urlsplit(signed).query)["X-Amz-Date"][0]
    return signed, datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@pytest.mark.parametrize("bucket_url", BUCKETS)
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("method", "query", "headers"),
    [
        ("GET", {}, {}),
        (
            "GET",
            {
                "response-content-disposition": 'inline; filename="ä b.png"; size=1+1',
                "response-content-type": "image/png",
            },
            {},
        ),
        ("PUT", {}, {"Content-Type": "image/png", "Content-Length": "12345"}),
        ("PUT", {"partNumber": "7", "uploadId": "2~a/b+c=="}, {}),
        ("DELETE", {"uploadId": "2~x"}, {}),
    ],
)
def test_an_address_is_byte_for_byte_what_botocore_makes(
    bucket_url: str, key: str, method: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    url = object_url(bucket_url, key)
    theirs, at = by_botocore(method, url, 600, query, headers)
    assert OURS.url(method, url, at=at, seconds=600, query=query, headers=headers) == theirs


def test_a_bucket_itself_can_be_asked() -> None:
    for bucket_url in BUCKETS:
        theirs, at = by_botocore("GET", bucket_url, 60, {"uploads": "", "prefix": "a/"}, {})
        ours = OURS.url("GET", bucket_url, at=at, seconds=60, query={"uploads": "", "prefix": "a/"})
        assert ours == theirs


def test_a_form_carries_the_policy_that_botocore_would_sign() -> None:
    at = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
    conditions: list[Condition] = [
        {"bucket": "bucket"},
        {"key": "画像 1.png"},
        ["content-length-range", 1, 1000],
        ["starts-with", "$Content-Type", "image/"],
    ]
    fields = OURS.form(conditions, at=at, seconds=900)
    policy = json.loads(b64decode(fields["policy"]))
    assert policy["expiration"] == "2026-11-25T10:45:00Z"
    assert policy["conditions"][:4] == conditions

    request = AWSRequest(method="POST", url=BUCKETS[0])
    request.context["s3-presign-post-fields"] = {}
    request.context["s3-presign-post-policy"] = {
        "expiration": policy["expiration"],
        "conditions": list(conditions),
    }
    S3SigV4PostAuth(THEIRS, "s3", "eu-central-1").add_auth(request)
    theirs = request.context["s3-presign-post-fields"]
    moment = datetime.strptime(theirs["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ends = datetime.fromisoformat(policy["expiration"]) - moment
    assert OURS.form(conditions, at=moment, seconds=int(ends.total_seconds())) == theirs


def test_no_link_lives_longer_than_servers_accept() -> None:
    url = OURS.url(
        "GET", "https://x/y", at=datetime.now(UTC), seconds=int(timedelta(days=30).total_seconds())
    )
    assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == [str(LONGEST)]


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(OURS)
