"""Text as one searches it."""

from __future__ import annotations

import pytest

from regulars.kit.text import fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Kovač", "kovac"),
        ("GROẞE Straße", "grosse strasse"),
        ("Łódź", "lodz"),
        ("Yılmaz İnci", "yilmaz inci"),
        ("Smørrebrød", "smorrebrod"),
        ("Ｆｕｌｌ", "full"),
        ("Zoë Müller", "zoe muller"),
        ("Ελένη", "ελενη"),
    ],
)
def test_case_and_accents_are_gone(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(fold(text)) == fold(text)


def test_words_are_runs_of_letters_and_digits() -> None:
    assert words("ines.kovac@Example.com, #AB-48213_x") == ["ines", "kovac", "example", "com", "ab", "48213", "x"]
    assert words("'; DROP TABLE -- \\ \0") == ["drop", "table"]
