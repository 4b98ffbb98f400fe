"""Mail: letters leave after the commit, over SMTP, or into a folder where no server is named.

Whoever has something to tell somebody hands a `Letter` to the `Post` of the house and goes on; what
becomes of it is logged and counted, and nobody waits for it.
"""

from gesso.infra.mail.letter import Letter, message_of
from gesso.infra.mail.outbox import Outbox
from gesso.infra.mail.post import InTransaction, Mail, NotDelivered, Post, open_post
from gesso.infra.mail.smtp import Smtp

__all__ = [
    "InTransaction",
    "Letter",
    "Mail",
    "NotDelivered",
    "Outbox",
    "Post",
    "Smtp",
    "message_of",
    "open_post",
]
