"""The web pages in a working tree: built when they are stale, checked, served with reload."""
