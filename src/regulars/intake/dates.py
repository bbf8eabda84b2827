"""Read a column of dates in whatever form, all rows at once.

A moment with an offset (or a Unix time) is an instant and becomes UTC; one without is the business's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
from ibis.expr.types import BooleanValue, IntegerScalar, StringValue, TimestampValue, Value

from regulars.intake.texts import NO, text_of
from regulars.intake.values import DateForm
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _
from retention.reasons import Reason, mark

ORDERS = {"ymd": DateForm.YEAR_FIRST, "dmy": DateForm.DAY_FIRST, "mdy": DateForm.MONTH_FIRST}
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)

_OFFSET = r":\d{2}(?:[.,]\d+)?\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
_OFFSET_ALONE = r"\s*(?:Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
_MERIDIEM = r"(?i)\d\s*[ap]\.?m\.?\s*$"
_BEYOND_TWELVE, _UP_TO_TWELVE = r"(?:1[3-9]|[2-9]\d)", r"(?:0?\d|1[0-2])"
_SURELY_DAY_FIRST = rf"^{_BEYOND_TWELVE}[-/.]{_UP_TO_TWELVE}[-/.]\d"
_SURELY_MONTH_FIRST = rf"^{_UP_TO_TWELVE}[-/.]{_BEYOND_TWELVE}[-/.]\d"
_DAYS_TO_UNIX_EPOCH = 25_569
_MICROS_A_DAY = 86_400_000_000
_AFTER = r"[,T\s]*"
_YEAR_FIRST = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _AFTER
_YEAR_LAST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _AFTER
_SHORT_YEAR_LAST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{2})(?:[,T\s]+|$)"
_MONTH, _YEAR = r"([A-Za-zä]{3})[A-Za-zä]*\.?", r",?[\s-]*(\d{4}|\d{2})"
_NAMED_DAY_FIRST = r"^(?:[A-Za-z]{2,9}\.?,?\s+)?(\d{1,2})\.?[\s-]*" + _MONTH + _YEAR + _AFTER
_NAMED_MONTH_FIRST = r"^(?:[A-Za-z]{2,9},\s+)?" + _MONTH + r"\s*(\d{1,2})" + _YEAR + _AFTER
_GERMAN_MONTHS = {"Mär": "Mar", "Mrz": "Mar", "Mai": "May", "Okt": "Oct", "Dez": "Dec"}
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


class UnknownDateOrder(DomainError):
    """The date order that the user named is none."""

    code = "unknown_date_order"


@ibis.udf.scalar.builtin(signature=(("string", "array<string>"), "timestamp"))
def try_strptime(text, formats):  # type: ignore[no-untyped-def]
    """DuckDB's: read by the first format that fits, else NULL."""


@ibis.udf.scalar.builtin(signature=(("int64",), "timestamp"))
def make_timestamp(micros):  # type: ignore[no-untyped-def]
    """DuckDB's: make a naive timestamp of microseconds since 1970."""


@ibis.udf.scalar.builtin(signature=(("timestamp('UTC')",), "int64"))
def epoch_us(moment):  # type: ignore[no-untyped-def]
    """DuckDB's: count microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class DateReading:
    """How to read one column of dates; `offsets` and `meridiem` tell what some of its cells hold."""

    form: DateForm
    offsets: bool
    meridiem: bool
    note: Reason | None = None

    @property
    def clock_only(self) -> bool:
        """Tell whether no cell names an instant, so that no day depends on the zone."""
        return not self.offsets and self.form is not DateForm.EPOCH

    @property
    def order(self) -> str:
        """Return the name of the form, as layouts show it."""
        return "ymd" if self.form in {DateForm.NATIVE, DateForm.COMPACT} else str(self.form)


def recognise_dates(column: Value, form: DateForm | None, order: str | None, counts: Mapping[str, int]) -> DateReading:
    """Decide how to read a column; `form` is what a sample of it looks like, `counts` is what `date_counts` counted.

    Raises
    ------
        UnknownDateOrder: `order` is not ymd, dmy or mdy.
    """
    if order is not None and order.lower() not in ORDERS:
        raise UnknownDateOrder(_("{order} is no order of dates: write ymd, dmy or mdy.").format(order=repr(order)))
    kind = column.type()
    if kind.is_date() or kind.is_timestamp():
        return DateReading(DateForm.NATIVE, offsets=getattr(kind, "timezone", None) is not None, meridiem=False)
    form = form or DateForm.YEAR_FIRST
    if form in {DateForm.SERIAL, DateForm.EPOCH}:
        return DateReading(form, offsets=False, meridiem=False)
    form, note = _settle(form, order, counts.get("day_first", 0), counts.get("month_first", 0))
    return DateReading(form, offsets=counts["offsets"] > 0, meridiem=counts["meridiem"] > 0, note=note)


def date_counts(column: Value, form: DateForm | None) -> dict[str, IntegerScalar]:
    """Return the counts over the whole column that decide how to read it; none where its type says it."""
    if not column.type().is_string() or form in {DateForm.SERIAL, DateForm.EPOCH}:
        return {}
    # Regular expressions run only where they may hit: an offset or "pm" needs a time, a sign or no digit at its end.
    timed = ibis.ifelse(column.contains(":"), column.right(6), ibis.null("string"))
    marked = timed.contains("+") | timed.contains("-") | ~timed.right(1).between("0", "9")
    ending = ibis.ifelse(marked, column, ibis.null("string"))
    counts = {"offsets": ending.re_search(_OFFSET).sum(), "meridiem": ending.re_search(_MERIDIEM).sum()}
    if form in {DateForm.DAY_FIRST, DateForm.MONTH_FIRST}:
        counts["day_first"] = column.re_search(_SURELY_DAY_FIRST).sum()
        counts["month_first"] = column.re_search(_SURELY_MONTH_FIRST).sum()
    return counts


def _settle(form: DateForm, order: str | None, day_first: int, month_first: int) -> tuple[DateForm, Reason | None]:
    """Return the form that the settings or most of the cells ask for, and what a reader should know of the choice."""
    if form not in ORDERS.values():
        return form, None
    if order is not None:
        return ORDERS[order.lower()], None
    if form is DateForm.YEAR_FIRST:
        return form, None
    if day_first == month_first:
        return DateForm.DAY_FIRST, Reason(
            "date_order_assumed", mark("No date tells the day from the month; the day is taken to come first.")
        )
    chosen = DateForm.DAY_FIRST if day_first > month_first else DateForm.MONTH_FIRST
    against = min(day_first, month_first)
    if not against:
        return chosen, None
    return chosen, Reason(
        "date_order_mixed",
        mark("{against} dates contradict the order {order}, which {count} dates ask for; they are refused."),
        {"against": against, "order": str(chosen), "count": max(day_first, month_first)},
    )


def moment_of(column: Value, reading: DateReading) -> TimestampValue:
    """Return the moment that each cell tells, UTC where it is an instant; NULL where it is no date."""
    if reading.form is DateForm.NATIVE:
        return make_timestamp(epoch_us(column)) if reading.offsets else column.try_cast("timestamp")
    if reading.form in {DateForm.SERIAL, DateForm.EPOCH}:
        return _moment_of_number(text_of(column).try_cast("float64"), reading.form)
    return _moment_of_text(text_of(column), reading)


def of_our_times(moment: TimestampValue) -> TimestampValue:
    """Return the moment where a calendar of ours can hold it, else NULL."""
    sane = (moment >= ibis.literal(EARLIEST).cast("timestamp")) & (moment < ibis.literal(LATEST).cast("timestamp"))
    return ibis.ifelse(sane, moment, ibis.null("timestamp"))


def is_instant(column: Value, reading: DateReading) -> BooleanValue:
    """Tell of each cell whether it names a point in time (so that its day depends on the zone) or a clock's reading."""
    if reading.form is DateForm.NATIVE:
        return ibis.literal(reading.offsets)
    if reading.clock_only or reading.form is DateForm.EPOCH:
        return ibis.literal(not reading.clock_only)
    return text_of(column).re_search(_OFFSET).fill_null(NO)


def _moment_of_number(number: Value, form: DateForm) -> TimestampValue:
    if form is DateForm.SERIAL:
        micros = (number - _DAYS_TO_UNIX_EPOCH) * _MICROS_A_DAY
    else:
        per_unit = ibis.cases((number < 1e11, 1e6), (number < 1e14, 1e3), else_=1.0)
        micros = number * per_unit
    return make_timestamp(ibis.ifelse(micros.abs() < 1e16, micros, ibis.null("float64")).round().try_cast("int64"))


def _moment_of_text(text: StringValue, reading: DateReading) -> TimestampValue:
    offset = text.re_search(_OFFSET) if reading.offsets else NO
    body = ibis.ifelse(offset, text.re_replace(_OFFSET_ALONE, ""), text) if reading.offsets else text
    if reading.form is DateForm.COMPACT:
        moment = try_strptime(body, ["%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S", "%Y%m%dT%H%M%S"])
    elif reading.form is DateForm.NAMED_MONTH:
        moment = _moment_of_named_month(body)
    else:
        moment = _moment_of_digits(body, reading)
    if not reading.offsets:
        return moment
    return ibis.ifelse(offset, moment - _minutes_of_offset(text).as_interval("m"), moment)


def _moment_of_digits(body: StringValue, reading: DateReading) -> TimestampValue:
    """Bring any order to that of ISO 8601, which DuckDB reads."""
    # A digit first: otherwise words such as "infinity" and "epoch" would be dates.
    digits = ibis.ifelse(body[0].between("0", "9"), body, ibis.null("string"))
    if reading.form is DateForm.YEAR_FIRST:
        iso = digits.re_replace(_YEAR_FIRST, r"\1-\2-\3 ").strip()
    else:
        to_iso = r"\3-\2-\1 " if reading.form is DateForm.DAY_FIRST else r"\3-\1-\2 "
        iso = digits.re_replace(_YEAR_LAST, to_iso).re_replace(_SHORT_YEAR_LAST, "20" + to_iso).strip()
    moment = iso.try_cast("timestamp")
    if reading.form is DateForm.YEAR_FIRST:
        moment = ibis.coalesce(digits.try_cast("timestamp"), moment)
    if reading.meridiem:
        formats = ["%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M %p", "%Y-%m-%d %I %p"]
        moment = ibis.coalesce(moment, try_strptime(_meridiem(iso), formats))
    return moment


def _meridiem(text: StringValue) -> StringValue:
    return text.re_replace(r"(?i)\s*([ap])\.?m\.?$", r" \1m")


def _moment_of_named_month(body: StringValue) -> TimestampValue:
    text = body.re_replace(_NAMED_DAY_FIRST, r"\1 \2 \3 ").re_replace(_NAMED_MONTH_FIRST, r"\2 \1 \3 ").strip()
    for german, english in _GERMAN_MONTHS.items():
        text = text.replace(german, english)
    # A year of two digits is tried first, since four digits would read "20" as the year 20.
    formats = [f"%d %b {year}{time}" for year in ("%y", "%Y") for time in _TIMES]
    return try_strptime(_meridiem(text), formats)


def _minutes_of_offset(text: StringValue) -> Value:
    offset = text.re_extract(_OFFSET, 1)
    hours = offset.substr(1, 2).try_cast("int64").fill_null(0)
    minutes = ibis.ifelse(offset.length() > 4, offset.right(2).try_cast("int64"), 0).fill_null(0)
    return ibis.ifelse(offset.startswith("-"), -1, 1) * (hours * 60 + minutes)
