"""What the room of reconciliation refuses.

GessoError
├── NotFound
│   └── NoSuchDay  404  nothing was counted for this day
└── Invalid
    ├── BadSpan    422  a range that ends before it begins, or is too long
    └── BadBill    422  a provider's bill that cannot be read
"""

from gesso.infra.errors import Invalid, NotFound


class NoSuchDay(NotFound):
    """Nothing has been counted for this day."""

    code = "no_such_day"


class BadSpan(Invalid):
    """The range ends before it begins, or has more than 366 days."""

    code = "bad_span"


class BadBill(Invalid):
    """The provider's bill cannot be read; the sentence names the line, and nothing was imported."""

    code = "bad_bill"
