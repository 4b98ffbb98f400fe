"""The folder of templates: a file a workflow, named as the workflow is."""

import json
import re
from pathlib import Path

import yaml
from pydantic import ValidationError

from gesso.providers.comfyui.template import LARGEST, Template

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
_SUFFIXES = (".json", ".yaml", ".yml")


class FolderError(Exception):
    """A file of the folder makes no sense; the message says which, and where."""


def read_folder(folder: Path) -> dict[str, Template]:
    """Every template of the folder by its name; files with other suffixes are passed over."""
    if not folder.is_dir():
        raise FolderError(f"{folder} is no folder")
    found: dict[str, Template] = {}
    for file in sorted(folder.iterdir()):
        if file.suffix not in _SUFFIXES:
            continue
        if not re.fullmatch(NAME, file.stem):
            raise FolderError(f"{file}: the name of a workflow matches {NAME}")
        if file.stem in found:
            raise FolderError(f"{file}: there is another file of this name")
        found[file.stem] = _read(file)
    return found


def _read(file: Path) -> Template:
    try:
        if file.stat().st_size > 2 * LARGEST:
            raise FolderError(f"{file} is too large")
        text = file.read_text()
        content = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
        return Template.model_validate(content)
    except (OSError, ValueError, yaml.YAMLError) as error:
        said = _first(error) if isinstance(error, ValidationError) else str(error)
        raise FolderError(f"{file}: {said}") from error


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
