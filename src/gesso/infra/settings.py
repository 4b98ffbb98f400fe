"""Settings: one frozen tree from defaults,
a YAML file and the environment, checked before anything starts.

The environment wins over the file. A nested name is joined by two underscores:
`GESSO_DATABASE__URL`. The file is `$GESSO_CONFIG`, or `gesso.yaml` in the data directory where
there is one.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)
from sqlalchemy import make_url


class SettingsError(Exception):
    """The settings make no sense; the message names each key and what is wrong with it."""


class _Branch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Branch):
    """Where the truth lives, and how long anyone may wait for it (seconds)."""

    url: str | None = Field(None, description="SQLAlchemy URL; none: SQLite in the data directory.")
    pool_size: int = Field(12, ge=1, le=200, description="Connections at most.")
    pool_timeout: float = Field(2.0, gt=0, description="Wait for a free connection before 503.")
    connect_timeout: float = Field(3.0, gt=0)
    statement_timeout: float = Field(5.0, gt=0)
    lock_timeout: float = Field(5.0, gt=0, description="Wait for a row that another one holds.")
    idle_in_transaction_timeout: float = Field(10.0, gt=0)
    upgrade_on_start: bool = Field(True, description="Bring the schema up to date at start.")


class ServerSettings(_Branch):
    """The HTTP side."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    processes: int = Field(1, ge=1, le=64, description="Serving processes; PostgreSQL only.")
    public_url: str | None = Field(None, description="How clients reach us; used in signed links.")
    max_body: int = Field(1 << 20, ge=1024, description="Bytes of a request body.")
    body_seconds: float = Field(20.0, gt=0, description="Time in which a request body must arrive.")
    shutdown_seconds: float = Field(
        18.0, gt=0, description="Time for running work to end at SIGTERM."
    )


class EngineSettings(_Branch):
    """Who works off what is due."""

    kind: Literal["local", "none"] = Field("local", description="none: this process only serves.")
    handlers: int = Field(128, ge=1, le=10_000, description="Steps in flight in this process.")
    processes: int | None = Field(
        None, ge=1, le=256, description="Worker processes; none: one a core."
    )
    tick: float = Field(1.0, gt=0, description="Seconds between looks when nothing rings.")
    lease: float = Field(
        30.0, ge=1, description="Seconds until a silent worker's job is taken over."
    )


class MediaSettings(_Branch):
    """What is taken into storage, and how it is handed out."""

    max_bytes: int = Field(256 << 20, ge=1 << 20)
    max_pixels: int = Field(40_000_000, ge=1_000_000)
    link_seconds: int = Field(900, ge=60, le=86_400, description="Life of a signed link.")


class Settings(BaseSettings):
    """The whole tree; built once at start and handed down."""

    model_config = SettingsConfigDict(
        env_prefix="GESSO_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    environment: Literal["development", "test", "production"] = "development"
    data_dir: Path = Path("gesso-data")
    plugins: tuple[str, ...] = Field((), description="Modules to import beside the entry points.")
    catalog: Path | None = Field(None, description="A catalogue of models beside the built-in one.")
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    engine: EngineSettings = EngineSettings()
    media: MediaSettings = MediaSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        yaml = YamlConfigSettingsSource(settings_cls, yaml_file=config_file())
        return init_settings, env_settings, yaml

    @property
    def database_url(self) -> str:
        """The main database, SQLite in the data directory unless said otherwise."""
        return self.database.url or f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'gesso.db'}"

    @property
    def public_url(self) -> str:
        """The root under which clients reach this server, without a slash at its end."""
        return (self.server.public_url or f"http://{self.server.host}:{self.server.port}").rstrip(
            "/"
        )

    def shown(self) -> dict[str, object]:
        """The tree as plain data with every secret hidden."""
        tree = self.model_dump(mode="json")
        tree["database"]["url"] = self.shown_database_url
        return tree

    @property
    def shown_database_url(self) -> str:
        """The database's address without any password, in its user part or in its query."""
        url = make_url(self.database_url)
        query = {name: "***" if "pass" in name.lower() else url.query[name] for name in url.query}
        return url.set(query=query).render_as_string(hide_password=True)


def config_file() -> Path | None:
    """The settings file in force, if there is one."""
    named = os.environ.get("GESSO_CONFIG")
    if named:
        return Path(named)
    beside = Path(os.environ.get("GESSO_DATA_DIR", "gesso-data")) / "gesso.yaml"
    return beside if beside.is_file() else None


def load_settings(**overrides: object) -> Settings:
    """The settings in force; SettingsError names what is wrong instead of a traceback."""
    file = config_file()
    if file is not None and not file.is_file():
        raise SettingsError(f"GESSO_CONFIG names a file that is not there: {file}")
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # checked by Pydantic
    except ValidationError as error:
        lines = [f"  {_name(issue['loc'])}: {issue['msg']}" for issue in error.errors()]
        raise SettingsError("These settings make no sense:\n" + "\n".join(lines)) from error


def _name(path: tuple[int | str, ...]) -> str:
    return "GESSO_" + "__".join(str(part).upper() for part in path)
