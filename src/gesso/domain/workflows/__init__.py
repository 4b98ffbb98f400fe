"""Workflows: ComfyUI's graphs that users may order, kept in versions that never change."""

from gesso.domain.workflows.folder import FolderError, read_folder
from gesso.domain.workflows.service import content_of, ensure, in_force
from gesso.domain.workflows.tables import Workflow

__all__ = ["FolderError", "Workflow", "content_of", "ensure", "in_force", "read_folder"]
