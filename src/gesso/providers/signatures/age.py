"""Age: how far a push's own time may be from ours."""

from typing import Final

TOLERANCE: Final = 300
"""Seconds, both ways; what both Standard Webhooks' library and fal's documentation use."""


def is_timely(timestamp: str, received_at: float) -> bool:
    """Whether this text is a Unix time in seconds that is near enough; False for any other text."""
    try:
        signed_at = int(timestamp)
    except ValueError:
        return False
    return abs(received_at - signed_at) <= TOLERANCE
