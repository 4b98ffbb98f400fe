"""Prompts: the instructions that language models get, one file an operation.

They hold nothing of a user's. What a user sends travels apart from them, as data; see
`providers/language/question.py`.
"""

from pathlib import Path


def prompt(name: str) -> str:
    """The instructions of this operation."""
    return Path(__file__).with_name(f"{name}.md").read_text(encoding="utf-8")
