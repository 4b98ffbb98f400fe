"""Years of tasks in seconds: rows as they lie when everything has ended, written straight in."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select

from gesso.domain.identity.tables import User
from gesso.domain.tasks.tables import Job, Task
from gesso.domain.wallet.tables import Wallet
from gesso.infra.branches import DatabaseSettings
from gesso.infra.db import Database
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from tests.house.site import Site

_PROMPTS: Final = (
    "a small lighthouse on a rock in the sea, evening, calm water",
    "a rust-red desert under two moons",
    "night over a frozen lake",
    "harbour in fog, the masts just visible",
    "a robot made of copper kettles",
    "an old mill beside a river in spring",
)
_ENDS: Final = ("completed", "completed", "completed", "failed", "completed", "cancelled")
_AT_ONCE: Final = 500


async def write_tasks(site: Site, address: str, count: int, *, over_days: int = 400) -> None:
    """Give somebody so many ended tasks, spread evenly up to a minute ago."""
    db = Database(f"sqlite+aiosqlite:///{site.data_dir / 'gesso.db'}", DatabaseSettings())
    try:
        async with db.view() as view:
            user = (await view.scalars(select(User).where(User.email == address))).one()
            wallet = (await view.scalars(select(Wallet).where(Wallet.owner_id == user.id))).one()
        whose = {"tenant_id": user.tenant_id, "owner_id": user.id}
        last = datetime.now(UTC) - timedelta(minutes=1)
        step = timedelta(days=over_days) / count
        rows = [
            _task(place, last - step * (count - 1 - place), wallet_id=wallet.id, **whose)
            for place in range(count)
        ]
        for begin in range(0, count, _AT_ONCE):
            some = rows[begin : begin + _AT_ONCE]
            async with db.tx() as tx:
                await tx.execute(insert(Task), some)
                await tx.execute(insert(Job), [_job(task) for task in some])
    finally:
        await db.close()


def _task(place: int, at: datetime, **whose: Any) -> dict[str, Any]:
    status = _ENDS[place % len(_ENDS)]
    charged = CREDIT * 2 if status == "completed" else 0
    prompt = f"{_PROMPTS[place % len(_PROMPTS)]}, number {place}"
    end = at + timedelta(seconds=20)
    return whose | {
        "id": new_id(),
        "type": "text_to_image",
        "status": status,
        "phase": "images",
        "meta": {"prompt": prompt, "count": 1},
        "error_code": "provider_failed" if status == "failed" else None,
        "error_message": "The provider failed." if status == "failed" else None,
        "held": CREDIT * 2,
        "charged": charged,
        "released": CREDIT * 2 - charged,
        "created_at": at,
        "started_at": at,
        "updated_at": end,
        "finished_at": end,
        "deadline_at": at + timedelta(hours=1),
    }


def _job(task: dict[str, Any]) -> dict[str, Any]:
    same = ("tenant_id", "owner_id", "status", "phase", "created_at", "finished_at", "deadline_at")
    return {name: task[name] for name in same} | {
        "id": new_id(),
        "task_id": task["id"],
        "idx": 0,
        "queue": "image",
        "turn": 0,
        "attempt": 1,
        "max_attempts": 3,
        "due_at": task["created_at"],
        "fence": 1,
        "price": CREDIT * 2,
        "provider": "studio",
        "provider_model": "scene",
        "meta": {},
    }
