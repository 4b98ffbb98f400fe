"""Media: files that belong to somebody, checked, hashed and handed out by links that expire."""

from gesso.domain.media.keeping import Kept, keep
from gesso.domain.media.links import Links
from gesso.domain.media.service import (
    NewAsset,
    Thumb,
    add,
    blank,
    inputs,
    kept_of,
    of_jobs,
    of_owner,
    page,
    strange,
    thumbs,
)
from gesso.domain.media.tables import Asset, Upload
from gesso.domain.media.uploads import Uploads, drop_of, sweep, under_way

__all__ = [
    "Asset",
    "Kept",
    "Links",
    "NewAsset",
    "Thumb",
    "Upload",
    "Uploads",
    "add",
    "blank",
    "drop_of",
    "inputs",
    "keep",
    "kept_of",
    "of_jobs",
    "of_owner",
    "page",
    "strange",
    "sweep",
    "thumbs",
    "under_way",
]
