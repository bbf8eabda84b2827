"""Make the names that customers go by comparable, and leave out those that name nobody."""

from __future__ import annotations

import phonenumbers

from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.kit.text import fold, words

# What shops and sites send where they know nobody; such a value would merge a town.
_NOBODY = frozenset(
    {"", "null", "none", "undefined", "anonymous", "guest", "unknown", "n/a", "na", "-1", "true", "false"}
)
_LONGEST = 320
WEIGHT = {kind: number for number, kind in enumerate(IdentifierKind)}


def normalise(identifier: Identifier, country: str) -> Identifier | None:
    """Return the identifier as it is kept, or None where it names nobody.

    A phone number without a country's prefix is read as one of `country`.
    """
    value = identifier.value.strip()
    if value.casefold() in _NOBODY or len(value) > _LONGEST or not value.strip("0-. "):
        return None
    if identifier.kind is IdentifierKind.EMAIL:
        # Strictly the part before the @ may tell cases apart; no provider does, and people don't.
        value = value.casefold()
        if value.count("@") != 1 or value.startswith("@") or value.endswith("@"):
            return None
    if identifier.kind is IdentifierKind.PHONE:
        number = _phone(value, country)
        if number is None:
            return None
        value = number
    source = identifier.source if identifier.kind is IdentifierKind.EXTERNAL_ID else ""
    return Identifier(identifier.kind, value, source)


def _phone(value: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(value, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def search_words(identifier: Identifier) -> list[str]:
    """Return the words under which an identifier is found."""
    if identifier.kind is IdentifierKind.PHONE:
        number = phonenumbers.parse(identifier.value)
        national = str(number.national_number)
        return [identifier.value.removeprefix("+"), national, f"0{national}"]
    found = words(identifier.value)
    if "@" in identifier.value:
        return [*found, whole_address(identifier.value)]
    return found if len(found) == 1 else [*found, fold(identifier.value).replace(" ", "")]


def whole_address(text: str) -> str:
    """Return the word under which an e-mail address is found as a whole, or its beginning.

    The sign before it keeps it apart from the words in it, which would all be read twice otherwise.
    """
    return "@" + fold(text).replace(" ", "")
