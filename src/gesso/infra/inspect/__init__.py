"""What an uploaded or generated file really is: pure functions for a worker process.

The door is light on purpose; the work itself, with its heavy imports, is `inspect.run.examine`.
"""

from gesso.infra.inspect.finding import TAKEN, Examined, Finding, Limits, Rejected, Thumb

__all__ = ["TAKEN", "Examined", "Finding", "Limits", "Rejected", "Thumb"]
