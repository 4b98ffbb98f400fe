"""What the room of channels refuses.

GessoError
├── Invalid
│   └── BadChannel      422  what is asked for makes no channel
├── Forbidden
│   └── NotYourChannel  403  nobody sets up a channel that leads above themselves
└── Conflict
    ├── SlugTaken       409  another channel is called so
    ├── HostTaken       409  another channel answers to this host
    └── ChannelChanged  409  somebody else has changed it meanwhile
"""

from gesso.infra.errors import Conflict, Forbidden, Invalid


class BadChannel(Invalid):
    """What is asked for makes no channel; the sentence says what is missing or does not fit."""

    code = "bad_channel"


class NotYourChannel(Forbidden):
    """No admin sets up a channel that gives a role above their own."""

    code = "channel_not_yours"


class SlugTaken(Conflict):
    """Another channel of this house is called so."""

    code = "slug_taken"


class HostTaken(Conflict):
    """Another channel of this house answers to this host name."""

    code = "host_taken"


class ChannelChanged(Conflict):
    """It was changed since it was read; `rev` is what it is now."""

    code = "channel_changed"
