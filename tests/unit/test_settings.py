"""Settings: what is shown of them carries no secret."""

import json

import pytest

from gesso.infra.addresses import without_password
from gesso.infra.branches import (
    BindSettings,
    BindsSettings,
    BrokerSettings,
    DatabaseSettings,
    RedisSettings,
    ServerSettings,
)
from gesso.infra.settings import Settings, SettingsError, load_settings


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://anna:s3cr3t-word@db/gesso",
        "postgresql+asyncpg://db/gesso?user=anna&password=s3cr3t-word",
        "postgresql+asyncpg://db/gesso?passfile=s3cr3t-word&sslpassword=s3cr3t-word",
        "postgresql+asyncpg://db/gesso?password=a&password=s3cr3t-word",
    ],
)
def test_a_database_password_is_not_shown_wherever_it_stands(url: str) -> None:
    settings = Settings(database=DatabaseSettings(url=url))
    shown = json.dumps(settings.shown())
    assert "s3cr3t-word" not in shown
    assert "s3cr3t-word" not in settings.shown_database_url
    assert "db/gesso" in settings.shown_database_url


def test_unsigned_reports_are_believed_by_developers_alone() -> None:
    assert load_settings(hooks={"trust_unsigned": True}).hooks.trust_unsigned
    for environment in ("test", "production"):
        with pytest.raises(SettingsError, match="GESSO_HOOKS__TRUST_UNSIGNED lets anybody"):
            load_settings(environment=environment, hooks={"trust_unsigned": True})


def test_a_topic_without_a_broker_is_refused_with_a_sentence() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(topic={"enabled": True})
    told = "\n  GESSO_TOPIC__ENABLED needs a broker: GESSO_BROKER__URL"
    assert str(caught.value).endswith(told)


@pytest.mark.parametrize("vhost", ["", "/", "/gesso", "/%2Fgesso"])
def test_a_brokers_password_is_not_shown(vhost: str) -> None:
    settings = Settings(broker=BrokerSettings(url=f"amqp://anna:s3cr3t-word@mq:5672{vhost}"))
    shown = json.dumps(settings.shown())
    assert "s3cr3t-word" not in shown
    assert "amqp://anna:***@mq:5672" in shown


@pytest.mark.parametrize(
    "url",
    [
        "redis://:s3cr3t-word@cache:6379/0",
        "rediss://anna:s3cr3t-word@cache/1?password=s3cr3t-word",
        "unix:///run/cache.sock?db=1&password=s3cr3t-word",
    ],
)
def test_the_password_of_any_address_in_the_tree_is_not_shown(url: str) -> None:
    settings = Settings(
        redis=RedisSettings(url=url), server=ServerSettings(public_url="https://example.org/media")
    )
    shown = json.dumps(settings.shown())
    assert "s3cr3t-word" not in shown
    assert "cache" in shown
    assert '"https://example.org/media"' in shown


def test_what_is_no_address_is_hidden_whole() -> None:
    assert without_password("redis://:s3cr3t-word@cache:port") == "***"


def test_a_redis_that_is_none_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GESSO_REDIS__URL", "http://anna:s3cr3t-word@cache")
    with pytest.raises(SettingsError, match="GESSO_REDIS__URL") as caught:
        load_settings()
    assert "s3cr3t-word" not in str(caught.value)


def test_a_password_of_a_bind_is_not_shown_either() -> None:
    address = "mysql+aiomysql://anna:s3cr3t-word@db/usage?ssl_password=s3cr3t-word"
    settings = Settings(binds=BindsSettings(analytics=BindSettings(url=address)))
    shown = json.dumps(settings.shown())
    assert "s3cr3t-word" not in shown
    assert "db/usage" in shown


def test_a_bind_without_an_address_is_in_the_main_database() -> None:
    settings = Settings(database=DatabaseSettings(url="postgresql+asyncpg://db/gesso"))
    assert settings.bind("analytics").url == "postgresql+asyncpg://db/gesso"
    assert settings.bind("analytics").pool_size == 4
    with pytest.raises(SettingsError, match="There is no bind 'moon'"):
        settings.bind("moon")


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        ("BINDS__MOON__URL", "sqlite+aiosqlite:///x", "there is no bind 'moon'"),
        ("BINDS__MAIN__URL", "sqlite+aiosqlite:///x", "is set by GESSO_DATABASE__"),
        ("BINDS__ANALYTICS__URL", "mysql://root:s3cr3t-word@db/x", "'mysql' is not known"),
        ("BINDS__ANALYTICS__URL", "s3cr3t-word", "no SQLAlchemy address"),
        ("DATABASE__URL", "mysql+aiomysql://root:s3cr3t-word@db/x", "is SQLite or PostgreSQL"),
    ],
)
def test_an_address_that_is_of_no_use_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str, words: str
) -> None:
    monkeypatch.setenv(f"GESSO_{name}", address)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert words in str(refused.value)
    assert "s3cr3t-word" not in str(refused.value)
    assert name.partition("__")[0] in str(refused.value)
