"""Tools for working on gesso; nothing here is installed with it."""
