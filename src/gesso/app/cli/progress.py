"""What is seen while work goes on: a bar for every piece on a terminal, a line for every step
elsewhere.
"""

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

_WORDS = {
    "queued": "waiting",
    "submitting": "beginning",
    "running": "making",
    "unknown": "asking the provider",
    "cancelling": "stopping",
    "ingesting": "storing",
    "retrying": "trying again soon",
    "completed": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "out of time",
}


class Screen(Protocol):
    """Something that shows how far each piece is."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave what was shown standing."""

    def show(self, label: str, *, status: str, share: float, note: str = "") -> None:
        """Say how the piece `label` is:
        its status, its share done from 0 to 1, a few words more.
        """


class Bars:
    """A bar for every piece, in the order in which they appear."""

    def __init__(self, console: Console) -> None:
        self._bars: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("  {task.description}", markup=False),
            BarColumn(bar_width=32),
            TaskProgressColumn(),
            TextColumn("{task.fields[word]}", markup=False),
            console=console,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, label: str, *, status: str, share: float, note: str = "") -> None:
        """Move the piece's bar."""
        if label not in self._bars:
            self._bars[label] = self._progress.add_task(label, total=1.0, word="")
        word = _WORDS.get(status, status) + (f": {note}" if note else "")
        self._progress.update(self._bars[label], completed=share, word=word)


class Lines:
    """A line for every new status of a piece; what only grows is not told."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def show(self, label: str, *, status: str, share: float, note: str = "") -> None:  # noqa: ARG002  # a bar's business
        """Print the status when it is new."""
        if self._last.get(label) != status:
            self._last[label] = status
            word = _WORDS.get(status, status) + (f": {note}" if note else "")
            self._console.print(f"  {label}: {word}", soft_wrap=True)


def screen_on(console: Console) -> Screen:
    """Bars on a terminal, lines anywhere else."""
    return Bars(console) if console.is_terminal else Lines(console)
