"""Write the page of error codes anew."""

from pathlib import Path

from tools.checks.source import read_repository
from tools.errors.page import PAGE, page

if __name__ == "__main__":
    Path(PAGE).write_text(page(read_repository(Path())))
