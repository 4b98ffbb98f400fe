"""The committed document, of which the pages' client is made, is what the server serves."""

from pathlib import Path

from tools.openapi.document import DOCUMENT, document


def test_the_pages_speak_the_servers_language() -> None:
    committed = (Path(__file__).parents[2] / DOCUMENT).read_text(encoding="utf-8")
    assert committed == document(), "the API has changed: `make openapi`"
