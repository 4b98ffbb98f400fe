"""Tasks: taken in, paid for, made by providers, and brought to exactly one end."""

from gesso.domain.tasks import (
    bulk,
    departure,
    queues,
    standing,
)
from gesso.domain.tasks.bulk_wire import (
    ChoiceIn,
    chosen,
)
from gesso.domain.tasks.ceiling import (
    Ceiling,
)
from gesso.domain.tasks.due import (
    release_leases,
)
from gesso.domain.tasks.form import (
    FormError,
    check_form,
)
from gesso.domain.tasks.handover import (
    release,
)
from gesso.domain.tasks.hooks import (
    Receiver,
)
from gesso.domain.tasks.lend import (
    unfinished,
)
from gesso.domain.tasks.line import (
    Line,
)
from gesso.domain.tasks.menu import (
    Menu,
)
from gesso.domain.tasks.operation import (
    AssetInput,
    Await,
    Done,
    Draft,
    Fail,
    ImageInput,
    Made,
    Nothing,
    Operation,
    Order,
    Prompt,
    Seed,
    Step,
    VideoInput,
    Views,
    asset_uuid,
)
from gesso.domain.tasks.refunds import (
    refund,
)
from gesso.domain.tasks.render import (
    task_out,
)
from gesso.domain.tasks.rescue import (
    discard,
    requeue,
)
from gesso.domain.tasks.service import (
    operations_of,
    page,
)
from gesso.domain.tasks.submit import (
    Answer,
    Replayed,
    Request,
    Submitted,
    forget_keys,
    submit,
)
from gesso.domain.tasks.tables import (
    Attempt,
    Job,
    Task,
)
from gesso.domain.tasks.verbatim import (
    Schemas,
    assets_in,
)
from gesso.domain.tasks.watch import (
    Watch,
)

__all__ = [
    "Answer",
    "AssetInput",
    "Attempt",
    "Await",
    "Ceiling",
    "ChoiceIn",
    "Done",
    "Draft",
    "Fail",
    "FormError",
    "ImageInput",
    "Job",
    "Line",
    "Made",
    "Menu",
    "Nothing",
    "Operation",
    "Order",
    "Prompt",
    "Receiver",
    "Replayed",
    "Request",
    "Schemas",
    "Seed",
    "Step",
    "Submitted",
    "Task",
    "VideoInput",
    "Views",
    "Watch",
    "asset_uuid",
    "assets_in",
    "bulk",
    "check_form",
    "chosen",
    "departure",
    "discard",
    "forget_keys",
    "operations_of",
    "page",
    "queues",
    "refund",
    "release",
    "release_leases",
    "requeue",
    "standing",
    "submit",
    "task_out",
    "unfinished",
]
