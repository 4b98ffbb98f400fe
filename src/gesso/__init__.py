"""gesso: the backend for apps that generate media."""

__version__ = "0.1.0"
