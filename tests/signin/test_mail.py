"""Mail: a letter goes out once, says the same in both of its parts, and loads nothing."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gesso.domain.signin.letters import change_letter, code_letter, link_letter
from gesso.infra.db import Database
from gesso.infra.mail import InTransaction, Letter, Mail, Outbox, Post, Smtp, message_of, open_post
from tests.house.postbox import Postbox, open_postbox, parts

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*login_data:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning"),
]
SENDER = "Studio <hello@studio.example>"


def letter(to: str = "anna@example.org") -> Letter:
    return code_letter("signin", "042137", to=to, language="en", name="Studio", about="x")


def now() -> datetime:
    return datetime.now(UTC)


async def deliver(mail: Mail, *letters: Letter, waits: tuple[float, ...] = (0.01, 0.01)) -> None:
    async with open_post(mail, sender=SENDER, now=now, waits=waits) as post:
        for each in letters or (letter(),):
            post.send(each)
        await post.settle()


@pytest.fixture
async def box() -> AsyncIterator[Postbox]:
    async with open_postbox(Postbox()) as opened:
        yield opened


def server(box: Postbox, **more: object) -> Smtp:
    url = f"smtp://127.0.0.1:{box.port}"
    return Smtp.at(url, timeout=2, **more)  # type: ignore[arg-type]


async def test_a_letter_arrives_whole(box: Postbox) -> None:
    await deliver(server(box))
    (found,) = box.letters
    assert (found["From"], found["To"]) == (SENDER, "anna@example.org")
    assert found["Subject"] == "042137 is your code for Studio"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Message-ID"].endswith("@studio.example>")
    kinds = dict(parts(found))
    assert list(kinds) == ["text/plain", "text/html"]
    assert all("042137" in content for content in kinds.values())


async def test_an_address_beyond_ascii_is_reached(box: Postbox) -> None:
    await deliver(server(box), letter("anna.ödegård@exämple.org"))
    assert [found["To"] for found in box.letters] == ["anna.ödegård@exämple.org"]


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
async def test_who_says_not_now_is_asked_again(box: Postbox, step: str) -> None:
    box.answers[step] = ["451 greylisted", "452 full"]
    await deliver(server(box))
    assert (box.seen.count(step), len(box.letters)) == (3, 1)


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
async def test_who_says_never_is_not_asked_again(
    box: Postbox, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    box.answers[step] = ["550 <anna@example.org> is nobody"]
    await deliver(server(box))
    told = capsys.readouterr().out
    assert "550 <…> is nobody" in told
    assert "anna" not in told
    assert (box.seen.count(step), box.letters) == (1, [])


async def test_patience_ends(box: Postbox) -> None:
    box.answers["RCPT"] = ["451 not now"] * 9
    await deliver(server(box))
    assert (box.seen.count("RCPT"), box.letters) == (3, [])


async def test_what_was_handed_over_is_not_sent_again_however_it_ended(box: Postbox) -> None:
    box.hangs_up = True
    await deliver(server(box))
    assert (box.seen.count("DATA"), len(box.letters)) == (1, 1)


async def test_a_server_that_is_away_is_tried_again(box: Postbox) -> None:
    async with open_postbox(Postbox()) as gone:
        port = gone.port
    away = Smtp.at(f"smtp://127.0.0.1:{port}", timeout=2)
    async with open_post(away, sender=SENDER, now=now, waits=(0.2,) * 20) as post:
        post.send(letter())
        await asyncio.sleep(0.2)
        async with open_postbox(Postbox(port=port)) as back:
            await post.settle()
            assert len(back.letters) == 1


async def test_a_server_that_is_silent_holds_nobody_up() -> None:
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with open_post(
        Smtp("127.0.0.1", port, starttls=False, timeout=0.1), sender=SENDER, now=now, waits=()
    ) as post:
        began = perf_counter()
        post.send(letter())
        assert perf_counter() - began < 0.05
        await post.settle()
        assert perf_counter() - began < 1
    await gone.wait()
    listening.close()


async def test_a_login_is_made_and_a_wrong_one_is_tried_once() -> None:
    async with open_postbox(Postbox(password="p@ss:word")) as box:
        right = Smtp.at(f"smtp://mailer:p%40ss%3Aword@127.0.0.1:{box.port}", timeout=2)
        await deliver(right)
        assert len(box.letters) == 1
        before = len(box.logins)
        await deliver(Smtp.at(f"smtp://mailer:wrong@127.0.0.1:{box.port}", timeout=2))
        # The client may offer the same password in two ways, in one connection.
        assert {login[1] for login in box.logins[before:]} == {"wrong"}
        assert len(box.logins) - before <= 2
        assert len(box.letters) == 1


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context, and the file by which it is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, private)
    return context, cert


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_tls_is_used_and_who_is_not_trusted_gets_nothing(scheme: str, tmp_path: Path) -> None:
    context, trusted = certificate(tmp_path)
    way = {"starttls" if scheme == "smtp" else "tls": context}
    async with open_postbox(Postbox(), **way) as box:
        url = f"{scheme}://localhost:{box.port}"
        await deliver(Smtp.at(url, timeout=2), waits=())
        assert box.seen == []
        await deliver(Smtp.at(url, timeout=2, ca_file=trusted))
    assert box.was_encrypted == [True]
    assert len(box.letters) == 1


async def test_elsewhere_nothing_is_said_in_the_clear(box: Postbox) -> None:
    assert Smtp.at("smtp://mail.example.org", timeout=2).starttls is True
    await deliver(Smtp("127.0.0.1", box.port, starttls=True, timeout=2))
    assert box.seen == []


async def test_no_letter_is_posted_inside_a_transaction(database_url: str, box: Postbox) -> None:
    db = Database(database_url)
    async with open_post(server(box), sender=SENDER, now=now, waits=()) as post:
        async with db.tx():
            with pytest.raises(InTransaction):
                post.send(letter())
        await post.settle()
    await db.close()
    assert box.seen == []


async def test_a_house_that_closes_gives_letters_a_moment(box: Postbox) -> None:
    async with open_post(server(box), sender=SENDER, now=now, waits=()) as post:
        post.send(letter())
    assert len(box.letters) == 1


async def test_what_no_letter_can_be_made_of_is_given_up(
    box: Postbox, capsys: pytest.CaptureFixture[str]
) -> None:
    await deliver(server(box), letter("anna@example.org\r\nBcc: bert@example.org"), letter())
    assert [found["To"] for found in box.letters] == ["anna@example.org"]
    assert "letter_not_delivered" in capsys.readouterr().out


async def test_a_flood_of_letters_ends(box: Postbox, caplog: pytest.LogCaptureFixture) -> None:
    class Never:
        async def deliver(self, *_: object) -> str:
            await asyncio.Event().wait()
            return ""

    post = Post(Never(), sender=SENDER, now=now, waits=())
    for _ in range(1100):
        post.send(letter())
    assert len(post._in_hand) == 1000
    for task in post._in_hand:
        task.cancel()
    await post.settle()


async def test_without_a_server_letters_lie_in_a_folder_for_the_owner_alone(
    tmp_path: Path,
) -> None:
    await deliver(Outbox(tmp_path / "outbox"))
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.suffix == ".eml"
    assert b"042137 is your code" in file.read_bytes()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_the_outbox_keeps_the_newest(tmp_path: Path) -> None:
    for number in range(505):
        (tmp_path / f"{number:032}-old.eml").touch()
    asyncio.run(deliver(Outbox(tmp_path)))
    files = sorted(file.name for file in tmp_path.glob("*.eml"))
    assert (len(files), files[0]) == (500, f"{6:032}-old.eml")
    assert files[-1].endswith("-signin_code.eml")


async def test_a_disk_that_takes_nothing_is_no_crash() -> None:
    # A file stands where the folder should be.
    await deliver(Outbox(Path(__file__)))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_letter_loads_anything_or_can_be_written_into(language: str) -> None:
    about = {"language": language, "name": "<Studio>", "about": "x", "to": "a@b.org"}
    link = "https://studio.example/sign-in#challenge_0.abc"
    letters = [
        *(code_letter(purpose, "123456", **about) for purpose in ("signin", "link")),  # type: ignore[arg-type]
        *(link_letter(purpose, link, **about) for purpose in ("signin", "link")),  # type: ignore[arg-type]
        *(
            change_letter(what, way="<img src=x>{name}", **about)  # type: ignore[arg-type]
            for what in ("password", "added", "removed")
        ),
    ]
    assert len({each.text for each in letters}) == len(letters)
    for each in letters:
        assert not re.search(r"src=[^x]|<(img|script|link|style|iframe)|url\(", each.html)
        assert "<Studio>" not in each.html
        assert "{" not in each.text.replace("{name}", "")
        hrefs = re.findall(r'href="([^"]*)"', each.html)
        assert hrefs in ([], [link])
        assert each.language == language
        bytes(message_of(each, sender=SENDER, at=now()))
