"""Background work on tasks: the only place in this room that talks to providers and storage.

A `Workshop` does what an assignment says; `Duties` tell the engine what to claim and who does it.
A `Porter` takes in what providers report, and a `Postman` brings it to its job. An `Enquiry` tells
what their models take.
"""

from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.due import STORING
from gesso.domain.tasks.hearing import Heard
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.duties import TOGETHER, Duties
from gesso.domain.tasks.work.enquiry import Enquiry
from gesso.domain.tasks.work.envoy import Envoy
from gesso.domain.tasks.work.ingest import Ingest
from gesso.domain.tasks.work.moderator import Moderator
from gesso.domain.tasks.work.outside import Outside
from gesso.domain.tasks.work.places import NoPlace, Pools
from gesso.domain.tasks.work.porter import Porter
from gesso.domain.tasks.work.postman import PUSH, Postman
from gesso.domain.tasks.work.ring import Ring
from gesso.domain.tasks.work.sources import Sources
from gesso.domain.tasks.work.workshop import Workshop

__all__ = [
    "PUSH",
    "STORING",
    "TOGETHER",
    "Assignment",
    "Desk",
    "Duties",
    "Enquiry",
    "Envoy",
    "Heard",
    "Ingest",
    "Moderator",
    "NoPlace",
    "Outside",
    "Pools",
    "Porter",
    "Postman",
    "Ring",
    "Sources",
    "Workshop",
]
