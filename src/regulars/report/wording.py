"""Say values and reasons in the reader's language, and never show a number that does not exist."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from string import Formatter
from typing import TYPE_CHECKING, Any, TypeGuard

from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.kit.money import minor_digits
from retention.reasons import Reason

if TYPE_CHECKING:
    from regulars.report.contracts import Estimate


class _LocalFormatter(Formatter):
    """`str.format` with the locale's numbers, days and money.

    The name of a field tells its unit, as everywhere: `_minor` is an amount of money. A format in the template
    (`{share:.0%}`, `{gain:.2f}`) keeps its number of decimals.
    """

    def __init__(self, currency: str | None) -> None:
        self._currency = currency

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str | int]:
        """Find the value; an amount of money is written at once, while its name is known."""
        value, first = super().get_field(field_name, args, kwargs)
        if field_name.endswith("_minor") and isinstance(value, int | float):
            return cash(value, self._currency), first
        return value, first

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write one value as the reader's locale does; what does not exist is a dash."""
        if value is None:
            return formats.MISSING
        if isinstance(value, Reason):
            return say(value, self._currency)
        if isinstance(value, date):
            return formats.day(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        digits = int("".join(filter(str.isdigit, format_spec)) or 0)
        if format_spec.endswith("%"):
            return formats.percent(value, digits)
        return formats.number(value, digits) if format_spec else plain(value)


def say(reason: Reason, currency: str | None = None) -> str:
    """Return the reason as a sentence of the active language; `currency` is that of its amounts."""
    return _LocalFormatter(currency).vformat(gettext(reason.template), (), reason.values)


def first_sentence(text: str) -> tuple[str, str]:
    """Split a text into its first sentence and the rest, which may be empty."""
    first, stop, rest = text.partition(". ")
    return (first + ".", rest) if stop else (text, "")


def plain(value: float | None) -> str:
    """Return a number with as many decimals as its size deserves."""
    if value is None or not math.isfinite(value):
        return formats.number(value)
    if value == round(value) or abs(value) >= 100:
        return formats.number(value)
    return formats.number(value, 3 if abs(value) < 1 else 2)


def cash(minor: float | None, currency: str | None) -> str:
    """Return an amount as a person would say it: without cents from a hundred on, and where there is nothing."""
    if minor is None or not math.isfinite(minor):
        return formats.MISSING
    is_large = abs(minor) >= 100 * 10 ** minor_digits(currency)
    return formats.money(minor, currency, whole=is_large or minor == 0)


def span(days: int) -> str:
    """Return a length of time in weeks where it is a whole number of them, else in days."""
    weeks, rest = divmod(days, 7)
    if rest == 0 and weeks >= 2:
        return ngettext("{n} week", "{n} weeks", weeks).format(n=formats.number(weeks))
    return ngettext("{n} day", "{n} days", days).format(n=formats.number(days))


def count_of_customers(count: int) -> str:
    """Return `1 customer`, `2,357 customers`."""
    return ngettext("{n} customer", "{n} customers", count).format(n=formats.number(count))


def count_of_orders(count: int) -> str:
    """Return `1 order`, `9,061 orders`."""
    return ngettext("{n} order", "{n} orders", count).format(n=formats.number(count))


def is_known(estimate: Estimate) -> bool:
    """Tell whether the estimate has a value that can be shown."""
    return exists(estimate.value)


def is_bounded(estimate: Estimate) -> bool:
    """Tell whether the estimate has an interval that can be shown."""
    return exists(estimate.low) and exists(estimate.high)


def exists(value: float | None) -> TypeGuard[float]:
    """Tell whether `value` is a finite number."""
    return value is not None and math.isfinite(value)


def relative_change(now: float | None, before: float | None) -> float | None:
    """Return the change against `before` as a share of it, None where there is nothing to compare with."""
    if now is None or before is None or not math.isfinite(now) or not math.isfinite(before) or before <= 0:
        return None
    return now / before - 1


def signed_percent(share: float | None, digits: int = 1) -> str:
    """Return a change with its sign: `+8.4%`, `−1.2%`."""
    if share is None or not math.isfinite(share):
        return formats.MISSING
    return _sign(round(share, digits + 2)) + formats.percent(abs(share), digits)


def signed_points(difference: float | None) -> str:
    """Return a difference of two shares in percentage points: `+2.1 points`."""
    if difference is None or not math.isfinite(difference):
        return formats.MISSING
    return gettext("{change} points").format(
        change=_sign(round(difference, 3)) + formats.number(abs(difference) * 100, 1)
    )


def _sign(value: float) -> str:
    return "+" if value > 0 else "−" if value < 0 else "±"
