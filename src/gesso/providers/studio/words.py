"""The vocabulary: what a prompt asks for, in the terms that the makers understand."""

import re
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

from gesso.providers.studio.noise import Array, generator
from gesso.providers.studio.vocabulary import (
    COLOURS,
    LOOKS,
    MATERIALS,
    PACES,
    SCENERY,
    SETTINGS,
    SUBJECTS,
    TIMES,
    TRAITS,
)

Colour: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Brief:
    """What a prompt asks for; the fields it says nothing about are None or empty."""

    prompt: str
    subject: str | None
    setting: str | None
    time: str | None
    material: str | None
    colours: tuple[Colour, ...]
    traits: frozenset[str]

    @property
    def is_view(self) -> bool:
        """Whether it asks for a landscape and for no object."""
        return self.subject is None and (self.setting is not None or self.time is not None)

    def dice(self, *, seed: int, purpose: str) -> "Dice":
        """Chances that depend on the prompt, the seed and the purpose, and on nothing else."""
        return Dice(self.prompt, seed, purpose)


class Dice:
    """Seeded choices, so that one prompt and seed always make one and the same work."""

    def __init__(self, *keys: object) -> None:
        self.rng = generator(*keys)

    def between(self, low: float, high: float) -> float:
        """A number between the two."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """True as often as asked."""
        return bool(self.rng.random() < probability)

    def choose(self, *options: str) -> str:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def colour(self, *options: Colour) -> Colour:
        """One of the colours, a little moved so that no two works are quite alike."""
        base = options[int(self.rng.integers(len(options)))]
        shift = self.rng.uniform(0.9, 1.1, 3)
        return tint(base, (float(shift[0]), float(shift[1]), float(shift[2])))


def tint(colour: Colour, by: Colour | float) -> Colour:
    """The colour multiplied by another or by a number, held within 0..1."""
    factors = (by, by, by) if isinstance(by, float) else by
    red, green, blue = (min(max(c * f, 0.0), 1.0) for c, f in zip(colour, factors, strict=True))
    return red, green, blue


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second colour in the first."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def linear(code: str) -> Colour:
    """The linear-light value of an sRGB code such as '#c9472f'."""
    levels = [int(code[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in levels)
    return red, green, blue


def read(prompt: str) -> Brief:
    """Understand a prompt; words that nobody knows only stir the dice."""
    text, tokens = _taken_apart(prompt)
    setting = _first(SETTINGS, tokens, text)
    subject = _head(_find(SUBJECTS, tokens, text))
    if setting is not None and subject in SCENERY:
        subject = None
    return Brief(
        prompt=" ".join(text.split()),
        subject=subject,
        setting=setting,
        time=_first(TIMES, tokens, text),
        material=_first(MATERIALS, tokens, text),
        colours=tuple(linear(code) for _, code in _find(COLOURS, tokens, text)),
        traits=frozenset(name for _, name in _find(TRAITS, tokens, text)),
    )


def named(table: dict[str, str], prompt: str) -> list[str]:
    """Every thing of this table that the prompt names, in the order of its words."""
    text, tokens = _taken_apart(prompt)
    return [name for _, name in _find(table, tokens, text)]


def _taken_apart(prompt: str) -> tuple[str, list[str]]:
    text = unicodedata.normalize("NFKC", prompt).casefold().strip()
    return text, re.findall(r"[^\W\d_]+", text)


def _index(table: dict[str, str]) -> dict[str, str]:
    return {word.replace("_", " "): name for name, words in table.items() for word in words.split()}


_INDEXES = {
    id(table): _index(table)
    for table in (SUBJECTS, SETTINGS, TIMES, MATERIALS, TRAITS, LOOKS, PACES)
}
_INDEXES[id(COLOURS)] = _index(COLOURS)


def _find(table: dict[str, str], tokens: list[str], text: str) -> list[tuple[int, str]]:
    """Every known thing in the text with the place of its last token, in the order of the text."""
    index = _INDEXES[id(table)]
    found: list[tuple[int, str]] = []
    place = 0
    while place < len(tokens):
        for width in (3, 2, 1):
            name = index.get(_singular(" ".join(tokens[place : place + width]), index))
            if name is not None and place + width <= len(tokens):
                found.append((place + width - 1, name))
                place += width
                break
        else:
            place += 1
    return found or _inside(index, text)


def _singular(word: str, index: dict[str, str]) -> str:
    if word in index:
        return word
    for ending, stem in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if word.endswith(ending) and word.removesuffix(ending) + stem in index:
            return word.removesuffix(ending) + stem
    return word


def _inside(index: dict[str, str], text: str) -> list[tuple[int, str]]:
    """Chinese and Japanese write no spaces: the longest known words anywhere in the text."""
    found: list[tuple[int, str]] = []
    rest = text
    for word in sorted((w for w in index if not w.isascii()), key=len, reverse=True):
        # An accented Latin word is a token already; only scripts without spaces are searched.
        if ord(word[0]) > 0x2E80 and word in rest:
            found.append((text.index(word), index[word]))
            rest = rest.replace(word, " ")
    return sorted(found)


def _first(table: dict[str, str], tokens: list[str], text: str) -> str | None:
    """Of the things found, the one that stands first in the table:
    tables go from rare to common.
    """
    found = {name for _, name in _find(table, tokens, text)}
    return next((name for name in table if name in found), None)


def _head(found: list[tuple[int, str]]) -> str | None:
    """Of words side by side the last is the thing ('mushroom house'); else the first is."""
    if not found:
        return None
    head = found[0]
    for following in found[1:]:
        if following[0] != head[0] + 1:
            break
        head = following
    return head[1]


def luminance(rgb: Array) -> Array:
    """The brightness of linear colours whose channels are the last axis (Rec. 709)."""
    bright: Array = rgb[..., 0] * 0.2126 + rgb[..., 1] * 0.7152 + rgb[..., 2] * 0.0722
    return bright
