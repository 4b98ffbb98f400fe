"""The built pages in memory, each file as it was compressed at build."""

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import gesso

INDEX: Final = "index.html"
FACTS: Final = "pages.json"
_ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
"""By preference; the build writes the compressed file beside the plain one."""
_HASHED: Final = "assets/"
"""Where the build puts files whose names hold a hash of what is in them."""
_TYPES: Final = {".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
"""What machines do not agree about."""

_PACKAGE: Final = Path(gesso.__file__).parent
BUILT: Final = (_PACKAGE / "pages", _PACKAGE.parents[1] / "web" / "dist")
"""Where they lie: in an installed package, or beside the source that one works on."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file in every form in which it can leave."""

    content_type: str
    is_immutable: bool
    """Its name holds a hash of what is in it, so it never changes."""
    etag: str
    forms: Mapping[str, bytes]
    """By content encoding; `identity` is always there."""

    def form_for(self, accepted: str) -> tuple[str, bytes]:
        """The smallest form that this `Accept-Encoding` allows, and what it is called."""
        wanted = _accepted(accepted)
        for encoding in _ENCODINGS:
            if encoding in wanted and encoding in self.forms:
                return encoding, self.forms[encoding]
        return "identity", self.forms["identity"]


@dataclass(frozen=True, slots=True)
class PageFiles:
    """All files of one build, by path without a leading slash."""

    build: str
    scripts: tuple[str, ...]
    """Hashes of the inline scripts that may run."""
    styles: tuple[str, ...]
    files: Mapping[str, PageFile]

    @property
    def index(self) -> PageFile:
        """What every address of the pages begins with."""
        return self.files[INDEX]


def open_pages(*folders: Path) -> PageFiles | None:
    """The pages in the first of these folders where they were built; None: in none of them."""
    for folder in folders or BUILT:
        if (folder / FACTS).is_file() and (folder / INDEX).is_file():
            return _read(folder)
    return None


def _read(folder: Path) -> PageFiles:
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    compressed = tuple(_ENCODINGS.values())
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if path.is_file() and not hidden and name != FACTS and path.suffix not in compressed:
            files[name] = _file(path, name)
    return PageFiles(facts["build"], tuple(facts["scripts"]), tuple(facts["styles"]), files)


def _file(path: Path, name: str) -> PageFile:
    forms = {"identity": path.read_bytes()}
    for encoding, suffix in _ENCODINGS.items():
        beside = path.with_name(path.name + suffix)
        if beside.is_file():
            forms[encoding] = beside.read_bytes()
    return PageFile(
        content_type=_content_type(path),
        is_immutable=name.startswith(_HASHED),
        etag=hashlib.sha256(forms["identity"]).hexdigest()[:20],
        forms=forms,
    )


def _content_type(path: Path) -> str:
    known = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    found = known or "application/octet-stream"
    is_text = found.startswith("text/") or found == "image/svg+xml"
    return f"{found}; charset=utf-8" if is_text else found


def _accepted(header: str) -> set[str]:
    """The encodings of an `Accept-Encoding` that are not refused by `q=0`."""
    found = set()
    for each in header.split(","):
        name, _, weight = each.partition(";")
        if weight.replace(" ", "").rstrip("0.") != "q=":
            found.add(name.strip().lower())
    return found
