"""Settings: what is shown of them carries no secret."""

import json

import pytest

from gesso.infra.settings import DatabaseSettings, Settings


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
