"""Settings of the storage: a wrong or missing combination is refused before anything starts."""

import re
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

_PREFIX: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_FOR_S3: Final = ("bucket", "prefix", "endpoint", "public_endpoint", "access_key", "secret_key")


class StorageSettings(BaseModel):
    """Where the bytes of results are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["local", "s3"] = Field("local", description="local: below the data directory.")
    bucket: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    prefix: str | None = Field(
        None, description="Goes before every key, for a bucket that is shared."
    )
    endpoint: str | None = Field(None, description="The server's address; none: Amazon's.")
    public_endpoint: str | None = Field(
        None, description="The address that clients use where it is another one."
    )
    region: str = Field("us-east-1", pattern=r"^[A-Za-z0-9-]{1,64}$")
    access_key: str | None = Field(
        None, description="None: from the environment or the machine's role."
    )
    secret_key: SecretStr | None = None
    path_style: bool | None = Field(
        None, description="The bucket stands in the path; none: where an endpoint is set."
    )
    downloads: Literal["stream", "redirect"] = Field(
        "stream", description="redirect: clients fetch from the bucket, by links that it signs."
    )
    timeout: float = Field(20.0, gt=0, le=300, description="Seconds of silence until it is away.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        trouble = self._trouble()
        if trouble is not None:
            raise ValueError(trouble)
        return self

    @property
    def bucket_url(self) -> str:
        """The bucket's address for us."""
        return self._url(self.endpoint)

    @property
    def public_bucket_url(self) -> str:
        """The bucket's address for clients."""
        return self._url(self.public_endpoint or self.endpoint)

    @property
    def has_bucket_in_path(self) -> bool:
        """Whether the bucket stands in an address's path instead of its host."""
        return self.endpoint is not None if self.path_style is None else self.path_style

    def _url(self, endpoint: str | None) -> str:
        root = (endpoint or f"https://s3.{self.region}.amazonaws.com").rstrip("/")
        if self.has_bucket_in_path:
            return f"{root}/{self.bucket}"
        scheme, _, host = root.partition("://")
        return f"{scheme}://{self.bucket}.{host}"

    def _trouble(self) -> str | None:
        """What does not go together, as a sentence."""
        if self.kind == "local":
            stray = [name for name in _FOR_S3 if getattr(self, name)]
            stray += ["downloads"] if self.downloads == "redirect" else []
            return f"`{stray[0]}` needs the kind s3, and this one is local" if stray else None
        if self.bucket is None:
            return "the kind s3 needs a bucket"
        if (self.access_key is None) != (self.secret_key is None):
            return "access_key and secret_key go together: set both or neither"
        if self.downloads == "redirect" and self.access_key is None:
            return "redirect needs access_key and secret_key, with which links are signed"
        if self.prefix and _PREFIX.fullmatch(self.prefix) is None:
            return "a prefix is made of plain names with `/` between them, as in `gesso/media`"
        for name in ("endpoint", "public_endpoint"):
            value = getattr(self, name)
            if value is not None and not _is_root(value):
                return f"{name} is an address without a path, as in https://s3.example.org"
        return None


def _is_root(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    bare = parts._replace(path="").geturl() == address.rstrip("/") and parts.path in ("", "/")
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and bare and plain
