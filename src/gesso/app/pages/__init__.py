"""The web pages as they are served: files that were built from `web/`, and their headers."""

from gesso.app.pages.files import BUILT, PageFiles, open_pages
from gesso.app.pages.serving import BUILD_HEADER, serve_pages

__all__ = ["BUILD_HEADER", "BUILT", "PageFiles", "open_pages", "serve_pages"]
