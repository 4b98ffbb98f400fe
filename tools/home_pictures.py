"""Paints the pictures that hang on the home page, by the built-in studio, from their words alone.

`python -m tools.home_pictures` writes them into `web/src/home/pictures/`. The same words and seeds
stand in `web/src/home/hung-pictures.tsx`, so that whoever orders them gets the same again.
"""

import io
from pathlib import Path
from typing import Final

from PIL import Image

from gesso.providers.studio.paint import paint

FOLDER: Final = Path(__file__).resolve().parents[1] / "web/src/home/pictures"
PICTURES: Final = (
    ("lighthouse", "a small lighthouse on a rock in the sea, evening", 1, (1008, 672)),
    ("robot", "a robot", 4, (544, 680)),
    ("owl", "an owl", 4, (560, 560)),
    ("teapot", "a copper teapot", 6, (560, 560)),
    ("mushroom", "a red mushroom", 2, (560, 560)),
)
"""File, words, seed, and size: twice what it is shown at, for screens with fine dots."""


def main() -> None:
    """Write each as WebP, which is a tenth of what the studio's PNG takes."""
    FOLDER.mkdir(exist_ok=True)
    for name, words, seed, (width, height) in PICTURES:
        png = paint(
            words,
            seed=seed,
            width=width,
            height=height,
            quality="high",
            progress=lambda _: None,
        )
        with Image.open(io.BytesIO(png)) as picture:
            picture.convert("RGB").save(FOLDER / f"{name}.webp", quality=80, method=6)


if __name__ == "__main__":
    main()
