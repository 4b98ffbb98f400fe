"""Media: files that belong to somebody, checked, hashed and handed out by links that expire."""

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
from gesso.domain.media.tables import Asset

__all__ = [
    "Asset",
    "Links",
    "NewAsset",
    "Thumb",
    "add",
    "blank",
    "inputs",
    "kept_of",
    "of_jobs",
    "of_owner",
    "page",
    "strange",
    "thumbs",
]
