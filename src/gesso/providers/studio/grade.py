"""Grading: the light and the colours that a prompt asks of a film which is there already."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import ndimage

from gesso.providers.studio.noise import Array
from gesso.providers.studio.pictures import Levels, to_bytes
from gesso.providers.studio.vocabulary import LOOKS
from gesso.providers.studio.words import Brief, Colour, Dice, named

_LUMA: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of the channels in brightness (Rec. 709)."""


@dataclass(frozen=True, slots=True)
class Tone:
    """What becomes of a frame; as it stands, nothing."""

    gain: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    tint: Colour = (1.0, 1.0, 1.0)
    softness: float = 0.0
    """How far light spills, as a share of the shorter edge."""
    grain: float = 0.0
    vignette: float = 0.0
    """How much darker the corners are."""

    def then(self, other: "Tone") -> "Tone":
        """This one with the other on top of it."""
        red, green, blue = (a * b for a, b in zip(self.tint, other.tint, strict=True))
        return Tone(
            self.gain * other.gain,
            self.contrast * other.contrast,
            self.saturation * other.saturation,
            (red, green, blue),
            max(self.softness, other.softness),
            max(self.grain, other.grain),
            max(self.vignette, other.vignette),
        )


_TONES: Final = {
    "sunset": Tone(contrast=1.06, saturation=1.15, tint=(1.2, 0.96, 0.74), vignette=0.15),
    "dawn": Tone(gain=1.04, contrast=0.9, tint=(1.1, 0.98, 1.0), softness=0.008),
    "night": Tone(gain=0.45, saturation=0.65, tint=(0.74, 0.9, 1.3), vignette=0.4),
    "noon": Tone(gain=1.12, contrast=1.1, saturation=1.12),
    "overcast": Tone(gain=0.92, contrast=0.84, saturation=0.6, tint=(0.97, 1.0, 1.04)),
    "dark": Tone(gain=0.66, contrast=1.15, saturation=0.85, vignette=0.45),
    "warm": Tone(saturation=1.08, tint=(1.12, 1.02, 0.86)),
    "cold": Tone(saturation=0.92, tint=(0.86, 0.99, 1.15)),
    "soft": Tone(gain=1.06, contrast=0.86, saturation=0.9, softness=0.02),
    "vivid": Tone(contrast=1.12, saturation=1.6),
    "fog": Tone(gain=1.06, contrast=0.62, saturation=0.7, softness=0.012),
    "grey": Tone(contrast=1.15, saturation=0.0, grain=0.025, vignette=0.2),
    "sepia": Tone(
        contrast=0.92, saturation=0.0, tint=(1.16, 0.98, 0.74), grain=0.035, vignette=0.4
    ),
}
"""By the vocabulary's words for hours, moods and looks."""


class Grade:
    """A prompt's tone, made ready for frames of one size."""

    def __init__(self, brief: Brief, size: tuple[int, int], *, seed: int) -> None:
        dice = brief.dice(seed=seed, purpose="grade")
        self.tone = _tone(brief, dice)
        width, height = size
        self._spill = self.tone.softness * min(size)
        self._matrix, self._offset = _colours(self.tone)
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
        self._light = (1 - self.tone.vignette * np.clip((x * x + y * y) / 2, 0, 1))[..., None]
        grain = dice.rng.normal(0, self.tone.grain, (height, width, 1)).astype(np.float32)
        self._grain = grain if self.tone.grain else None

    def develop(self, frame: Array, number: int) -> Levels:
        """The frame with this number, levels of 8 bits a channel (H, W, 3), in its new light."""
        picture = np.asarray(frame, np.float32) / 255
        if self._spill:
            blurred = ndimage.gaussian_filter(picture, (self._spill, self._spill, 0))
            picture = 0.5 * picture + 0.5 * np.maximum(picture, blurred)
        picture = (picture @ self._matrix + self._offset) * self._light
        if self._grain is not None:
            # The same plane elsewhere: no two frames in a row have it in one place.
            picture = picture + np.roll(self._grain, (37 * number, 61 * number), (0, 1))
        return to_bytes(picture)


def _tone(brief: Brief, dice: Dice) -> Tone:
    """What the words add up to; the dice move it a little, and alone decide where no word helps."""
    words = [brief.time, *sorted(brief.traits), *named(LOOKS, brief.prompt)]
    tone = Tone()
    for word in dict.fromkeys(words):
        tone = tone.then(_TONES.get(word or "", Tone()))
    if brief.colours and tone.saturation:
        tone = tone.then(Tone(tint=_toward(brief.colours[0])))
    own = 0.12 if tone == Tone() else 0.03
    red, green, blue = (dice.between(1 - own, 1 + own) for _ in range(3))
    moved = tone.then(Tone(contrast=dice.between(1, 1 + own), tint=(red, green, blue)))
    # What has no colour at all stays so.
    return replace(moved, tint=tone.tint) if "grey" in words else moved


def _toward(colour: Colour) -> Colour:
    """A tint in the direction of a colour, as bright as none."""
    bright = max(float(np.dot(colour, _LUMA)), 0.02)
    red, green, blue = (min(max(0.55 + 0.45 * c / bright, 0.6), 1.6) for c in colour)
    return red, green, blue


def _colours(tone: Tone) -> tuple[Array, Array]:
    """Saturation, tint, contrast and gain in one step: what colours are multiplied by, and what is
    added to them.
    """
    grey = np.outer(_LUMA, np.ones(3, np.float32))
    mixed = tone.saturation * np.eye(3, dtype=np.float32) + (1 - tone.saturation) * grey
    matrix = (mixed * np.array(tone.tint, np.float32)) * (tone.contrast * tone.gain)
    middle = 0.5 * (1 - tone.contrast) * tone.gain
    return matrix.astype(np.float32), np.full(3, middle, np.float32)
