"""Providers that do not exist, as real servers with their own truth and their own bill."""
