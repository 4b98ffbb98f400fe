"""What providers of language models have in common: a question, its answer, and the climb from a
cheap model to a stronger one where an answer makes no sense.
"""

from gesso.providers.language.climb import Rung, Said, Turn, climb, rungs_of
from gesso.providers.language.question import Question
from gesso.providers.language.schema import plain

__all__ = ["Question", "Rung", "Said", "Turn", "climb", "plain", "rungs_of"]
