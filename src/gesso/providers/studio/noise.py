"""Random fields: seeded generators, tileable noise pictures and a cheap noise in space."""

import hashlib
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

Array: TypeAlias = npt.NDArray[Any]


def generator(*keys: object) -> np.random.Generator:
    """A generator that depends on nothing but the keys' text, on every machine."""
    digest = hashlib.sha256("\x1f".join(map(str, keys)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def band(rng: np.random.Generator, size: int, frequency: float) -> Array:
    """A tileable square of unit-variance noise whose waves are about `frequency` to the side."""
    fy = np.fft.fftfreq(size, 1 / size)[:, None]
    fx = np.fft.rfftfreq(size, 1 / size)[None, :]
    radius = np.hypot(fy, fx) / frequency
    amplitude = np.exp(-((np.log2(np.maximum(radius, 1e-6))) ** 2) * 2.5)
    phase = rng.uniform(0, 2 * np.pi, amplitude.shape)
    spectrum = (amplitude * np.exp(1j * phase)).astype(np.complex64)
    tile: Array = fft.irfft2(spectrum, s=(size, size))
    return tile / max(float(tile.std()), 1e-9)


def clouds(rng: np.random.Generator, size: int, frequency: float, octaves: int = 6) -> Array:
    """Tileable fractal noise with unit variance:
    each octave is half as strong as the one before.
    """
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        if frequency * 2**octave > size / 2.5:
            break
        total += band(rng, size, frequency * 2**octave) * 0.5**octave
    return total / max(float(total.std()), 1e-9)


def ridges(rng: np.random.Generator, size: int, frequency: float, octaves: int = 7) -> Array:
    """Tileable ridged noise in 0..1, after Musgrave: crests are sharp, and rough only up high."""
    total = np.zeros((size, size), np.float32)
    weight: Array = np.ones((size, size), np.float32)
    for octave in range(octaves):
        if frequency * 2**octave > size / 2.5:
            break
        crest = np.clip(1 - np.abs(band(rng, size, frequency * 2**octave)) * 0.62, 0, 1) ** 2
        total += crest * weight * 0.52**octave
        weight = np.clip(crest * 1.6, 0, 1)
    result: Array = (total - total.min()) / max(float(np.ptp(total)), 1e-9)
    return result


def lookup(tile: Array, rows: Array, columns: Array) -> Array:
    """The tile's value at fractional places, repeated for ever in both directions."""
    found: Array = ndimage.map_coordinates(
        tile, np.stack([rows, columns]), np.float32, order=1, mode="grid-wrap", prefilter=False
    )
    return found


def waves(points: Array, frequency: float, phase: float = 0.0) -> Array:
    """Smooth noise in -1..1 at points (3, N): folded sines, cheap enough for every pixel."""
    x, y, z = (points[axis] * frequency + phase * (axis + 1.7) for axis in range(3))
    first = np.sin(x + 1.3 * np.sin(y * 0.9 + 0.4)) * np.cos(z + np.sin(x * 0.7))
    second = np.sin(2.1 * y + 1.7 * np.sin(z * 1.9 + x)) * np.cos(1.8 * x - y + phase)
    third = np.sin(4.3 * z + 2.2 * np.sin(x * 3.1 - y)) * np.cos(3.9 * y + 2.7 * x)
    blended: Array = first * 0.55 + second * 0.3 + third * 0.15
    return blended


def smoothstep(low: float | Array, high: float | Array, value: Array) -> Array:
    """0 below `low`, 1 above `high` and a smooth rise between; `low` may be the greater."""
    ramp = np.clip((value - low) / (high - low), 0, 1)
    eased: Array = ramp * ramp * (3 - 2 * ramp)
    return eased
