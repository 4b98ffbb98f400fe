"""How long to wait before trying again.

Full and equal jitter as in "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
"""

import random


def full_jitter(attempt: int, *, first: float, cap: float, pick: float | None = None) -> float:
    """Seconds before try number `attempt` + 1 (attempts count from 1): anywhere up to the doubling
    limit.
    """
    share = random.random() if pick is None else pick  # noqa: S311
    return share * min(cap, first * 2.0 ** max(0, attempt - 1))


def equal_jitter(attempt: int, *, first: float, cap: float, pick: float | None = None) -> float:
    """Like `full_jitter`, but never less than half the limit: for peers that count requests a
    minute.
    """
    return (
        full_jitter(attempt, first=first, cap=cap, pick=1.0) / 2
        + full_jitter(attempt, first=first, cap=cap, pick=pick) / 2
    )
