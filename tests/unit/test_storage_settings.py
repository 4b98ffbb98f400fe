"""Settings of the storage: what does not go together is told, and secrets are not."""

import json
from typing import Any

import pytest

from gesso.infra.settings import Settings, SettingsError, load_settings
from gesso.infra.storage.settings import StorageSettings

KEY = {"access_key": "AK", "secret_key": "s3cr3t-word"}
BUCKET = {"kind": "s3", "bucket": "media"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"bucket": "media"}, "`bucket` needs the kind s3"),
        ({"downloads": "redirect"}, "`downloads` needs the kind s3"),
        ({"kind": "s3"}, "needs a bucket"),
        ({"kind": "s3", "bucket": "No Such Name"}, "GESSO_STORAGE__BUCKET"),
        ({**BUCKET, "access_key": "AK"}, "go together"),
        ({**BUCKET, "downloads": "redirect"}, "links are signed"),
        ({**BUCKET, "prefix": "/a"}, "plain names"),
        ({**BUCKET, "prefix": "a/../b"}, "plain names"),
        ({**BUCKET, "endpoint": "s3.example.org"}, "an address without a path"),
        ({**BUCKET, "endpoint": "https://s3.example.org/media"}, "an address without a path"),
        ({**BUCKET, "endpoint": "https://AK:word@s3.example.org"}, "an address without a path"),
        ({**BUCKET, "public_endpoint": "http://[::1"}, "an address without a path"),
    ],
)
def test_what_does_not_go_together_is_told(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(storage=wrong)
    assert told in str(caught.value)
    assert "word" not in str(caught.value)


def test_the_secret_key_is_not_shown() -> None:
    settings = Settings(storage=StorageSettings.model_validate(BUCKET | KEY))
    shown = json.dumps(settings.shown())
    assert "s3cr3t-word" not in shown
    assert "media" in shown


@pytest.mark.parametrize(
    ("others", "address"),
    [
        ({}, "https://media.s3.us-east-1.amazonaws.com"),
        ({"path_style": True}, "https://s3.us-east-1.amazonaws.com/media"),
        ({"endpoint": "http://127.0.0.1:9000/"}, "http://127.0.0.1:9000/media"),
        ({"endpoint": "https://s3.net", "path_style": False}, "https://media.s3.net"),
    ],
)
def test_the_bucket_stands_where_the_server_wants_it(others: dict[str, Any], address: str) -> None:
    assert StorageSettings.model_validate(BUCKET | others).bucket_url == address
