"""Addresses and forms that let their holder do one thing to one object of an S3 bucket, and not
for long.

Amazon publishes the algorithm as "Authenticating Requests: Using Query Parameters (AWS Signature
Version 4)" and "Browser-Based Uploads Using POST" in the Amazon S3 API Reference; every
S3-compatible server checks the same. Nothing here touches the network.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlsplit

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
LONGEST: Final = 7 * 24 * 3600
"""Seconds beyond which no server accepts a signature."""

Condition = Mapping[str, str] | Sequence[str | int]
"""`{"key": "a.png"}` or `["content-length-range", 1, 500]`, as S3's policies have it."""


@dataclass(frozen=True, slots=True)
class Presigner:
    """Signs with one access key for one region."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str

    def url(
        self,
        method: str,
        address: str,
        *,
        at: datetime,
        seconds: int,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """The address, opened for this method from `at` on for so many seconds.

        Whoever uses it has to send exactly these headers: a signed content-length and content-type
        bind an upload to its size and type. `address` is as `object_url` makes it.
        """
        parts = urlsplit(address)
        signed = {name.lower(): value.strip() for name, value in (headers or {}).items()}
        signed["host"] = parts.netloc
        names = ";".join(sorted(signed))
        asked = {
            **(query or {}),
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": self._credential(at),
            "X-Amz-Date": _instant(at),
            "X-Amz-Expires": str(min(seconds, LONGEST)),
            "X-Amz-SignedHeaders": names,
        }
        fields = [(_plain(name), _plain(value)) for name, value in asked.items()]
        request = [method, parts.path, _query(sorted(fields))]
        request += [f"{name}:{signed[name]}" for name in sorted(signed)]
        request += ["", names, "UNSIGNED-PAYLOAD"]
        digest = hashlib.sha256("\n".join(request).encode()).hexdigest()
        text = "\n".join([_ALGORITHM, _instant(at), self._scope(at), digest])
        return f"{address}?{_query(fields)}&X-Amz-Signature={self._sign(text, at)}"

    def form(
        self, conditions: Sequence[Condition], *, at: datetime, seconds: int
    ) -> dict[str, str]:
        """The fields by which a browser's form may upload what fulfils the conditions.

        What the form sends beside its file has to stand among the conditions.
        """
        proof = {
            "x-amz-algorithm": _ALGORITHM,
            "x-amz-credential": self._credential(at),
            "x-amz-date": _instant(at),
        }
        end = at.astimezone(UTC) + timedelta(seconds=seconds)
        policy = {
            "expiration": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "conditions": [*conditions, *({name: value} for name, value in proof.items())],
        }
        encoded = b64encode(json.dumps(policy).encode()).decode()
        return {**proof, "policy": encoded, "x-amz-signature": self._sign(encoded, at)}

    def _credential(self, at: datetime) -> str:
        return f"{self.access_key}/{self._scope(at)}"

    def _scope(self, at: datetime) -> str:
        return f"{_instant(at)[:8]}/{self.region}/s3/aws4_request"

    def _sign(self, text: str, at: datetime) -> str:
        """Sign with the key that is good for one day, one region and one service."""
        key = f"AWS4{self.secret_key}".encode()
        for part in (*self._scope(at).split("/"), text):
            key = hmac.digest(key, part.encode(), hashlib.sha256)
        return key.hex()


def object_url(bucket_url: str, key: str) -> str:
    """The address of an object below its bucket's, written as S3 signs it; no key: the bucket."""
    return f"{bucket_url}/{quote(key, safe='/-_.~')}"


def _query(fields: Sequence[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in fields)


def _plain(text: str) -> str:
    return quote(text, safe="-_.~")


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
