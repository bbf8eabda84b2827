"""Read a value of a condition as the type of what it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from regulars.facts.contracts import FactType, Scalar
from regulars.facts.language import tree
from regulars.facts.language.moments import Clock
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.money import minor_digits


class WrongValue(DomainError):
    """A value is of another type than what it is compared with."""

    code = "wrong_value"


def read_value(value: Any, kind: FactType, *, clock: Clock, currency: str) -> Scalar:
    """Return a value as its type asks; amounts in minor units, days and moments as they are at `clock`.

    Raises
    ------
    WrongValue
        It is of another type.
    TooFar
        Its time is beyond the calendar.
    """
    if kind is FactType.MONEY:
        return _money(value, currency)
    if kind is FactType.DAY:
        return _day(value, clock)
    if kind is FactType.MOMENT:
        return _moment(value, clock)
    return _PLAIN[kind](value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(gettext("Here a whole number is asked for."))
    return value


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValue(gettext("Here a number is asked for."))
    return Decimal(repr(value))


def _fraction(value: Any) -> float:
    return float(_number(value))


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongValue(gettext("Here true or false is asked for."))
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValue(gettext("Here a text in quotation marks is asked for."))
    return value


def _money(value: Any, currency: str) -> int:
    """Return minor units of the reporting currency; a number without a currency is in major ones."""
    if isinstance(value, tree.Money):
        if value.currency != currency:
            raise WrongValue(gettext("Amounts are in {currency}.").format(currency=currency))
        return value.minor
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValue(gettext("Here an amount is asked for, as 250 {currency}.").format(currency=currency))
    minor = Decimal(repr(value)).scaleb(minor_digits(currency))
    whole = minor.quantize(Decimal(1), ROUND_HALF_EVEN)
    if whole != minor or abs(whole) > tree.LARGEST:
        raise WrongValue(gettext("{currency} has no such amount.").format(currency=currency))
    return int(whole)


def _day(value: Any, clock: Clock) -> date:
    moment = _temporal(value)
    if isinstance(moment, tree.Relative) and (
        moment.relative_to == "now"
        or any(each and each.unit is tree.Span.HOURS for each in (moment.plus, moment.minus))
    ):
        raise WrongValue(gettext("Here a day is asked for, as today - 30 days."))
    return clock.day_of(moment)


def _moment(value: Any, clock: Clock) -> datetime:
    return clock.moment_of(_temporal(value))


def _temporal(value: Any) -> tree.Day | tree.Relative:
    if not isinstance(value, tree.Day | tree.Relative):
        raise WrongValue(gettext("Here a day is asked for, as 2026-01-31 or today - 30 days."))
    return value


_PLAIN: Mapping[FactType, Callable[[Any], Scalar]] = {
    FactType.INTEGER: _whole,
    FactType.NUMBER: _number,
    FactType.FRACTION: _fraction,
    FactType.BOOLEAN: _boolean,
    FactType.TEXT: _text,
    FactType.CHOICE: _text,
}
