"""Signing in at a running house: the letter lies in the outbox, and what is in it lets in."""

import io
import json
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from aiohttp import ClientSession

from tests.house.person import until
from tests.house.postbox import Postbox, open_postbox
from tests.house.world import Ground, Home, NewGround, open_home

pytestmark = pytest.mark.asyncio(loop_scope="session")


def code_in(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    shape = re.search(r"^ {4}([0-9]{6})\r?$", str(body.get_content()), re.MULTILINE)
    assert shape is not None, body
    return shape[1]


def letters_to(folder: Path, address: str) -> list[EmailMessage]:
    files = sorted((folder / "outbox").glob("*.eml"))
    found = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    return [letter for letter in found if letter["To"] == address]


async def ask(
    web: ClientSession, method: str, path: str, body: Any = None, token: str | None = None
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    more = {} if body is None else {"json": body}
    async with web.request(method, f"/api/v1{path}", headers=headers, **more) as answer:
        return answer.status, await answer.json() if answer.content_type.endswith("json") else None


async def come_in(home: Home, address: str) -> str:
    """The access token of whoever reads this address."""
    before = len(letters_to(home.data_dir, address))
    status, asked = await ask(home.web, "POST", "/auth/email-code", {"email": address})
    assert status == 202, asked
    await until(lambda: len(letters_to(home.data_dir, address)) > before)
    code = code_in(letters_to(home.data_dir, address)[-1])
    answer = {"challenge_id": asked["challenge_id"], "code": code}
    status, opened = await ask(home.web, "POST", "/auth/verify", answer)
    assert status == 200, opened
    return str(opened["access_token"])


async def test_somebody_new_signs_in_sets_a_password_and_has_a_wallet(home: Home) -> None:
    token = await come_in(home, "newcomer@story.example")
    assert (await ask(home.web, "GET", "/wallet", token=token))[1]["available"] == "0"
    password = {"password": "a lighthouse on a rock"}
    assert (await ask(home.web, "PUT", "/me/password", password, token))[0] == 204
    login = {"email": "newcomer@story.example", **password}
    status, opened = await ask(home.web, "POST", "/auth/login", login)
    assert status == 200
    status, mine = await ask(home.web, "GET", "/me/identities", token=opened["access_token"])
    assert (status, mine["has_password"]) == (200, True)
    assert [each["subject"] for each in mine["items"]] == ["newcomer@story.example"]
    headers = {"Authorization": f"Bearer {opened['access_token']}"}
    async with home.web.get("/api/v1/me/export", headers=headers) as answer:
        assert answer.status == 200
        book = ZipFile(io.BytesIO(await answer.read()))
    # The export tells of both sign-ins, and of no token.
    first, second = (json.loads(line) for line in book.read("sessions.ndjson").splitlines())
    assert (second["id"], second["ended_at"]) == (opened["session_id"], None)
    assert token not in json.dumps([first, second])


@pytest.mark.parametrize(
    ("said", "welcome"),
    [
        ({"environment": "development"}, "100"),
        ({"environment": "development", "signin": {"start_credits": 0}}, "0"),
        ({"signin": {"start_credits": 7}}, "7"),
    ],
)
async def test_whoever_comes_in_by_themselves_has_something_to_try_with(
    sqlite_url: str, tmp_path: Path, said: dict[str, Any], welcome: str
) -> None:
    for start in ("first", "second"):  # what was written at the first one stays
        async with open_home(Ground(sqlite_url), tmp_path, **said) as home:
            token = await come_in(home, f"{start}@story.example")
            wallet = (await ask(home.web, "GET", "/wallet", token=token))[1]
            assert wallet["available"] == welcome
            await home.inspect()
        said = {}


async def test_who_has_an_account_signs_in_to_it_by_their_address(home: Home) -> None:
    person = await home.person(credits=7)
    email = (await person.ask("GET", "/me")).body["email"]
    token = await come_in(home, email)
    _, me = await ask(home.web, "GET", "/me", token=token)
    _, wallet = await ask(home.web, "GET", "/wallet", token=token)
    assert (me["email"], wallet["available"]) == (email, "7")


async def test_a_second_address_is_linked_and_the_first_unlinked(home: Home) -> None:
    token = await come_in(home, "first@story.example")
    wish = {"email": "second@story.example"}
    status, asked = await ask(home.web, "POST", "/me/identities/email", wish, token)
    assert status == 202
    await until(lambda: bool(letters_to(home.data_dir, "second@story.example")))
    code = code_in(letters_to(home.data_dir, "second@story.example")[-1])
    answer = {"challenge_id": asked["challenge_id"], "code": code}
    status, way = await ask(home.web, "POST", "/me/identities/email/verify", answer, token)
    assert (status, way["subject"]) == (201, "second@story.example")
    second = await come_in(home, "second@story.example")
    _, mine = await ask(home.web, "GET", "/me/identities", token=second)
    first = next(each for each in mine["items"] if each["subject"] == "first@story.example")
    assert (await ask(home.web, "DELETE", f"/me/identities/{first['id']}", token=second))[0] == 204
    _, me = await ask(home.web, "GET", "/me", token=second)
    assert me["email"] == "second@story.example"


async def test_a_house_with_a_mail_server_sends_over_it(
    new_ground: NewGround, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mailing")
    with new_ground() as ground:
        if ground.broker_url is not None:
            pytest.skip("letters are sent by whoever serves; workers have no part in it")
        async with open_postbox(Postbox()) as box:
            mail = {"url": f"smtp://127.0.0.1:{box.port}", "sender": "Studio <hi@studio.example>"}
            async with open_home(ground, folder, mail=mail, signin={"open": False}) as home:
                await home.person(0)  # so that the house is not empty
                person = await home.person(0)
                email = (await person.ask("GET", "/me")).body["email"]
                for address in ("stranger@story.example", email):
                    wish = {"email": address}
                    assert (await ask(home.web, "POST", "/auth/email-code", wish))[0] == 202
                await until(lambda: bool(box.letters))
                (letter,) = box.letters
                assert (letter["To"], letter["From"]) == (email, mail["sender"])
                assert letter["Subject"] == f"{code_in(letter)} is your code for Studio"
        assert not (folder / "outbox").exists()
