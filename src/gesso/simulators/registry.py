"""The simulators that come with gesso, by the name of the provider that each stands for."""

from collections.abc import Mapping
from typing import Final

from gesso.simulators.anthropic import Anthropic
from gesso.simulators.apify import ApifySimulator
from gesso.simulators.comfyui import ComfyUI
from gesso.simulators.fal import FalSimulator
from gesso.simulators.gemini import Gemini
from gesso.simulators.kling import KlingSimulator
from gesso.simulators.luma import LumaSimulator
from gesso.simulators.meshy import MeshySimulator
from gesso.simulators.minimax import MiniMaxSimulator
from gesso.simulators.openai import OpenAI
from gesso.simulators.replicate import ReplicateSimulator
from gesso.simulators.runway import RunwaySimulator
from gesso.simulators.simulator import Simulator
from gesso.simulators.stripe import StripeSimulator
from gesso.simulators.tripo import TripoSimulator
from gesso.simulators.youtube import YouTubeSimulator

_ALL: Final[tuple[type[Simulator], ...]] = (
    Anthropic,
    ApifySimulator,
    ComfyUI,
    FalSimulator,
    Gemini,
    KlingSimulator,
    LumaSimulator,
    MeshySimulator,
    MiniMaxSimulator,
    OpenAI,
    ReplicateSimulator,
    RunwaySimulator,
    TripoSimulator,
    YouTubeSimulator,
)

SIMULATORS: Final[Mapping[str, type[Simulator]]] = {each.name: each for each in _ALL}

GATEWAYS: Final[Mapping[str, type[Simulator]]] = {StripeSimulator.name: StripeSimulator}
"""Those that take money, and make nothing."""
