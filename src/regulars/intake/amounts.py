"""Read columns of numbers and money: exact decimals whatever the separators, and the currency beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import DecimalValue, IntegerValue, StringValue, Table, Value

from regulars.intake.texts import rows_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _
from regulars.kit.money import is_currency
from retention.reasons import Reason, mark

# Six decimals and up to a million millions: what exceeds them is no amount of an order line.
DECIMAL = dt.Decimal(18, 6)
LARGEST_MINOR = 10**13
_WIDE = dt.Decimal(19, 6)
_MOST_LABELS = 10_000

_SPACES = r"\s\x{00a0}\x{2009}\x{202f}"
_SIGNS = r"[-+−–]"
_SYMBOL = r"(?:[A-Za-z]{0,3}[$€£¥₹₽₩₪₫฿₺₴₦]|[A-Z]{3}|[Kk]r\.?|zł|Kč|Ft|lei|Fr\.?)"
_DIGITS = re.compile(r"\d[\d.,'’\s\u00a0\u2009\u202f]*")

# What a symbol stands for; the first is taken where nothing else is said, None where no country comes first.
_SYMBOLS: Mapping[str, tuple[str | None, ...]] = {
    "€": ("EUR",),
    "£": ("GBP", "EGP", "GIP"),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"),
    "¥": ("JPY", "CNY"),
    "KR": (None, "SEK", "NOK", "DKK", "ISK"),
    "KR.": (None, "SEK", "NOK", "DKK", "ISK"),
    "₹": ("INR",),
    "₽": ("RUB",),
    "₩": ("KRW",),
    "₪": ("ILS",),
    "₫": ("VND",),
    "฿": ("THB",),
    "₺": ("TRY",),
    "₴": ("UAH",),
    "₦": ("NGN",),
    "US$": ("USD",),
    "R$": ("BRL",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "NZ$": ("NZD",),
    "HK$": ("HKD",),
    "S$": ("SGD",),
    "ZŁ": ("PLN",),
    "KČ": ("CZK",),
    "FT": ("HUF",),
    "LEI": ("RON",),
    "FR": ("CHF",),
    "FR.": ("CHF",),
    "EURO": ("EUR",),
}


class UnknownDecimalMark(DomainError):
    """The decimal mark that the user named is neither a point nor a comma."""

    code = "unknown_decimal_mark"


def recognise_decimal(
    samples: Iterable[str | None], delimiter: str | None, wish: str | None
) -> tuple[str, Reason | None]:
    """Return the decimal mark of the samples, and a note where nothing in them tells it.

    Raises
    ------
        UnknownDecimalMark
    """
    if wish is not None:
        mark_of = {".": ".", ",": ",", "point": ".", "comma": ","}.get(wish.lower())
        if mark_of is None:
            raise UnknownDecimalMark(_("{wish} is no decimal mark: write . or , for it.").format(wish=repr(wish)))
        return mark_of, None
    votes = {".": 0, ",": 0}
    grouped = {".": 0, ",": 0}
    for text in samples:
        _vote(text or "", votes, grouped)
    if votes[","] != votes["."]:
        return max(votes, key=lambda sign: votes[sign]), None
    if not grouped["."] and not grouped[","]:
        return ".", None
    # Only groups of three follow the marks: 1.234 may be a thousand, or one and a bit.
    chosen = "," if grouped["."] > grouped[","] and delimiter == ";" else "."
    return chosen, Reason(
        "decimal_assumed",
        mark("No amount tells the decimal mark from that of the thousands; {mark} is taken for the decimal mark."),
        {"mark": chosen},
    )


def _vote(text: str, votes: dict[str, int], grouped: dict[str, int]) -> None:
    match = _DIGITS.search(text)
    if match is None:
        return
    digits = match[0].strip()
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return
    sign, other = digits[last], "," if digits[last] == "." else "."
    if digits.count(sign) > 1:
        votes[other] += 1
    elif other in digits or len(digits) - last - 1 != 3:
        votes[sign] += 1
    else:
        grouped[sign] += 1


def number_of(column: Value, decimal: str) -> DecimalValue:
    """Return the number in each cell, NULL where there is none or it is absurd."""
    if column.type().is_numeric():
        return column.try_cast(DECIMAL)
    if decimal == ".":
        return ibis.coalesce(column.try_cast(DECIMAL), _number_of_written(column, decimal))
    marked = column.contains(".") | column.contains(",")
    plain = ibis.ifelse(marked, ibis.null("string"), column).try_cast(DECIMAL)
    return ibis.coalesce(plain, _number_of_written(column, decimal))


def _number_of_written(text: StringValue, decimal: str) -> DecimalValue:
    """Read numbers as people write them: groups, signs on either side, parentheses, a symbol of money."""
    point, group = (r"\.", rf"[,'’{_SPACES}]") if decimal == "." else (",", rf"[.'’{_SPACES}]")
    body = rf"(?:\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}|\d+)(?:{point}\d*)?|{point}\d+"
    gap = rf"[{_SPACES}]*"
    valid = rf"^\(?{gap}{_SIGNS}?{gap}{_SYMBOL}?{gap}{_SIGNS}?{gap}(?:{body}){gap}{_SYMBOL}?{gap}{_SIGNS}?{gap}\)?$"
    # Money without cents is also written "12,-", where the dash is no sign.
    whole = text.re_replace(r"[.,][-–]+", "")
    unsigned = whole.re_replace(rf"{_SYMBOL}", "").re_replace(r"[^0-9.,]", "")
    digits = unsigned.replace("," if decimal == "." else ".", "").replace(",", ".")
    negative = whole.re_search(r"^\(|[-−–]")
    signed = ibis.ifelse(negative, ibis.literal("-") + digits, digits)
    return ibis.ifelse(whole.re_search(valid), signed, ibis.null("string")).try_cast(DECIMAL)


def product_of(quantity: DecimalValue, price: DecimalValue) -> DecimalValue:
    """Return quantity × price, exactly.

    DuckDB keeps the product of two decimals of up to 18 digits within 18 digits, and fails on what exceeds them; a
    million with its twelve decimals already does. A wider factor makes it use 38.
    """
    return quantity.cast(_WIDE) * price


def to_minor(amount: DecimalValue, digits: int) -> IntegerValue:
    """Return whole minor units, halves rounded away from zero; NULL where the amount is absurd."""
    # The cast rounds. All that is sane has 14 digits, and with so few the multiplication stays within 64 bits.
    rounded = amount.try_cast(dt.Decimal(14, digits))
    minor = (rounded * ibis.literal(10**digits, dt.Decimal(digits + 1, 0))).cast("int64")
    return ibis.ifelse(minor.abs() <= LARGEST_MINOR, minor, ibis.null("int64"))


def symbol_of(column: Value) -> StringValue:
    """Return the symbol or code of money that stands beside the number, NULL where none does."""
    # Plain numbers, which are nearly all, are spared the regular expression.
    written = ibis.ifelse(column.try_cast(DECIMAL).isnull(), column, ibis.null("string"))
    return written.re_extract(_SYMBOL, 0).upper().nullif("")


def label_of(column: Value) -> StringValue:
    """Return the cells of a column of currencies in upper case."""
    return column.upper()


def currency_of(label: str, wish: str | None) -> str | None:
    """Return the currency that a symbol, a code or a word stands for; `wish` settles what several countries share."""
    meanings = _SYMBOLS.get(label)
    if meanings is None:
        return label if is_currency(label) else None
    return wish if wish in meanings else meanings[0]


def count_labels(table: Table, label: StringValue) -> dict[str, int]:
    """Return how many rows carry each label."""
    said = table.select(label=label)
    counts = said.filter(said["label"].notnull()).group_by("label").agg(rows=lambda group: group.count())
    found = rows_of(counts.order_by([ibis.desc("rows"), "label"]).limit(_MOST_LABELS))
    return {row["label"]: int(row["rows"]) for row in found}
