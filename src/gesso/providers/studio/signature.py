"""The studio's signature in its pictures: tells whether a prompt and seed made them, not which."""

import hashlib
import io

from PIL import Image, PngImagePlugin

from gesso.providers.studio.noise import Array
from gesso.providers.studio.pictures import FORMATS, to_bytes

_KEY = "gesso-studio"


def signed_png(levels: Array, *, prompt: str, seed: int) -> bytes:
    """A PNG of levels 0..1 that carries a digest of the prompt and seed, but neither of them."""
    out = io.BytesIO()
    text = PngImagePlugin.PngInfo()
    text.add_text(_KEY, _mark(prompt, seed))
    Image.fromarray(to_bytes(levels)).save(out, "PNG", compress_level=4, pnginfo=text)
    return out.getvalue()


def signed_by(content: bytes, *, prompt: str, seed: int) -> bool:
    """Whether the picture was painted by the studio from this prompt and seed."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        return picture.info.get(_KEY) == _mark(prompt, seed)


def _mark(prompt: str, seed: int) -> str:
    return hashlib.sha256(f"{prompt}\x1f{seed}".encode()).hexdigest()[:32]
