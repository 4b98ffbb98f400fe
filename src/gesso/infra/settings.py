"""Settings: one frozen tree from defaults,
a YAML file and the environment, checked before anything starts.

The environment wins over the file. A nested name is joined by two underscores:
`GESSO_DATABASE__URL`. The file is `$GESSO_CONFIG`, or `gesso.yaml` in the data directory where
there is one.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, Self, cast

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)
from sqlalchemy import make_url

from gesso.infra.addresses import without_password, without_passwords
from gesso.infra.branches import (
    AccountSettings,
    BindsSettings,
    BrokerSettings,
    ComfySettings,
    DatabaseSettings,
    EngineSettings,
    HooksSettings,
    KeyringSettings,
    OutboundSettings,
    ProviderSettings,
    RedisSettings,
    RoutingSettings,
    ServerSettings,
    TokensSettings,
    TopicSettings,
)
from gesso.infra.entrance import MailSettings, SigninSettings
from gesso.infra.limits.settings import LimitsSettings
from gesso.infra.media_settings import MediaSettings, ModerationSettings
from gesso.infra.payment_settings import PaymentSettings
from gesso.infra.storage.settings import StorageSettings
from gesso.kit.money import CREDIT

BINDS: Final = ("main", "analytics")
"""The databases that gesso knows by name."""


_TO_TRY_WITH: Final = 100
"""Credits of newcomers in development."""


class SettingsError(Exception):
    """The settings make no sense; the message names each key and what is wrong with it."""


class Settings(BaseSettings):
    """The whole tree; built once at start and handed down."""

    model_config = SettingsConfigDict(
        env_prefix="GESSO_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    environment: Literal["development", "test", "production"] = "development"
    signing_key: SecretStr | None = Field(
        None, min_length=32, description="Signs links; none: a file in the data directory."
    )
    master_key: SecretStr | None = Field(
        None, min_length=32, description="Wraps what is in the keyring; none: a file."
    )
    data_dir: Path = Path("gesso-data")
    plugins: tuple[str, ...] = Field((), description="Modules to import beside the entry points.")
    catalog: Path | None = Field(None, description="A catalogue of models beside the built-in one.")
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    account: AccountSettings = AccountSettings()
    database: DatabaseSettings = DatabaseSettings()
    binds: BindsSettings = BindsSettings()
    server: ServerSettings = ServerSettings()
    engine: EngineSettings = EngineSettings()
    broker: BrokerSettings = BrokerSettings()
    topic: TopicSettings = TopicSettings()
    media: MediaSettings = MediaSettings()
    storage: StorageSettings = StorageSettings()
    redis: RedisSettings = RedisSettings()
    outbound: OutboundSettings = OutboundSettings()
    limits: LimitsSettings = LimitsSettings()
    moderation: ModerationSettings = ModerationSettings()
    keyring: KeyringSettings = KeyringSettings()
    tokens: TokensSettings = TokensSettings()
    hooks: HooksSettings = HooksSettings()
    mail: MailSettings = MailSettings()
    signin: SigninSettings = SigninSettings()
    routing: RoutingSettings = RoutingSettings()
    providers: Mapping[str, ProviderSettings] = {}
    comfyui: ComfySettings = ComfySettings()
    payments: PaymentSettings = PaymentSettings()

    @field_validator("database")
    @classmethod
    def _can_be_main(cls, database: DatabaseSettings) -> DatabaseSettings:
        if database.url and make_url(database.url).drivername.endswith("aiomysql"):
            raise ValueError("the main database is SQLite or PostgreSQL; MySQL is for other binds")
        return database

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

    @model_validator(mode="after")
    def _check_topic(self) -> Self:
        if self.topic.enabled and self.broker.url is None:
            raise ValueError("GESSO_TOPIC__ENABLED needs a broker: GESSO_BROKER__URL")
        return self

    @model_validator(mode="after")
    def _check_hooks(self) -> Self:
        if self.hooks.trust_unsigned and self.environment != "development":
            raise ValueError(
                "GESSO_HOOKS__TRUST_UNSIGNED lets anybody who knows an address bring a result; it"
                " is for GESSO_ENVIRONMENT=development alone"
            )
        return self

    @property
    def database_url(self) -> str:
        """The main database, SQLite in the data directory unless said otherwise."""
        return self.database.url or f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'gesso.db'}"

    def bind(self, name: str) -> DatabaseSettings:
        """A bind's settings, its address filled in: the main database's where it has none of its
        own. SettingsError for a name that is no bind's.
        """
        if name not in BINDS:
            raise SettingsError(f"There is no bind {name!r}. There are: {', '.join(BINDS)}.")
        own: DatabaseSettings = self.database if name == "main" else getattr(self.binds, name)
        return own.model_copy(update={"url": own.url or self.database_url})

    @property
    def welcome(self) -> int:
        """What whoever comes in by themselves is given, in micro-credits."""
        usual = _TO_TRY_WITH if self.environment == "development" else 0
        said = self.signin.start_credits
        return (usual if said is None else said) * CREDIT

    @property
    def public_url(self) -> str:
        """The root under which clients reach this server, without a slash at its end."""
        return (self.server.public_url or f"http://{self.server.host}:{self.server.port}").rstrip(
            "/"
        )

    def shown(self) -> dict[str, object]:
        """The tree as plain data with every secret hidden."""
        tree = self.model_dump(mode="json")
        tree["database"]["url"] = self.database_url
        return cast(dict[str, object], without_passwords(tree))

    @property
    def shown_database_url(self) -> str:
        """The database's address without any password."""
        return without_password(self.database_url)


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
        lines = [f"  {_name(issue['loc'])}{_said(issue['msg'])}" for issue in error.errors()]
        raise SettingsError("These settings make no sense:\n" + "\n".join(lines)) from error


def _name(path: tuple[int | str, ...]) -> str:
    """The setting that is meant; nothing where it is the tree as a whole."""
    return "GESSO_" + "__".join(str(part).upper() for part in path) + ": " if path else ""


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
