"""The studio: the built-in provider that needs no network and no key, and really makes what it is
asked for.
"""

from gesso.providers.studio.provider import Studio

__all__ = ["Studio"]
