"""Simulators: servers that speak a provider's protocol, each with its own truth and its own bill.

With one of them an integration is developed without an account: `gesso simulate fal`. Tests lay
down what befalls each submission, and read what the provider knows.
"""

from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

__all__ = ["Fate", "Made", "Simulator"]
