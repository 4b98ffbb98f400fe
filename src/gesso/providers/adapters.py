"""The adapters that come with gesso; packages of others add theirs by entry point."""

from typing import Final

from gesso.providers.anthropic import Anthropic
from gesso.providers.apify import Apify
from gesso.providers.comfyui.provider import ComfyUI
from gesso.providers.fal import Fal
from gesso.providers.gemini import Gemini
from gesso.providers.kling import Kling
from gesso.providers.luma import Luma
from gesso.providers.meshy import Meshy
from gesso.providers.minimax import MiniMax
from gesso.providers.openai import OpenAI
from gesso.providers.provider import Provider
from gesso.providers.replicate import Replicate
from gesso.providers.runway import Runway
from gesso.providers.tripo import Tripo
from gesso.providers.youtube import YouTube

ADAPTERS: Final[tuple[type[Provider], ...]] = (
    Anthropic,
    Apify,
    ComfyUI,
    Fal,
    Gemini,
    Kling,
    Luma,
    Meshy,
    MiniMax,
    OpenAI,
    Replicate,
    Runway,
    Tripo,
    YouTube,
)
