"""Water: a mirror on its side, broken by small waves, with the sun's path on it."""

import numpy as np

from gesso.providers.studio.noise import Array, clouds, lookup, smoothstep
from gesso.providers.studio.sky import Hour
from gesso.providers.studio.words import Brief, Colour, Dice, linear


class Water:
    """Water made ready: choppy or still, deep in a colour."""

    def __init__(self, brief: Brief, dice: Dice, hour: Hour) -> None:
        still = brief.setting in ("lake", "harbour", "city", "mountains")
        self.chop = dice.between(0.25, 0.4) if still else dice.between(0.8, 1.2)
        if "waves" in brief.traits:
            self.chop *= 1.7
        base: Colour = (
            linear("#0f3f58") if brief.setting not in ("island", "beach") else linear("#1a8a94")
        )
        if brief.colours:
            base = brief.colours[0]
        lit = np.array(hour.light, np.float32) * 0.45 + np.array(hour.shade, np.float32) * 0.6
        self.deep = np.array(base, np.float32) * lit
        self.hour = hour
        self.tile = clouds(dice.rng, 512, 6, 6)

    def fill(
        self, picture: Array, wet: Array, horizon: int, sun: tuple[float, float], phase: float
    ) -> None:
        """Paint the wet pixels below the horizon with what stands above it;
        sun is (x, strength).
        """
        height, width = picture.shape[:2]
        below = picture[horizon:]
        rows, columns = below.shape[0], width
        if rows < 2:
            return
        y = (np.arange(rows, dtype=np.float32)[:, None] + 0.7) / height
        x = np.arange(columns, dtype=np.float32)[None, :] / width - 0.5
        far = 0.1 / y
        sway = 10 * np.sin(2 * np.pi * phase), 7 * np.cos(2 * np.pi * phase)
        aspect = width / height
        first = lookup(self.tile, far * 170 + sway[0] + 0 * x, x * aspect * far * 80 + sway[1])
        second = lookup(
            self.tile, far * 430 - sway[1] + 0 * x, x * aspect * far * 210 - sway[0] + 50
        )
        wave = (first + 0.6 * second) * self.chop * smoothstep(0, 0.08, y)
        mirror_row = horizon - 1 - (y * height) * (1 + 0.05 * self.chop) - wave * height * 0.02
        mirror_column = (x + 0.5) * width + wave * width * 0.006
        seen = _take(
            picture, np.clip(mirror_row, 0, horizon - 1), np.clip(mirror_column, 0, width - 1)
        )
        grazing = np.clip(0.96 - y * 1.05 - 0.12 * wave, 0.22, 0.97)[..., None]
        water = self.deep * (1 - grazing) * (1 + 0.25 * wave[..., None]) + seen * grazing * 0.93
        path = np.exp(-(((x - (sun[0] - 0.5)) / (0.03 + 0.16 * y)) ** 2))
        glint = smoothstep(0.75, 1.5, first + 0.8 * second) * path * sun[1]
        water = water + np.array(self.hour.glow, np.float32) * glint[..., None]
        share = wet[horizon:, :, None]
        below += (water - below) * share


def _take(picture: Array, rows: Array, columns: Array) -> Array:
    """Colours at fractional places, mixed between rows only: waves stretch upright."""
    top = rows.astype(np.int32)
    share = (rows - top)[..., None]
    column = columns.astype(np.int32)
    under = np.minimum(top + 1, picture.shape[0] - 1)
    first: Array = picture[top, column]
    result: Array = first + (picture[under, column] - first) * share
    return result
