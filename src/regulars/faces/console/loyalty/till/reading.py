"""What somebody types or scans at the till: an amount, somebody's number, or a code of a voucher. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.kit.money import minor_digits

LONGEST = 100
# More digits than these are no amount that is paid at a till, but a number on a card or of a phone.
_AMOUNT = re.compile(r"(\d{1,6})(?:[.,](\d{1,3}))?")


def typed(text: str) -> str:
    """Return what came in without what no field can hold."""
    return text.replace("\0", "").strip()[:LONGEST]


def amount_minor(text: str, currency: str) -> int | None:
    """Return an amount in minor units, written with a comma or a point; None where it is none of the currency."""
    found = _AMOUNT.fullmatch(re.sub(r"[\s'\u00a0\u202f]", "", text))
    digits = minor_digits(currency)
    if found is None or len(found[2] or "") > digits:
        return None
    minor = int(Decimal(f"{found[1]}.{found[2] or 0}").scaleb(digits))
    return minor or None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What was typed of somebody whom nobody knows yet: where the text looks like a phone number or an address."""

    email: str = ""
    phone: str = ""


def newcomer_of(text: str) -> Newcomer:
    """Return what a text that found nobody may be."""
    if "@" in text:
        return Newcomer(email=text)
    is_phone = sum(character.isdigit() for character in text) >= 6 and not any(map(str.isalpha, text))
    return Newcomer(phone=text) if is_phone else Newcomer()


def identifiers_of(*, email: str, phone: str) -> list[Identifier]:
    """Return the names that somebody new goes by."""
    told = ((IdentifierKind.EMAIL, email), (IdentifierKind.PHONE, phone))
    return [Identifier(kind, value) for kind, value in told if value]
