"""Trouble: what keeps the stack from running, in a sentence that says what to do."""


class Trouble(Exception):
    """Something that the person at the keyboard can mend."""
