"""A fate: what befalls one submission at a simulated provider."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fate:
    """As it stands, the job is taken, made at once, reported once and billed."""

    status: int = 200
    """400 and more refuse it, in the provider's own words."""
    error: str | None = None
    """Those words, where the status alone does not say which refusal it is."""
    takes: bool = True
    """Whether it is taken all the same; a refusal with a status of 500 may be a lie."""
    loses_answer: bool = False
    """The connection is cut where the answer should come."""
    retry_after: float | None = None
    latency: float = 0.0
    seconds: float | None = 0.0
    """How long it is at work; None: for ever."""
    fails: str | None = None
    """The provider's code of the failure that it ends with."""
    cancels: bool = True
    file: Literal["sound", "html", "truncated", "gone"] = "sound"
    pushes: int = 1
    """How often its end is reported to the callback's address; 0: the report is lost."""
    push_after: float = 0.0
    """Seconds between the end and the first report."""
    pushes_early: bool = False
    """The report comes before the answer to the submission does."""
    answer: Literal["sound", "other", "no_json", "wrong_shape", "truncated"] = "sound"
    """What a language model says, where that is the result; `other`: of what it may choose from,
    the last instead of the first.
    """
