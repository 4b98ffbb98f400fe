"""Pictures that a simulator is given: had the way its provider would have them.

A picture may spell in its pixels what it shows. That names a job whose order has no words.
"""

import base64
import binascii
import io

import aiohttp
from PIL import Image, UnidentifiedImageError

_MARK = b"It shows: "
_EDGE, _LONGEST = 16, 700


class NoPicture(Exception):
    """What was given leads to no picture."""


async def had(client: aiohttp.ClientSession, where: str) -> bytes:
    """The bytes of a picture, as `fetched` has them; NoPicture where they are none."""
    content = await fetched(client, where)
    caption(content)
    return content


async def fetched(client: aiohttp.ClientSession, where: str) -> bytes:
    """What was given: out of a data URI (RFC 2397), out of bare base64, or from where it can be
    fetched.
    """
    try:
        if where.startswith(("http://", "https://")):
            async with client.get(where) as answer:
                content = await answer.read()
        else:
            content = base64.b64decode(where.rpartition("base64,")[2], validate=True)
    except (aiohttp.ClientError, TimeoutError, binascii.Error) as error:
        raise NoPicture(str(error)) from error
    return content


def speaking(text: str) -> Image.Image:
    """A small picture whose pixels spell this text, for what is written beside them is stripped."""
    said = _MARK + text.encode()[:_LONGEST] + b"\0"
    return Image.frombytes("RGB", (_EDGE, _EDGE), said.ljust(3 * _EDGE * _EDGE, b"\x80"))


def caption(picture: bytes) -> str:
    """What its pixels spell; nothing, mostly."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            pixels = image.convert("RGB").tobytes()
    except (UnidentifiedImageError, OSError) as error:
        raise NoPicture("it is no picture") from error
    if not pixels.startswith(_MARK):
        return ""
    return pixels.removeprefix(_MARK).partition(b"\0")[0].decode(errors="replace")
