"""Branches of the settings: what each part of gesso can be told, and what it is when it is not."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from gesso.infra.http.guard import Guard

_DRIVERS: Final = (
    "sqlite+aiosqlite",
    "postgresql+asyncpg",
    "mysql+aiomysql",
    "mariadb+aiomysql",
)


class _Branch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Branch):
    """Where a database is, and how long anyone may wait for it (seconds)."""

    url: str | None = Field(None, description="SQLAlchemy URL; none: SQLite in the data directory.")
    pool_size: int = Field(12, ge=1, le=200, description="Connections at most.")
    worker_pool_size: int = Field(
        4, ge=1, le=200, description="The same for each of a worker's processes."
    )
    pool_timeout: float = Field(2.0, gt=0, description="Wait for a free connection before 503.")
    connect_timeout: float = Field(3.0, gt=0)
    statement_timeout: float = Field(5.0, gt=0)
    lock_timeout: float = Field(5.0, gt=0, description="Wait for a row that another one holds.")
    idle_in_transaction_timeout: float = Field(10.0, gt=0)
    upgrade_on_start: bool = Field(True, description="Bring the schema up to date at start.")

    @field_validator("url")
    @classmethod
    def _is_known(cls, url: str | None) -> str | None:
        """Refuse what no part of gesso could open; the sentence never repeats the address."""
        if url is None:
            return None
        try:
            driver = make_url(url).drivername
        except (ArgumentError, ValueError):
            raise ValueError("this is no SQLAlchemy address (dialect+driver://…)") from None
        if driver not in _DRIVERS:
            raise ValueError(f"{driver!r} is not known; there are {', '.join(_DRIVERS)}")
        return url


class AccountSettings(_Branch):
    """How accounts are ended (seconds)."""

    erasure_grace: float = Field(
        60.0, ge=0, le=86_400, description="Until an erasure looks back and is finished."
    )


class BindSettings(DatabaseSettings):
    """A database beside the main one."""

    url: str | None = Field(None, description="SQLAlchemy URL; none: in the main database.")
    pool_size: int = Field(4, ge=1, le=200, description="Connections at most.")


class BindsSettings(_Branch):
    """Databases beside the main one; what they hold is derived from it, and may lag behind."""

    analytics: BindSettings = BindSettings()

    @model_validator(mode="before")
    @classmethod
    def _are_known(cls, given: Any) -> Any:
        """Refuse a bind that nothing would ever be written to."""
        for name in given if isinstance(given, dict) else ():
            if name == "main":
                raise ValueError("the bind 'main' is set by GESSO_DATABASE__…")
            if name not in cls.model_fields:
                known = ", ".join(cls.model_fields)
                raise ValueError(f"there is no bind {name!r}; there are: {known}")
        return given


class ServerSettings(_Branch):
    """The HTTP side."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    processes: int = Field(1, ge=1, le=64, description="Serving processes; PostgreSQL only.")
    public_url: str | None = Field(None, description="How clients reach us; used in signed links.")
    max_body: int = Field(1 << 20, ge=1024, description="Bytes of a request body.")
    body_seconds: float = Field(60.0, gt=0, description="Time in which a request body must arrive.")
    body_grace: float = Field(10.0, gt=0, description="Seconds before its speed matters.")
    body_speed: int = Field(1024, ge=1, description="Bytes a second, at the least, from then on.")
    header_seconds: float = Field(10.0, gt=0, description="Time for the head of a request.")
    write_seconds: float = Field(60.0, gt=0, description="Time for which nothing is read from us.")
    keep_alive_seconds: int = Field(30, ge=1, description="Time between requests.")
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Networks whose word on who is calling is believed."
    )
    proxy_headers: Literal["x-forwarded", "forwarded"] = Field(
        "x-forwarded", description="In which headers they say it."
    )
    shutdown_seconds: float = Field(
        18.0, gt=0, description="Time for running work to end at SIGTERM."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network, strict=False)
        return networks


class EngineSettings(_Branch):
    """Who works off what is due."""

    kind: Literal["local", "celery", "none"] = Field(
        "local", description="celery: workers do the work; none: this process only serves."
    )
    handlers: int = Field(128, ge=1, le=10_000, description="Steps in flight in this process.")
    processes: int | None = Field(
        None, ge=1, le=256, description="Worker processes; none: one a core."
    )
    tick: float = Field(1.0, gt=0, description="Seconds between looks when nothing rings.")
    lease: float = Field(
        30.0, ge=1, description="Seconds until a silent worker's job is taken over."
    )
    celery: dict[str, Any] = Field(
        {}, description="More settings of Celery's own; what could lose work is said at the start."
    )


class BrokerSettings(_Branch):
    """The message broker, and how long anyone may wait for it (seconds)."""

    url: str | None = Field(
        None, pattern="^amqps?://", description="amqp://user:password@host/vhost; none: no broker."
    )
    timeout: float = Field(5.0, ge=0.1, description="Wait for a connection, and for a confirm.")
    heartbeat: int = Field(10, ge=1, le=600, description="Silence after which both ends ask.")


class TopicSettings(_Branch):
    """Task and job events for other services, on the message broker."""

    enabled: bool = Field(False, description="Tell them; what happens while it is off is not told.")
    exchange: str = Field("gesso.events", min_length=1, max_length=200)


class OutboundSettings(_Branch):
    """What may be reached at the word of users and providers, beside the public network."""

    allow: tuple[str, ...] = Field(
        (), description="host:port, or networks (10.1.0.0/16), that may be reached besides."
    )

    @field_validator("allow")
    @classmethod
    def _can_be_read(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        Guard.that_allows(entries)
        return entries


class KeyringSettings(_Branch):
    """Where the master keys of the keyring come from, beside `GESSO_MASTER_KEY`."""

    master_key_file: Path | None = Field(
        None, description="One a line, the one in force first; none: in the data directory."
    )
    old_master_keys: tuple[SecretStr, ...] = Field(
        (), description="Those that still open what they wrapped."
    )
    plugin: str | None = Field(
        None,
        pattern=r"^[\w.]+(:\w+)?$",
        description="An entry point of `gesso.masters`, or module:name; its keys come first.",
    )

    @field_validator("old_master_keys")
    @classmethod
    def _are_long(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < 32 for key in keys):
            raise ValueError("a master key has at least 32 letters")
        return keys


class TokensSettings(_Branch):
    """The access tokens of those who sign in."""

    issuer: str | None = Field(
        None, pattern=r"^https?://\S+$", description="`iss` in tokens; none: the public address."
    )
    key_days: int = Field(
        30, ge=0, le=3650, description="Age at which a new key signs them; 0: only by hand."
    )


class RoutingSettings(_Branch):
    """How it is learned which provider is asked next, where several can make a piece."""

    explore: float = Field(
        0.05, ge=0, le=0.5, description="Share of pieces that try another than the best."
    )
    faults: int = Field(
        3, ge=1, le=100, description="Failures in a row after which a target is left alone."
    )
    rest: float = Field(
        15.0, ge=0.1, le=600, description="Seconds for which; twice as long each further time."
    )
    speed: float = Field(0.25, ge=0, le=2, description="How much slowness weighs; 0: not at all.")
    thrift: float = Field(0.25, ge=0, le=2, description="How much cost weighs; 0: not at all.")


class ProviderSettings(_Branch):
    """Where one provider is, and what opens it; both are known by custom for most."""

    root: str | None = Field(
        None, pattern=r"^https?://.*[^/]$", description="Its API's address; none: the usual one."
    )
    secrets: Mapping[str, SecretStr] = Field(
        {}, description="Parts of its credential; none: from the variables that are customary."
    )
    concurrency: int | None = Field(
        None, ge=1, le=10_000, description="Calls in flight in one process; none: a quarter of "
        "`engine.handlers`, for submissions, questions and downloads each.",
    )  # fmt: skip
    per_minute: int | None = Field(
        None, ge=1, le=600_000, description="Calls from one process in a minute, submissions and "
        "questions together; none: as many as there are.",
    )  # fmt: skip


class HooksSettings(_Branch):
    """The addresses to which providers report."""

    trust_unsigned: bool = Field(
        False, description="Believe reports whatever their signature; development only."
    )


class RedisSettings(_Branch):
    """Where wake-ups and kept answers travel between processes; never needed to be right."""

    url: str | None = Field(
        None,
        pattern=r"^(redis|rediss|unix)://",
        description="redis://, rediss:// or unix://; none: everything stays in the process.",
    )
    timeout: float = Field(
        0.05, gt=0, le=5, description="Seconds for one call, connecting included."
    )


class ComfyServerSettings(_Branch):
    """One server of the pool."""

    url: str = Field(pattern=r"^https?://.*[^/]$", description="Where it is.")
    capacity: int = Field(1, ge=1, le=64, description="Jobs that it is given at once.")
    token: SecretStr | None = Field(None, description="Bearer token of a proxy before it.")
    tags: tuple[str, ...] = Field((), description="What it offers that not every server does.")


class ComfySettings(_Branch):
    """The pool of ComfyUI servers, and the workflows that they run."""

    servers: Mapping[str, ComfyServerSettings] = Field({}, description="By names of your own.")
    templates: Path | None = Field(None, description="A folder of workflows, taken in at start.")
    lost_after: float = Field(
        30.0, ge=0, description="Seconds of silence after which a server's jobs go elsewhere."
    )
