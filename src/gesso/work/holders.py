"""Holders: which process has taken a row in hand, and whether that process is certainly gone.

A holder's name says which kernel, which namespace of process ids, which process, and when that
process began; so a process of this machine can be told to be dead without asking anybody. Of a
process elsewhere nothing is known but its leases.
"""

import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


def own_name() -> str:
    """The name of this process as a holder; another one after a fork."""
    return f"{_machine()}:{os.getpid()}:{_began(os.getpid()) or 0}"


def is_gone(holder: str) -> bool:
    """Whether the process is certainly dead. False where that cannot be known from here."""
    machine, _, rest = holder.rpartition(":")[0].rpartition(":")
    began = holder.rpartition(":")[2]
    if machine != _machine() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    now = _began(int(rest))
    return now is not None and str(now) != began


@cache
def _machine() -> str:
    """This boot of this kernel, and the namespace in which process ids mean what they mean here."""
    boot, namespace = "", ""
    with suppress(OSError):
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    with suppress(OSError):
        namespace = str((_PROC / "self/ns/pid").readlink())
    return f"{socket.gethostname()}/{boot[:8]}/{namespace}"


def _began(pid: int) -> int | None:
    """When a process began, in ticks since the boot; None where the kernel does not tell.

    The 22nd field of /proc/PID/stat (proc(5)); the second may hold spaces, so it is counted from
    behind it. A zombie has ended already.
    """
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return -1 if fields[0] in "ZX" else int(fields[19])
