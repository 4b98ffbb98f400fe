"""YouTube: a stored video is uploaded in pieces, and published once and only once."""

from gesso.providers.youtube.provider import YouTube

__all__ = ["YouTube"]
