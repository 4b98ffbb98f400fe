"""The gate: how often and how much at once each may ask, and by which door they come in."""

from gesso.domain.gate.doors import Door, Doors, channel_limits, door_of
from gesso.domain.gate.errors import (
    LimitsAway,
    NoSuchDoor,
    RateLimited,
    TooManyAtOnce,
    TooManyConnections,
    TooManyFollowers,
)
from gesso.domain.gate.gate import Gate

__all__ = [
    "Door",
    "Doors",
    "Gate",
    "LimitsAway",
    "NoSuchDoor",
    "RateLimited",
    "TooManyAtOnce",
    "TooManyConnections",
    "TooManyFollowers",
    "channel_limits",
    "door_of",
]
