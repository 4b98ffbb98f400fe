"""Cut-outs before the sky: rows of firs, towers with lit windows, palms."""

from dataclasses import dataclass

import numpy as np

from gesso.providers.studio.noise import Array, smoothstep
from gesso.providers.studio.words import Colour, Dice


@dataclass(frozen=True)
class Row:
    """Things at one distance: a profile of heights (N),
    and dice for the windows, if there are any.
    """

    profile: Array
    near: float
    lamps: Array | None = None


def firs(dice: Dice, rows: int) -> list[Row]:
    """Rows of firs, far to near: ever larger and fewer."""
    made = []
    for number in range(rows):
        near = (number + 1) / rows
        samples = 2400
        x = np.arange(samples, dtype=np.float32)
        slope = 0.03 * np.sin(x / samples * 2 * np.pi * 2 + dice.between(0, 6)) + 0.015 * np.sin(
            x / samples * 2 * np.pi * 5 + dice.between(0, 6)
        )
        profile = slope.copy()
        count = int(150 / (0.7 + 2.4 * near))
        for place in dice.rng.uniform(0, samples, count):
            tall = (0.045 + 0.17 * near**1.3) * dice.between(0.55, 1.15)
            wide = tall * samples * dice.between(0.2, 0.27) * 0.7
            away = np.minimum(np.abs(x - place), samples - np.abs(x - place))
            # Boughs: the outline steps out and in on its way down.
            shape = 1 - away / wide
            teeth = 0.09 * np.abs(((shape * 7.5) % 1.0) - 0.5) + 0.02 * np.sin(x * 1.9 + place)
            tree = np.where(
                shape > 0,
                slope[int(place) % samples] + tall * np.clip(shape + teeth * (shape < 0.93), 0, 1),
                -1,
            )
            profile = np.maximum(profile, tree)
        made.append(Row(profile, near))
    return made


def towers(dice: Dice, rows: int, cells: int = 3000) -> list[Row]:
    """Rows of city blocks, far to near, the tallest in the middle distance."""
    made = []
    for number in range(rows):
        near = (number + 1) / rows
        profile = np.full(cells, 0.012, np.float32)
        edge = 0
        while edge < cells:
            wide = int(dice.between(60, 170) * (0.5 + 0.7 * near))
            middle = 0.55 + 0.75 * np.exp(-(((edge / cells) % 0.5 - 0.25) ** 2) * 40)
            tall = dice.between(0.06, 0.3) ** 1.15 * middle * (1.7 - 0.9 * near)
            profile[edge : edge + wide] = tall
            if dice.chance(0.3):
                crown = slice(edge + wide // 4, edge + 3 * wide // 4)
                profile[crown] = tall + dice.between(0.01, 0.04)
            if dice.chance(0.16):
                profile[edge + wide // 2 : edge + wide // 2 + 3] = tall + dice.between(0.05, 0.09)
            edge += wide + int(dice.between(0, 6))
        made.append(Row(profile, near, dice.rng.random((256, 512)).astype(np.float32)))
    return made


@dataclass(frozen=True)
class Tone:
    """The colours of cut-outs: those near, what distance fades them to, and the windows' light."""

    near: Colour
    far: Colour
    lamp: Colour
    lit: float


def place(picture: Array, rows: list[Row], tone: Tone, foot: Array, slide: float) -> Array:
    """Paint the rows into the picture and answer their cover (H, W).

    `foot` is the row of pixels they stand on, as (far, near); `slide` moves near ones most.
    """
    height, width = picture.shape[:2]
    cover = np.zeros((height, width), np.float32)
    for row in rows:
        samples = len(row.profile)
        base = foot[0] + (foot[1] - foot[0]) * row.near**1.5
        shift = slide * samples * row.near
        along = (np.arange(width) / height * 0.5 * samples + shift) % samples
        tall = np.interp(along, np.arange(samples), row.profile, period=samples) * height
        rise = (base - tall).astype(np.float32)
        top = int(np.clip(rise.min() - 1, 0, height))
        y = np.arange(top, height, dtype=np.float32)[:, None]
        alpha = np.clip(y - rise + 0.5, 0, 1)
        paint = _front(row, tone, (y - rise) / height)
        if row.lamps is not None and tone.lit > 0:
            lights = _windows(row, tone, (along, float(base)), (y, height))
            paint = paint + lights[..., None] * np.array(tone.lamp, np.float32)
        picture[top:] += (paint - picture[top:]) * alpha[..., None]
        cover[top:] = np.maximum(cover[top:], alpha)
    return cover


def _front(row: Row, tone: Tone, below: Array) -> Array:
    """The colour of a row; mist lies at its foot, so that the next one stands out from it."""
    far, near = np.array(tone.far, np.float32), np.array(tone.near, np.float32)
    share = row.near**0.8
    colour = far * (1 - share) + near * share
    mist = (0.4 * (1 - row.near)) * smoothstep(0.0, 0.2, below)
    result: Array = colour + (far - colour) * mist[..., None]
    return result


def _windows(row: Row, tone: Tone, walls: tuple[Array, float], view: tuple[Array, int]) -> Array:
    """Lit windows: a grid on the fronts, each lit or dark as the dice fell."""
    along, base = walls
    lamps = row.lamps if row.lamps is not None else np.zeros((1, 1), np.float32)
    y, height = view
    pitch = height * (0.008 + 0.008 * row.near)
    up = (base - y) / pitch
    side = along[None, :] / (len(row.profile) / 230) / (0.5 + 0.5 * row.near)
    pane = ((up % 1) > 0.38) & ((side % 1) > 0.42) & (up > 1)
    pick = lamps[(up.astype(int) % 256), (side.astype(int) % 512)]
    result: Array = pane * np.where(
        pick < 0.36 * tone.lit, (0.25 + 1.8 * pick) * (0.3 + 0.7 * row.near), 0.0
    )
    return result
