"""Events: everything that happened to an owner's things, in one order, replayable."""

from gesso.domain.events.feed import Feed, Rhythm, TooManyStreams
from gesso.domain.events.herald import Herald, Labels, declare_topic
from gesso.domain.events.service import flush, record, record_latest, stream_topic
from gesso.domain.events.sse import EventStream
from gesso.domain.events.stream import (
    Start,
    as_of,
    blank,
    ensure_epoch,
    epoch,
    forget_untold,
    locate,
    read_after,
    says_anything,
)
from gesso.domain.events.tables import Event, Stream
from gesso.domain.events.tail import Tail
from gesso.domain.events.transient import Source, Transient
from gesso.domain.events.untold import keep_untold
from gesso.domain.events.wire import CONTROL, console_frame, cursor_text

__all__ = [
    "CONTROL",
    "Event",
    "EventStream",
    "Feed",
    "Herald",
    "Labels",
    "Rhythm",
    "Source",
    "Start",
    "Stream",
    "Tail",
    "TooManyStreams",
    "Transient",
    "as_of",
    "blank",
    "console_frame",
    "cursor_text",
    "declare_topic",
    "ensure_epoch",
    "epoch",
    "flush",
    "forget_untold",
    "keep_untold",
    "locate",
    "read_after",
    "record",
    "record_latest",
    "says_anything",
    "stream_topic",
]
