"""Codes: how they are made, shown, and read however somebody types them. Pure but for the system's randomness.

A code without a pattern is sixteen random characters of five bits each, and one that checks them: the sum of the
characters times ascending powers of a generator of GF(32) is nought. One wrong character, or any two exchanged, are
seen.
"""

from __future__ import annotations

import secrets
import unicodedata

# Crockford's: without I, L, O, which are read as 1, 1, 0, and without U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_LENGTH = 16
CODE_LENGTH = RANDOM_LENGTH + 1
# So long is what is typed at most, whatever a pattern has in it.
_LONGEST = 80
_PLACE = "#"
_BITS = 5
_CONFUSED = str.maketrans("OIL", "011")
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
# Each byte stands for its lower five bits: all characters are equally likely.
_BY_BYTE = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))
_TO_BYTE = bytes(_VALUE.get(chr(byte), 0) for byte in range(256))


def _powers() -> list[int]:
    """Return the powers of the generator x of GF(32), by x^5 + x^2 + 1."""
    found, power = [], 1
    for _ in range(31):
        found.append(power)
        power <<= 1
        if power & 32:
            power ^= 0b100101
    return found


_POWER = _powers()
_LOG = {power: exponent for exponent, power in enumerate(_POWER)}
# What a character at a place adds to the check; the check itself stands at power nought.
_SHARE = [
    bytes(_POWER[(_LOG[value] + place + 1) % 31] if value else 0 for value in _TO_BYTE)
    for place in range(RANDOM_LENGTH)
]


def fold(text: str) -> str:
    """Return a code as it is looked up: in capitals, without separators, with 0 for O and 1 for I and L."""
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).upper()
    return "".join(character for character in plain if character.isalnum()).translate(_CONFUSED)


def make_codes(pattern: str | None, count: int) -> list[str]:
    """Return so many random codes, as they are shown; by a pattern that has little room, some may be alike."""
    if pattern is None:
        drawn = _random(RANDOM_LENGTH, count)
        return list(map(_shown, drawn, _checks("".join(drawn))))
    parts = pattern.split(_PLACE)
    if len(parts) == 1:
        return [pattern] * count
    template = "{}".join(parts)
    return [template.format(*random) for random in _random(len(parts) - 1, count)]


def room_of(pattern: str | None) -> int:
    """Return how many different codes there can be."""
    return 1 << _BITS * (RANDOM_LENGTH if pattern is None else pattern.count(_PLACE))


def looks_mistyped(text: str) -> bool:
    """Tell whether a text has the form of a code without a pattern, but not its check: a till may ask again for it.

    It tells nothing that is not in the text. A code of a pattern of the same form may be seen as mistyped.
    """
    code = fold(text)
    return len(code) == CODE_LENGTH and set(code) <= _VALUE.keys() and _checks(code[:-1]) != code[-1]


def _random(length: int, count: int) -> list[str]:
    drawn = secrets.token_bytes(length * count).translate(_BY_BYTE).decode()
    return [drawn[start : start + length] for start in range(0, length * count, length)]


def _checks(codes: str) -> str:
    """Return the characters that check codes which are told in one text, place by place for all of them at once."""
    characters, total = codes.encode(), 0
    count = len(characters) // RANDOM_LENGTH
    for place, share in enumerate(_SHARE):
        total ^= int.from_bytes(characters[place::RANDOM_LENGTH].translate(share))
    return total.to_bytes(count).translate(_BY_BYTE).decode()


def _shown(code: str, check: str) -> str:
    """Return a code in groups that can be read out; the last takes the check."""
    return f"{code[:4]}-{code[4:8]}-{code[8:12]}-{code[12:]}{check}"
