"""What the room of usage refuses.

GessoError
└── Invalid
    ├── BadRange       422  the days asked for are none, or too many
    └── TooManyGroups  422  the answer would be longer than anybody reads
"""

from gesso.infra.errors import Invalid


class BadRange(Invalid):
    """The range ends before it begins, or has more days than are told at once."""

    code = "bad_range"


class TooManyGroups(Invalid):
    """The answer would have more groups than are told at once."""

    code = "too_many_groups"
