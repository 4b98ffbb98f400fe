"""Limits: whether one more may come, decided here or together with every other process."""

from gesso.infra.limits.memory import MemoryLimiter
from gesso.infra.limits.port import Limiter, Rule, Seats, Standing

__all__ = ["Limiter", "MemoryLimiter", "Rule", "Seats", "Standing"]
