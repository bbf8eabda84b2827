from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.loyalty.rewards.codes import (
    ALPHABET,
    CODE_LENGTH,
    RANDOM_LENGTH,
    fold,
    looks_mistyped,
    make_codes,
    room_of,
)

CODE = st.builds(lambda _: make_codes(None, 1)[0], st.integers())


def test_a_code_without_a_pattern_has_eighty_random_bits() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert room_of(None) == 2**80
    [code] = make_codes(None, 1)
    assert re.fullmatch(rf"([{ALPHABET}]{{4}}-){{3}}[{ALPHABET}]{{5}}", code)


def test_each_random_place_takes_each_character_about_as_often() -> None:
    drawn = [fold(code) for code in make_codes(None, 20_000)]
    for place in range(CODE_LENGTH):
        counts = Counter(code[place] for code in drawn)
        assert set(counts) == set(ALPHABET)
        # 625 of each are expected; six times the spread of that is never left by chance.
        assert all(abs(count - 625) < 6 * 625**0.5 for count in counts.values())


def test_no_two_of_many_codes_are_alike() -> None:
    assert len(set(make_codes(None, 100_000))) == 100_000


@pytest.mark.parametrize(
    "typed", ["SUMMER-10AB", "summer 1oab", " Summer-lOab ", "SUMMER.IOAB", "ＳＵＭＭＥＲ－１０ＡＢ"]
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert fold(typed) == fold("SUMMER-10AB") == "SUMMER10AB"


@given(st.text(max_size=200))
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text) or len(text) > 80


@given(CODE, st.integers(0, CODE_LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_seen(code: str, place: int, other: str) -> None:
    plain = fold(code)
    wrong = plain[:place] + other + plain[place + 1 :]
    assert looks_mistyped(wrong) == (other != plain[place])


@given(CODE, st.integers(0, CODE_LENGTH - 1), st.integers(0, CODE_LENGTH - 1))
def test_two_exchanged_characters_are_seen(code: str, one: int, other: int) -> None:
    characters = list(fold(code))
    characters[one], characters[other] = characters[other], characters[one]
    assert looks_mistyped("".join(characters)) == (characters[one] != characters[other])


def test_nothing_is_said_of_codes_of_another_form() -> None:
    assert not looks_mistyped("SUMMER-AAAA")
    assert not looks_mistyped("U" * CODE_LENGTH)


def test_a_pattern_gives_its_own_characters_and_random_ones() -> None:
    for code in make_codes("SOLIDE-####-26", 50):
        assert re.fullmatch(rf"SOLIDE-[{ALPHABET}]{{4}}-26", code)
    assert make_codes("SPRING26", 2) == ["SPRING26", "SPRING26"]
    assert room_of("SPRING26") == 1
    assert room_of("S-##") == 1024
    assert RANDOM_LENGTH * 5 == 80
