"""The climb: a cheap model first, a repair by the same one, then a stronger model, and no further.

All of it is one attempt. What the tries cost is added up and told with the verdict, good or bad;
the user pays the price that was quoted, or nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from gesso.providers.flow import Answer, Call, Delivered, Failed, Flow, Refused, Unsure
from gesso.providers.language import schema
from gesso.providers.language.question import Question

INVALID_OUTPUT = "invalid_output"
_LONGEST_QUOTE = 20_000


@dataclass(frozen=True, slots=True)
class Rung:
    """A model, and what its tokens cost."""

    model: str
    rates: Mapping[str, float] | None = None
    """`input` and `output`: the provider's price of a million tokens; none: it is not known."""

    def cost(self, usage: Mapping[str, int]) -> int | None:
        """What these tokens cost, in millionths of the provider's currency."""
        if self.rates is None:
            return None
        return ceil(sum(usage.get(f"{kind}_tokens", 0) * rate for kind, rate in self.rates.items()))


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said before the present question, and by whom."""

    role: str
    """`user` or `model`; each provider has its own words for them."""
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a model has answered."""

    text: str
    usage: Mapping[str, int]
    """`input_tokens` and `output_tokens`."""
    is_whole: bool = True
    """False: it was cut off where the answer became too long."""
    stopped: tuple[str, str] | None = None
    """Code and sentence, where it would not or could not go on, and no repair will help."""


Ask = Callable[[Rung, Sequence[Turn]], Call]
Read = Callable[[Answer], Said | Refused | Failed]


def rungs_of(model: str, words: Mapping[str, Any]) -> list[Rung]:
    """The order's model, and the stronger one that its input may name; ValueError for nonsense."""
    try:
        rungs = [Rung(model, _rates(words))]
        if stronger := words.get("stronger"):
            rungs.append(Rung(str(stronger["model"]), _rates(stronger)))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"`rates` or `stronger` make no sense: {error!r}") from error
    return rungs


def _rates(words: Mapping[str, Any]) -> dict[str, float] | None:
    told = words.get("rates")
    return told and {str(kind): float(rate) for kind, rate in told.items()}


@dataclass(slots=True)
class _Spent:
    """What the tries so far have used up."""

    usage: Counter[str] = field(default_factory=Counter)
    cost: int | None = 0
    tries: int = 0

    def add(self, rung: Rung, usage: Mapping[str, int]) -> None:
        self.tries += 1
        self.usage.update(usage)
        cost = rung.cost(usage)
        self.cost = None if cost is None or self.cost is None else self.cost + cost

    def failed(self, code: str, message: str) -> Failed:
        return Failed(code, message, cost=self.cost or 0, usage=dict(self.usage))


def climb(
    question: Question, rungs: Sequence[Rung], ask: Ask, read: Read
) -> Flow[Delivered | Refused | Failed]:
    """Ask until an answer has its shape: twice the first model, once each of the others."""
    spent, faults = _Spent(), [""]
    for place, rung in enumerate(rungs):
        turns: list[Turn] = []
        for _ in range(2 if place == 0 else 1):
            answer = yield ask(rung, turns)
            said = _heard(read, answer, spent)
            if not isinstance(said, Said):
                return said
            spent.add(rung, said.usage)
            if said.stopped:
                return spent.failed(*said.stopped)
            found = schema.read(question.schema, said.text)
            if said.is_whole and isinstance(found, dict):
                return Delivered(value=found, cost=spent.cost, usage=dict(spent.usage))
            faults = ["it is cut off: it is too long"] if not said.is_whole else list(found)
            turns = [Turn("model", said.text[:_LONGEST_QUOTE] or "{}"), _correction(faults)]
    return spent.failed(INVALID_OUTPUT, f"No model gave a sound answer; the last: {faults[0]}.")


def _heard(read: Read, answer: Answer, spent: _Spent) -> Said | Refused | Failed:
    """An answer as it is meant. From the second on, the job was taken: nothing is refused any more,
    and what is lost is lost, for no later word can bring it.
    """
    if not spent.tries:
        return read(answer)
    try:
        said = read(answer)
    except Unsure as error:
        return spent.failed(INVALID_OUTPUT, f"The answer was unsound, and its repair lost: {error}")
    if isinstance(said, Said):
        return said
    return spent.failed(INVALID_OUTPUT, f"The answer was unsound, and not repaired: {said.message}")


def _correction(faults: Sequence[str]) -> Turn:
    listed = "\n".join(f"- {fault}" for fault in faults)
    return Turn(
        "user",
        f"That answer does not have the given shape:\n{listed}\nGive the whole object again, sound"
        " and short, and nothing around it.",
    )


def tokens(of: Any, **names: Sequence[str]) -> dict[str, int]:
    """Counts of tokens under our names, each the sum of the provider's; what is no count is 0."""
    told = of if isinstance(of, Mapping) else {}
    return {ours: sum(_count(told.get(name)) for name in theirs) for ours, theirs in names.items()}


def _count(told: Any) -> int:
    return told if type(told) is int and 0 <= told < 1 << 31 else 0
