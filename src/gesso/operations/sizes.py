"""Sizes: an aspect and a longer edge become width and height."""


def fit(aspect: str, edge: int) -> tuple[int, int]:
    """Width and height in pixels with `edge` as the longer side, both multiples of 16 as codecs
    like them; `aspect` is `across:down`.
    """
    across, down = (int(part) for part in aspect.split(":"))
    unit = edge / max(across, down)
    return round(across * unit / 16) * 16, round(down * unit / 16) * 16
