"""What a worker process does before it touches a stranger's file."""

import resource
import sys
from pathlib import Path

from PIL import Image, ImageFile


def guard(*, memory: int = 2 << 30, pixels: int = 40_000_000) -> None:
    """Cap this process's memory at what it has now plus `memory` bytes; later calls change nothing.

    Call it in the worker only: the cap stays for the life of the process (Linux alone keeps it).
    """
    Image.MAX_IMAGE_PIXELS = pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    if sys.platform != "linux":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        return
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    cap = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (cap, hard))
    # A crash on a hostile file must not write its memory to the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
