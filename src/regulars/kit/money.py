"""Money is an integer of minor units with an ISO 4217 code; nothing here ever makes it a float."""

from __future__ import annotations

from babel.core import get_global

_NO_CURRENCY = frozenset({"XXX", "XTS"})


def is_currency(code: str) -> bool:
    """Tell whether `code` is an ISO 4217 code of a currency (historic ones included)."""
    return code in get_global("all_currencies") and code not in _NO_CURRENCY


def minor_digits(currency: str | None) -> int:
    """Return how many decimal places the minor unit of `currency` has: EUR 2, JPY 0, KWD 3.

    Money without a known currency is kept in hundredths, as most are.
    """
    fractions = get_global("currency_fractions")
    return int(fractions.get(currency or "", fractions["DEFAULT"])[0])
