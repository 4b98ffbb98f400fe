"""Functions that can be run by name: any async function with typed arguments, said to be one.

What can be run is code that is installed here. Over HTTP only names and arguments arrive.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, PydanticUserError, create_model
from pydantic_core import to_json

from gesso.domain.registry.context import Context
from gesso.infra.settings import SettingsError

P = ParamSpec("P")
R = TypeVar("R")

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
"""With a dot, by which a run is told from a job wherever both travel."""
_LONGEST_NAME = 100
_ODD = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL)
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)


class UnsoundTask(SettingsError):
    """A function cannot be registered as it is; told at the start, before anything runs."""


class Retry(Exception):
    """Raised by a function that wants to be tried again later, if tries are left."""

    def __init__(self, reason: str = "", *, after: float | None = None) -> None:
        """Again in `after` seconds; without it, as the function's backoff says."""
        super().__init__(reason)
        self.after = after


class Cancel(Exception):
    """Raised by a function that sees no sense in its run; it is not tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the runs of a function are treated, unless a run says otherwise."""

    queue: str
    max_attempts: int
    backoff: tuple[float, float]
    """Seconds before the second try at most, and before any later one."""
    timeout: float
    priority: int
    parallel: bool

    def check(self) -> None:
        """UnsoundTask for terms on which nothing could run."""
        first, cap = self.backoff
        bounds = {
            "max_attempts must be 1 to 20": 1 <= self.max_attempts <= 20,
            "backoff must be two rising numbers of seconds": 0 < first <= cap <= 86_400,
            "timeout must be up to a day": 0 < self.timeout <= 86_400,
            "priority must be 0 to 9": 0 <= self.priority <= 9,
            "queue must be a plain name": re.fullmatch("[a-z0-9_]{1,64}", self.queue),
        }
        for rule, is_met in bounds.items():
            if not is_met:
                raise UnsoundTask(f"A registered task's {rule}.")


class RegisteredTask(Generic[P, R]):
    """An async function with a name; called, it is the function as it was written."""

    def __init__(self, name: str, function: Callable[P, Awaitable[R]], terms: Terms) -> None:
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            raise UnsoundTask(f"{name!r} is no name for a task: write `noun.verb`, in lower case.")
        if not inspect.iscoroutinefunction(function):
            raise UnsoundTask(f"The task {name!r} is not an async function.")
        terms.check()
        self.name, self.terms = name, terms
        self.summary = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
        self._function: Callable[..., Awaitable[Any]] = function
        self.arguments, self._context = _read_signature(name, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Awaitable[R]:
        """Call the function itself, here and now."""
        return self._function(*args, **kwargs)

    def parse(self, arguments: Mapping[str, Any]) -> BaseModel:
        """The arguments as the function takes them; Pydantic's ValidationError for any others."""
        return self.arguments.model_validate_json(to_json(arguments))

    async def run(self, parsed: BaseModel, context: Context) -> Any:
        """Call the function with parsed arguments, and with its context if it asks for one."""
        values = {name: getattr(parsed, name) for name in type(parsed).model_fields}
        if self._context is not None:
            values[self._context] = context
        return await self._function(**values)


Functions = Mapping[str, RegisteredTask[..., Any]]
"""What can be run here, by name."""


def register_task(  # none of them by place
    *,
    name: str,
    queue: str = "default",
    max_attempts: int = 3,
    backoff: tuple[float, float] = (1.0, 300.0),
    timeout: float = 300.0,
    priority: int = 0,
    parallel: bool = True,
) -> Callable[[Callable[P, Awaitable[R]]], RegisteredTask[P, R]]:
    """Let an async function be run by name: offer it in `TASKS`, or by entry point.

    Its arguments must be typed; one of the type `Context` is given by us. With `parallel=False` no
    two of its runs are in hand at once, on however many machines.
    """
    terms = Terms(
        queue=queue,
        max_attempts=max_attempts,
        backoff=backoff,
        timeout=timeout,
        priority=priority,
        parallel=parallel,
    )

    def register(function: Callable[P, Awaitable[R]]) -> RegisteredTask[P, R]:
        return RegisteredTask(name, function, terms)

    return register


def _read_signature(name: str, function: Callable[..., Any]) -> tuple[type[BaseModel], str | None]:
    """The strict model of a function's arguments, and the name of the one that is its context."""
    hints, context = get_type_hints(function, include_extras=True), None
    fields: dict[str, Any] = {}
    for each in inspect.signature(function).parameters.values():
        if each.kind in _ODD or each.kind is inspect.Parameter.VAR_KEYWORD:
            raise UnsoundTask(f"The task {name!r} cannot take {each}: arguments come by name.")
        if each.name not in hints:
            raise UnsoundTask(f"The task {name!r} does not say of what type {each.name!r} is.")
        if each.name.startswith("_") or hasattr(BaseModel, each.name):
            raise UnsoundTask(f"The task {name!r} cannot call an argument {each.name!r}.")
        if hints[each.name] is Context:
            context = each.name
        else:
            default = ... if each.default is inspect.Parameter.empty else each.default
            fields[each.name] = (hints[each.name], default)
    try:
        model: type[BaseModel] = create_model(name, __config__=_STRICT, **fields)
        model.model_json_schema()
    except PydanticUserError as error:
        raise UnsoundTask(f"The task {name!r} takes what no JSON can say: {error}") from error
    return model, context
