"""Views: sky, land, water and weather put together, still or at any moment of a loop."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gesso.providers.studio import outlines
from gesso.providers.studio.land import Ground, ground, survey
from gesso.providers.studio.lighting import develop
from gesso.providers.studio.noise import Array, clouds, lookup, smoothstep
from gesso.providers.studio.sky import HOURS, Hour, Sky
from gesso.providers.studio.water import Water
from gesso.providers.studio.words import Brief, Colour, Dice, mix, tint

_ROWS = {"forest": 5, "city": 4, "harbour": 3}
_SHORE = ("city", "harbour")


class View:
    """A scene made ready: everything that does not change from one moment to the next."""

    def __init__(self, brief: Brief, *, seed: int) -> None:
        dice = brief.dice(seed=seed, purpose="scene")
        self.brief, self.setting = brief, brief.setting or "lake"
        self.hour = _hour(brief, dice)
        self.sky = Sky(brief, dice, self.hour)
        self.horizon = _horizon(self.setting, dice)
        self.ground = ground(brief, dice, self.hour) if brief.setting else None
        if brief.setting is None and brief.subject is None:
            self.ground = ground(_as_lake(brief), dice, self.hour)
        self.camera = _camera(self.ground, self.setting, dice)
        self.water = Water(brief, dice, self.hour)
        trees = self.setting == "forest" or (
            "trees" in brief.traits and self.setting in ("lake", "snow", "mountains", "field")
        )
        self.rows: list[outlines.Row] = []
        if trees:
            self.rows = outlines.firs(dice, 5 if self.setting == "forest" else 2)
        elif self.setting in _SHORE:
            self.rows = outlines.towers(dice, _ROWS[self.setting])
        self.fog = 0.6 if "fog" in brief.traits else 0.0
        self.mist = clouds(dice.rng, 256, 3, 4)
        self._still: tuple[tuple[int, int], Array] | None = None
        self.drops = dice.rng.random((1400, 4)).astype(np.float32)

    def paint(self, size: tuple[int, int], phase: float = 0.0) -> Array:
        """The scene in linear light (H, W, 3); phase 0..1 goes once about a loop."""
        width, height = size
        horizon = round(self.horizon * height)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        up = (horizon - y) / height
        picture = np.empty((height, width, 3), np.float32)
        # What no layer covers, a sliver at the horizon perhaps, is haze and never black.
        picture[:] = self.hour.horizon
        high = min(height, horizon + 2)
        if self._still is None or self._still[0] != size:
            self._still = size, self.sky.still(x[:high] / width, up[:high])
        picture[:high] = self.sky.moving(self._still[1], x[:high] / width, up[:high], phase)
        wet = (up <= 0).astype(np.float32)
        if self.setting in ("space", "sky"):
            return self._weather(picture, up, phase)
        if self.ground is not None:
            wet = self._land(picture, self.ground, horizon, phase)
        elif self.setting == "forest":
            wet[:] = 0
        self._cutouts(picture, horizon, phase)
        if self.setting == "forest" or (
            self.rows and self.setting not in _SHORE and self.ground is None
        ):
            wet[:] = 0
        sun = (
            self.sky.sun_x,
            0.0 if self.brief.time == "overcast" else 0.5 if self.sky.dark else 1.6,
        )
        if wet.any():
            self.water.fill(picture, wet, horizon, sun, phase)
        return self._weather(picture, up, phase)

    def _land(self, picture: Array, tile: Ground, horizon: int, phase: float) -> Array:
        """Lay the land into the picture, fading into the haze; answers where water shows."""
        height, width = picture.shape[:2]
        sway = 0.35 * np.sin(2 * np.pi * phase)
        seen = survey(
            tile, (self.camera[0] + sway, self.camera[1], self.camera[2]), (height, width, horizon)
        )
        haze = 1 - np.exp(-np.clip(seen.far - 3, 0, None) * (0.02 + 0.05 * self.fog))
        air = np.array(mix(self.hour.horizon, self.hour.shade, 0.25), np.float32)
        colour = seen.colour + (air - seen.colour) * (haze * 0.92)[..., None]
        solid = (seen.land & ~seen.water)[..., None]
        picture[:] = np.where(solid, colour, picture)
        wet = np.where(seen.water, 1.0, 0.0).astype(np.float32)
        wet[:horizon] = 0
        return wet

    def _cutouts(self, picture: Array, horizon: int, phase: float) -> None:
        if not self.rows:
            return
        height = picture.shape[0]
        city = self.setting in _SHORE
        tone = outlines.Tone(
            near=_dim(self.hour, city=city),
            far=mix(self.hour.horizon, self.hour.shade, 0.3),
            lamp=(1.0, 0.72, 0.34) if "vivid" not in self.brief.traits else (0.9, 0.35, 0.9),
            lit={"night": 1.0, "sunset": 0.6, "overcast": 0.4, "dawn": 0.3}.get(
                self.brief.time or "", 0.12
            ),
        )
        foot = np.array([horizon, horizon + 1.0]) if city else np.array([horizon, height * 1.06])
        if not city and self.setting != "forest":
            foot = np.array([horizon + 0.24 * height, height * 1.08])
        slide = 0.012 * np.sin(2 * np.pi * phase)
        limit = picture[: horizon + 1] if city else picture
        outlines.place(limit, self.rows, tone, foot, slide)

    def _weather(self, picture: Array, up: Array, phase: float) -> Array:
        """Fog, rain and snow before everything else."""
        air = np.array(mix(self.hour.horizon, self.hour.shade, 0.15), np.float32)
        if self.fog:
            height, width = up.shape
            x = np.arange(width, dtype=np.float32)[None, :] / height
            drift = lookup(self.mist, up * 200, x * 90 + 12 * np.sin(2 * np.pi * phase) + 0 * up)
            thick = (
                self.fog * np.exp(-((up - 0.02) ** 2) * 14) * np.clip(0.95 + 0.3 * drift, 0.4, 1.4)
            )
            picture = picture + (air - picture) * np.clip(thick, 0, 0.9)[..., None]
        if "rain" in self.brief.traits or "snowfall" in self.brief.traits:
            picture = picture + self._fall(up.shape, phase)[..., None] * (air * 0.8 + 0.05)
        return picture

    def _fall(self, shape: tuple[int, int], phase: float) -> Array:
        """Drops or flakes at this moment; they fall whole heights in a loop, so it closes."""
        height, width = shape
        layer = np.zeros(shape, np.float32)
        rain = "snowfall" not in self.brief.traits
        speed = np.round(3 + 3 * self.drops[:, 2]) if rain else np.round(1 + self.drops[:, 2])
        y = (self.drops[:, 1] + phase * speed) % 1.0
        x = self.drops[:, 0] + (
            0.04 * y if rain else 0.02 * np.sin(2 * np.pi * (phase + self.drops[:, 3]))
        )
        near = self.drops[:, 3] ** 2
        for step in range(int(height * 0.035) if rain else max(2, height // 200)):
            rows = ((y * height).astype(int) + step) % height
            columns = ((x * width + (0.12 * step if rain else 0)).astype(int)) % width
            layer[rows, columns] += (0.1 + 0.25 * near) if rain else 0.4 + 0.5 * near
            if not rain:
                layer[rows, (columns + 1) % width] += 0.3 + 0.5 * near
        return layer


def finisher(size: tuple[int, int], hour: Hour, dice: Dice) -> Callable[[Array], Array]:
    """Develops pictures of that size to 0..1, a shade darker in the corners, finely grained."""
    width, height = size
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    corners = (1 - 0.22 * smoothstep(0.5, 1.9, x * x + y * y))[..., None]
    grain = dice.rng.normal(0, 0.006, (height, width, 1)).astype(np.float32)
    exposure = hour.exposure * 1.25
    return lambda picture: np.clip(develop(picture * corners, exposure) + grain, 0, 1)


def _hour(brief: Brief, dice: Dice) -> Hour:
    name = brief.time or dice.choose("noon", "noon", "sunset", "dawn")
    if brief.setting == "mars" and brief.time in (None, "noon"):
        name = "mars"
    if brief.setting in ("space", "moon"):
        name = "space"
    options = HOURS[name]
    hour = options[int(dice.rng.integers(len(options)))]
    if "waves" in brief.traits or "dark" in brief.traits:
        hour = replace(hour, exposure=hour.exposure * 0.72)
    if not brief.colours or brief.setting in ("field", "space", "desert"):
        return hour
    tone = brief.colours[0]
    return Hour(
        mix(hour.zenith, tint(tone, 0.7), 0.45), mix(hour.horizon, tone, 0.35),
        mix(hour.glow, tone, 0.2),
        mix(hour.cloud, tone, 0.3), hour.light, mix(hour.shade, tint(tone, 0.6), 0.3),
        hour.sun_height, hour.exposure,
    )  # fmt: skip


def _horizon(setting: str, dice: Dice) -> float:
    low, high = {
        "sky": (1.0, 1.05), "space": (1.0, 1.05), "forest": (0.5, 0.58), "city": (0.62, 0.7),
        "harbour": (0.58, 0.64), "sea": (0.5, 0.6), "field": (0.46, 0.54), "desert": (0.42, 0.5),
        "island": (0.46, 0.52), "beach": (0.46, 0.52), "lake": (0.5, 0.56),
    }.get(setting, (0.48, 0.56))  # fmt: skip
    return dice.between(low, high)


def _camera(tile: Ground | None, setting: str, dice: Dice) -> tuple[float, float, float]:
    """A place to stand: of a few, the one with the best mixture of near openness and far height."""
    if tile is None:
        return 0.0, 1.0, 0.0
    lift = {
        "mountains": 1.1,
        "snow": 1.1,
        "volcano": 1.1,
        "lake": 0.5,
        "island": 0.9,
        "beach": 0.7,
        "desert": 0.45,
    }.get(setting, 0.75)
    best, place = -1e9, (0.0, 1.0, 0.0)
    for _ in range(14):
        x, z = dice.between(0, 51), dice.between(0, 51)
        ahead = np.linspace(0, 30, 40)
        heights = lookup(tile.heights, (z + ahead) * 10, np.full(40, x * 10))
        near, far = float(heights[:6].max()), float(heights[8:].max())
        if tile.wet:
            near = max(near, 0.0)
        score = far - 1.6 * near - (2.0 * near if tile.wet else 0)
        if score > best:
            best, place = score, (x, near + lift, z)
    return place


def _dim(hour: Hour, *, city: bool) -> Colour:
    shade = tint(hour.shade, 0.42 if city else 0.16)
    return mix(shade, (0.01, 0.02, 0.015), 0.3)


def _as_lake(brief: Brief) -> Brief:
    return Brief(
        brief.prompt, None, "lake", brief.time, brief.material, brief.colours, brief.traits
    )
