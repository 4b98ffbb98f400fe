"""Google's Gemini API: questions, pictures and films."""

from gesso.providers.gemini.provider import Gemini

__all__ = ["Gemini"]
