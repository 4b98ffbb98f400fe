"""The history of the analytics bind."""
