"""Media: files that belong to somebody, checked, hashed and handed out by links that expire."""

from gesso.domain.media.errors import InUse, NotUploaded
from gesso.domain.media.keeping import Kept, keep
from gesso.domain.media.links import Links
from gesso.domain.media.room import FOLDER, clear_dead, give_up, under_way
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
from gesso.domain.media.uploads import Uploads

__all__ = [
    "FOLDER",
    "Asset",
    "InUse",
    "Kept",
    "Links",
    "NewAsset",
    "NotUploaded",
    "Thumb",
    "Upload",
    "Uploads",
    "add",
    "blank",
    "clear_dead",
    "give_up",
    "inputs",
    "keep",
    "kept_of",
    "of_jobs",
    "of_owner",
    "page",
    "strange",
    "thumbs",
    "under_way",
]
