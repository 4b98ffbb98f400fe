"""In which language a letter is written, by what its reader's browser says."""

from time import process_time

import pytest

from gesso.domain.signin.letters import language_of


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"), ("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB,zh;q=0.9", "en"),
        ("de, fr;q=0.9", "en"), ("de,zh-Hant;q=0.5", "zh"), ("zh;q=0", "en"), ("zh;q=2,,;;", "en"),
        ("ZH", "zh"), ("x" * 9999, "en"), ("zh;q=0.5,en;q=0.5", "en"), ("*,zh;q=0.1", "zh"),
    ],
)  # fmt: skip
def test_a_letter_is_in_the_better_language_of_its_reader(
    accepted: str | None, language: str
) -> None:
    assert language_of(accepted) == language


@pytest.mark.parametrize("filler", [" ", "a", "-", "en ", "en;", ","])
def test_a_list_of_languages_of_any_length_is_read_at_once(filler: str) -> None:
    began = process_time()
    assert language_of(f"zh,en{filler * 8000}!") in ("en", "zh")
    assert process_time() - began < 0.2
