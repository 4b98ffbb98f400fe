"""Channels: the doors of a tenant, as its admins set them up, and what their issuers say."""

from gesso.domain.channels.claims import Said, read
from gesso.domain.channels.errors import (
    BadChannel,
    ChannelChanged,
    HostTaken,
    NotYourChannel,
    SlugTaken,
)
from gesso.domain.channels.rules import RATES, is_above, is_sound_url
from gesso.domain.channels.sealing import SECRETS, opened, secret_of
from gesso.domain.channels.service import Desk, change, close, create, get, page
from gesso.domain.channels.tables import ChannelSecret
from gesso.domain.channels.wire import (
    ChannelChange,
    ChannelIn,
    ChannelOut,
    address_of,
    channel_out,
    facts_of,
)

__all__ = [
    "RATES",
    "SECRETS",
    "BadChannel",
    "ChannelChange",
    "ChannelChanged",
    "ChannelIn",
    "ChannelOut",
    "ChannelSecret",
    "Desk",
    "HostTaken",
    "NotYourChannel",
    "Said",
    "SlugTaken",
    "address_of",
    "change",
    "channel_out",
    "close",
    "create",
    "facts_of",
    "get",
    "is_above",
    "is_sound_url",
    "opened",
    "page",
    "read",
    "secret_of",
]
