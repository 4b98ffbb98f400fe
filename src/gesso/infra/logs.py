"""Logs: static event names with fields, as text or as JSON, and never with a secret in them."""

import logging
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from gesso.kit.masks import mask
from gesso.kit.scrub import scrubbed

_DEEPEST: Final = 6
_SECRET_NAME = re.compile(
    r"(authorization|cookie|passw(or)?d|passphrase|secret|token|(api|private|signing|access)_?key)$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"""
      (?P<keep>\bgsk_[A-Za-z0-9]{8})_[A-Za-z0-9_-]+
    | (?P<scheme>\b(?:Bearer|Basic|Key|Token)\s+)[A-Za-z0-9._~+/=:-]{8,}
    | (?P<user>://[^\s/:@]*:)[^\s/@]+(?=@)
    | \b(?:gsr_|gcs_|sk-|r8_|hf_|AIza|apify_api_|whsec_|gh[pousr]_|github_pat_|xox[abprs]-
          |AKIA|ASIA)
      [A-Za-z0-9_+/=-]{12,}
    | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{32}\b
    | \beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*
    """,
    re.VERBOSE,
)
_hidden: dict[str, None] = {}
_MOST_HIDDEN: Final = 500
_NOISY: Final = ("alembic", "uvicorn.access", "asyncio", "aiosqlite", "PIL", "trimesh")


def set_up_logs(
    level: Literal["debug", "info", "warning", "error"],
    form: Literal["text", "json"],
    *,
    stream: TextIO | None = None,
) -> None:
    """Route every log of this process, libraries' included, to `stream`, else to standard error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    stream = stream or sys.stderr
    structlog.configure(
        processors=[*_shared(), ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[ProcessorFormatter.remove_processors_meta, _renderer(form, stream)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    logging.getLogger("asyncio").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Not that a worker process was collected by the pool before asyncio could do so."""
    return not str(record.msg).startswith("Unknown child process pid")


def debug_is_on() -> bool:
    """Whether debug logs are wanted; asking is cheaper than having one thrown away."""
    return logging.getLogger("gesso").isEnabledFor(logging.DEBUG)


def keep_out(secrets: Iterable[str]) -> None:
    """Have these put out wherever they turn up in a log of this process, tracebacks included."""
    for secret in secrets:
        _hidden.pop(secret, None)
        _hidden[secret] = None
        if len(_hidden) > _MOST_HIDDEN:
            del _hidden[next(iter(_hidden))]


def masked(text: str) -> str:
    """The text with whatever looks like a secret masked."""
    return _SECRET_VALUE.sub(_masked, text)


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A structlog processor that masks secrets: by a field's name, and by a value's look."""
    return {name: _redacted(name, value, 0) for name, value in event.items()}


def _redacted(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return mask(value) if _SECRET_NAME.search(name) else masked(scrubbed(value, _hidden))
    if isinstance(value, bytes):
        return _redacted(name, value.decode(errors="replace"), depth)
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {key: _redacted(str(key), inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(name, inner, depth + 1) for inner in value]
    return value


def _masked(found: re.Match[str]) -> str:
    kept = found["keep"] or found["scheme"] or found["user"]
    return f"{kept}…" if kept else mask(found[0])


def _shared() -> list[Processor]:
    """What happens to every log line; the mask comes last, so that it sees tracebacks too."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]


def _renderer(form: Literal["text", "json"], stream: TextIO) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty())
