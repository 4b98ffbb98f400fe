"""Events: everything that happened to an owner's things, in one order, replayable."""

from gesso.domain.events.feed import Feed, Rhythm, TooManyStreams
from gesso.domain.events.service import flush, record, record_latest, stream_topic
from gesso.domain.events.sse import EventStream
from gesso.domain.events.stream import Start, as_of, ensure_epoch, epoch, locate
from gesso.domain.events.tables import Event, Stream
from gesso.domain.events.wire import cursor_text

__all__ = [
    "Event",
    "EventStream",
    "Feed",
    "Rhythm",
    "Start",
    "Stream",
    "TooManyStreams",
    "as_of",
    "cursor_text",
    "ensure_epoch",
    "epoch",
    "flush",
    "locate",
    "record",
    "record_latest",
    "stream_topic",
]
