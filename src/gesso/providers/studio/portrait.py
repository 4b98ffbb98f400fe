"""The picture of an object: before a plain backdrop, or out of doors in a painted scene."""

from dataclasses import dataclass

import numpy as np

from gesso.providers.studio.catalogue import figure_of
from gesso.providers.studio.figure import Figure, Volume
from gesso.providers.studio.lighting import Light
from gesso.providers.studio.march import Progress, Scene, frame
from gesso.providers.studio.noise import Array, smoothstep
from gesso.providers.studio.words import Brief, Colour, Dice, linear, mix

BACKDROPS = ("#d9d2c5", "#c8d2d4", "#e2d3c8", "#cdd3c2", "#d5cfdb", "#c9c9c6", "#e4dcc4", "#bccad6")
MOODS = {
    "dark": ("#3a3f48", "#2e343c", "#40383a"),
    "night": ("#2a3550", "#26304a", "#33304c"),
    "sunset": ("#e8b088", "#dfa18c"),
    "cold": ("#c2d4e2", "#b8ccd8"),
    "warm": ("#e9cfa8", "#e6c8a6"),
    "vivid": ("#f0b23a", "#e8705a", "#4fb0a8", "#8f78d0"),
}


@dataclass(frozen=True)
class Sitting:
    """A figure that has been set up: its grid, the view of it and the light upon it."""

    figure: Figure
    volume: Volume
    turn: float
    tilt: float
    light: Light

    def expose(
        self, size: tuple[int, int], samples: int, progress: Progress
    ) -> tuple[Array, Array, Array]:
        """Colour times cover, cover, and the light on the floor, at a size in pixels."""
        return self.seen_from(0.0, size, samples, progress)

    def seen_from(
        self, around: float, size: tuple[int, int], samples: int, progress: Progress
    ) -> tuple[Array, Array, Array]:
        """The same after walking so many degrees around the figure."""
        camera = frame(self.volume, turn=self.turn + around, tilt=self.tilt, size=size)
        shot = Scene(self.figure, self.volume, camera, self.light).expose(samples, progress)
        return shot.colour, shot.cover, shot.floor


def arrange(brief: Brief, *, seed: int, cells: int, sky: Colour | None = None) -> Sitting:
    """Set up the object of a prompt; `sky` is the light of the scene that it stands in, if any."""
    figure = figure_of(brief, seed)
    dice = brief.dice(seed=seed, purpose="view")
    side = -1.0 if dice.chance(0.5) else 1.0
    key = np.array(
        [side * dice.between(0.45, 0.75), dice.between(0.65, 0.95), dice.between(0.45, 0.75)]
    )
    key /= np.linalg.norm(key)
    warmth = dice.between(-0.08, 0.16)
    dome = mix((0.62, 0.66, 0.72), sky, 0.5) if sky else (0.62, 0.66, 0.72)
    light = Light(
        key=(float(key[0]), float(key[1]), float(key[2])),
        colour=(1.2 + warmth, 1.18, 1.14 - warmth),
        sky=dome,
        ground=(0.44, 0.41, 0.38),
    )
    return Sitting(figure, Volume(figure, cells), dice.between(-28, 28), dice.between(8, 19), light)


def backdrop(brief: Brief, dice: Dice, size: tuple[int, int]) -> Array:
    """A seamless sheet of paper (H, W, 3) that is brightest behind the object."""
    colour = _paper(brief, dice)
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across = (x / width - dice.between(0.38, 0.62)) * 1.1
    down = y / height - 0.42
    glow = np.exp(-(across**2 * 2.2 + down**2 * 2.6))
    fall = 0.72 + 0.42 * glow + 0.1 * smoothstep(0.5, 1.0, y / height)
    result: Array = np.array(colour, np.float32) * fall[..., None]
    return result


def _paper(brief: Brief, dice: Dice) -> Colour:
    for mood, papers in MOODS.items():
        if mood in brief.traits or mood == brief.time:
            return dice.colour(*map(linear, papers))
    if brief.colours and dice.chance(0.4):
        pale = mix(brief.colours[0], (0.75, 0.74, 0.72), 0.8)
        return dice.colour(pale)
    return dice.colour(*map(linear, BACKDROPS))
