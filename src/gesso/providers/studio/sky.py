"""The sky of a scene: its colours by the hour, sun and moons, stars, clouds and northern lights."""

from dataclasses import dataclass

import numpy as np

from gesso.providers.studio.noise import Array, clouds, lookup, smoothstep
from gesso.providers.studio.words import Brief, Colour, Dice, linear, mix, tint


@dataclass(frozen=True)
class Hour:
    """The colours of an hour (linear light): sky, cloud, and the light that falls on the land."""

    zenith: Colour
    horizon: Colour
    glow: Colour
    cloud: Colour
    light: Colour
    shade: Colour
    sun_height: float
    exposure: float = 1.0


def _hour(codes: str, sun_height: float, light: Colour, exposure: float = 1.0) -> Hour:
    zenith, horizon, glow, cloud, shade = map(linear, codes.split())
    return Hour(zenith, horizon, glow, cloud, light, shade, sun_height, exposure)


HOURS = {
    "sunset": (
        _hour("#2b3a6e #f59a52 #ffb35a #f2805a #4a4468", 0.06, (1.75, 0.92, 0.5)),
        _hour("#3c2f66 #ef6f5c #ff9a5c #e0607a #4c3c62", 0.04, (1.6, 0.75, 0.55)),
        _hour("#46608c #f7c27a #ffd890 #f0a878 #5a5a78", 0.1, (1.7, 1.15, 0.7)),
    ),
    "dawn": (
        _hour("#6f8fc4 #f7c9b4 #ffe0b0 #f5d0cc #6f7898", 0.08, (1.45, 1.1, 0.85)),
        _hour("#7a86b8 #f4b8bc #ffd0a8 #f0c4d4 #6c7094", 0.06, (1.4, 1.0, 0.88)),
    ),
    "noon": (
        _hour("#2a6cc0 #b9dcf0 #fff4d8 #ffffff #7a92b4", 0.42, (1.5, 1.42, 1.25)),
        _hour("#3b82cc #cfe6ee #fff6e0 #fbfcff #8298b4", 0.36, (1.45, 1.4, 1.28)),
    ),
    "night": (
        _hour("#050a1e #1c3157 #5a7ab0 #22304e #101a34", 0.36, (0.17, 0.22, 0.34), 1.15),
        _hour("#080820 #2a2a58 #6a78b4 #2a2c50 #14162e", 0.32, (0.18, 0.2, 0.33), 1.15),
    ),
    "overcast": (
        _hour("#7f8c98 #c6ccd0 #dfe2e2 #a8b0b8 #6f7a86", 0.4, (0.72, 0.76, 0.8)),
        _hour("#6a7884 #b4bcc0 #d0d6d8 #8c98a2 #5c6874", 0.4, (0.62, 0.68, 0.74)),
    ),
    "mars": (
        _hour("#9a6a4e #e2b184 #f4e4d0 #d8a880 #6a4038", 0.22, (1.5, 1.05, 0.8)),
        _hour("#6e4a42 #d89468 #f0dcc8 #c88a68 #583430", 0.14, (1.5, 0.95, 0.7)),
    ),
    "space": (
        _hour("#02030a #070a1c #8090c0 #1a1440 #0a0c1c", 0.4, (1.3, 1.25, 1.2)),
        _hour("#03020a #120818 #b080b0 #301040 #100a1c", 0.4, (1.3, 1.2, 1.2)),
    ),
}


class Sky:
    """A sky made ready: its picture at any moment of a loop is quick to draw."""

    def __init__(self, brief: Brief, dice: Dice, hour: Hour) -> None:
        self.hour, self.brief = hour, brief
        self.dark = hour.exposure > 1 or brief.setting in ("space", "moon")
        self.sun_x = dice.between(0.22, 0.78)
        self.cover = dice.between(-0.5, 0.6) + 0.7 * ("clouds" in brief.traits)
        if brief.time == "overcast":
            self.cover = dice.between(1.0, 1.6)
        if self.dark:
            self.cover -= 1.0
        self.tile = clouds(dice.rng, 512, 3, 7)
        self.stars = dice.rng.random((900, 4)).astype(np.float32)
        traits = brief.traits
        self.moons = 0 if not self.dark else 2 if "moons" in traits else 1
        if self.dark and brief.time == "night" and "aurora" in traits and "moon" not in traits:
            self.moons = 0
        if brief.setting == "mars" and ("moons" in traits or dice.chance(0.5)):
            self.moons = 2
        self.aurora = "aurora" in traits
        self.nebula = brief.setting == "space"
        self.moon_size = dice.between(0.045, 0.075)

    def still(self, across: Array, up: Array) -> Array:
        """What does not move: colours (H, W, 3).

        `across` is 0..1 from the left, `up` is in picture heights above the horizon.
        """
        hour = self.hour
        rise = np.clip(up, 0, 1)
        blend = smoothstep(0.0, 0.62, rise) ** 0.7
        sky = _lay(hour.horizon) + (_lay(hour.zenith) - _lay(hour.horizon)) * blend[..., None]
        dx, dy = across - self.sun_x, up - hour.sun_height
        away = np.sqrt(dx * dx * 0.8 + dy * dy)
        halo = 0.9 * np.exp(-away * 5.0) + 0.45 * np.exp(-away * 16)
        sky = sky + _lay(hour.glow) * (halo * (0.22 if self.dark else 0.7))[..., None]
        if self.dark:
            sky = sky + self._starlight(across, up)
        if self.nebula:
            sky = sky + self._nebula(across, up)
        return self._discs(sky, across, up)

    def moving(self, still: Array, across: Array, up: Array, phase: float) -> Array:
        """The sky with what moves before it; `phase` 0..1 goes once about a loop."""
        sky = still
        if self.aurora:
            sky = sky + self._northern_lights(across, up, phase)
        return self._clouded(sky, across, up, phase)

    def _discs(self, sky: Array, across: Array, up: Array) -> Array:
        """The sun, or the moons with their seas."""
        if self.brief.time == "overcast":
            return sky
        if not self.moons:
            if self.dark:
                return sky
            away = np.hypot(across - self.sun_x, up - self.hour.sun_height)
            disc = smoothstep(0.031, 0.026, away)[..., None]
            return sky + (_lay(mix(self.hour.glow, (1, 1, 0.9), 0.5)) * 3.2 - sky * 0.5) * disc
        for number in range(self.moons):
            x = self.sun_x + 0.2 * number * (1 if self.sun_x < 0.5 else -1)
            y, size = self.hour.sun_height + 0.1 * number, self.moon_size * (1 - 0.5 * number)
            dx, dy = (across - x) / size, (up - y) / size
            away = np.sqrt(dx * dx + dy * dy)
            disc = smoothstep(1.02, 0.96, away)
            seas = lookup(self.tile, dy * 26 + 70 * number, dx * 26 + 40)
            face = (0.95 - 0.4 * smoothstep(-0.4, 1.0, seas)) * (
                0.75 + 0.25 * np.sqrt(np.clip(1 - away**2, 0, 1))
            )
            colour = _lay((1.0, 0.97, 0.88) if number == 0 else (0.9, 0.75, 0.62))
            sky = sky * (1 - disc[..., None]) + colour * (face * disc * 0.62)[..., None]
        return sky

    def _starlight(self, across: Array, up: Array) -> Array:
        """Stars as soft points, drawn at the size of the picture's own grid."""
        height, width = across.shape
        top, bottom = float(up[0, 0]), float(up[-1, 0])
        light = np.zeros((height, width, 3), np.float32)
        scale = height / max(top - bottom, 1e-3)
        count = 900 if "stars" in self.brief.traits or self.nebula else 420
        x = (self.stars[:count, 0] * width).astype(int)
        y = ((top - self.stars[:count, 1] * 1.1) * scale).astype(int)
        bright = self.stars[:count, 2] ** 9 * 1.5 + 0.045
        warm = self.stars[:count, 3:4] * np.array([0.3, 0.1, -0.25]) + np.array([0.85, 0.92, 1.1])
        spread = max(1, round(height / 700))
        for dy in range(spread + 1):
            for dx in range(spread + 1):
                row, column = y + dy, x + dx
                keep = (row >= 0) & (row < height) & (column < width)
                fade = 1.0 if dx + dy == 0 else 0.45
                light[row[keep], column[keep]] += (bright[:, None] * warm)[keep] * fade
        return light * smoothstep(0.02, 0.25, up)[..., None]

    def _nebula(self, across: Array, up: Array) -> Array:
        swirl = lookup(self.tile, up * 130, across * 130)
        band = np.exp(-((up - 0.5 - 0.7 * (across - 0.5) + 0.12 * swirl) ** 2) * 9)
        dust = np.clip(lookup(self.tile, up * 260 + 90, across * 260) * 0.5 + 0.55, 0, 1.6)
        first = linear("#b03a8a") if not self.brief.colours else self.brief.colours[0]
        second = linear("#2a6ab8") if len(self.brief.colours) < 2 else self.brief.colours[1]
        blend = np.clip(swirl * 0.5 + 0.5, 0, 1)[..., None]
        return (_lay(first) * blend + _lay(second) * (1 - blend)) * (band * dust**2 * 1.1)[
            ..., None
        ]

    def _northern_lights(self, across: Array, up: Array, phase: float) -> Array:
        turn = 2 * np.pi * phase
        light = np.zeros((*across.shape, 3), np.float32)
        for number, (base, tall) in enumerate(((0.2, 0.3), (0.32, 0.42))):
            wave = across * 6 + number * 2.1
            foot = (
                base
                + 0.07 * np.sin(wave + 0.5 * np.sin(turn))
                + 0.035 * np.sin(2.3 * wave + 1 + 0.4 * np.cos(turn))
            )
            rays = lookup(
                self.tile,
                np.full_like(across, 30.0 + 60 * number) + 5 * np.sin(turn),
                across * 300 + foot * 160,
            )
            rise = (up - foot) / tall
            curtain = (
                smoothstep(-0.06, 0.03, rise)
                * np.exp(-np.clip(rise, 0, None) * 2.8)
                * np.clip(0.7 + 0.5 * rays, 0.1, 1.7)
            )
            top = np.clip(rise, 0, 1)[..., None]
            light += (
                (_lay(linear("#38e08a")) * (1 - top) + _lay(linear("#8a4ad0")) * top)
                * curtain[..., None]
                * 0.8
            )
        return light

    def _clouded(self, sky: Array, across: Array, up: Array, phase: float) -> Array:
        """Clouds on a flat ceiling seen in perspective; a loop drifts out and back."""
        if self.cover < -0.95 or self.nebula:
            return sky
        far = 1 / (np.clip(up, 0, 1) + 0.12)
        drift = 9 * np.sin(2 * np.pi * phase)
        rows, columns = far * 46, (across - 0.5) * far * 46 + drift
        body = lookup(self.tile, rows, columns)
        toward = lookup(self.tile, rows - 5, columns + 7 * np.sign(0.5 - self.sun_x))
        density = smoothstep(0.45 - self.cover, 1.9 - self.cover, body) * smoothstep(0.0, 0.1, up)
        lit = np.clip(0.62 + 0.3 * (body - toward), 0.2, 1.2)[..., None]
        away = np.abs(across - self.sun_x) + np.abs(up - self.hour.sun_height)
        silver = np.exp(-away * 3)[..., None]
        colour = _lay(self.hour.cloud) * lit + _lay(self.hour.glow) * silver * 0.5
        base = _lay(tint(self.hour.shade, 0.9)) * (1.15 - lit)
        share = (density * 0.9)[..., None]
        mixed: Array = sky * (1 - share) + (colour + base) * share
        return mixed


def _lay(colour: Colour) -> Array:
    return np.array(colour, np.float32)
