"""Which state of a run may follow which; the database's guards are tested against it."""

RUN_STEPS: dict[str, frozenset[str]] = {
    "queued": frozenset({"running", "retrying", "failed", "cancelled"}),
    "running": frozenset({"retrying", "completed", "failed", "cancelled"}),
    "retrying": frozenset({"running", "failed", "cancelled"}),
}


def before(status: str) -> list[str]:
    """The states from which `status` may be reached."""
    return [earlier for earlier, later in RUN_STEPS.items() if status in later]
