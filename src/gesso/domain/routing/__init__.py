"""Routing: which of those who can make a piece is asked next, learned from how they did lately."""

from gesso.domain.routing.figures import Figures, Seen
from gesso.domain.routing.router import Candidate, Choice, Router

__all__ = ["Candidate", "Choice", "Figures", "Router", "Seen"]
