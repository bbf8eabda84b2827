"""What values look like: enough of dates, numbers and names to tell columns apart, judged on a sample."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MISSING_WORDS = ("", "null", "none", "nan", "nat", "n/a", "na", "#n/a", "-", "<na>", "\\n", "(null)", "undefined")

_TIME = r"(?:,?[T\s]+\d{1,2}:\d{2}.*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}|\d{{2}}){_TIME}")
_COMPACT = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[T ]?\d{6})?")
_NAMED = re.compile(
    rf"(?:[A-Za-z]{{3,9}},?\s+)?(?:\d{{1,2}}\.?[\s-]*[A-Za-zä]{{3,9}}\.?|[A-Za-zä]{{3,9}}\.?\s*\d{{1,2}}),?[\s-]*\d{{2,4}}{_TIME}"
)
_NUMBER = re.compile(
    r"\(?\s*[-+−–]?\s*(?:[A-Za-zÀ-ž.]{0,3}[$€£¥₹₽₩₪₫฿₺]|[A-Z]{3}|kr\.?|Fr\.?)?\s*[-+−–]?\s*"
    r"(?:\d[\d.,'’\s]*|[.,]\d+)(?:[eE][-+]?\d+)?\s*(?:[$€£¥₹₽₩₪₫฿₺]|[A-Z]{3}|kr\.?|zł|Kč|Ft|lei|Fr\.?)?\s*[-−]?\s*\)?"
)
_DECIMALS = re.compile(r"[.,]\d{1,2}(?!\d)\D*$")
_PLAIN_INTEGER = re.compile(r"-?\d+")


class DateForm(StrEnum):
    """How a column writes its dates; NATIVE ones have a type that says it."""

    NATIVE = "native"
    YEAR_FIRST = "ymd"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    COMPACT = "compact"
    NAMED_MONTH = "named"
    SERIAL = "serial"
    EPOCH = "epoch"


def date_forms(text: str) -> frozenset[DateForm]:
    """Return the forms under which `text` is a date."""
    if _COMPACT.fullmatch(text):
        return frozenset({DateForm.COMPACT})
    if _PLAIN_INTEGER.fullmatch(text) or re.fullmatch(r"\d{5}\.\d+", text):
        return _numeric_form(text)
    if match := _YEAR_FIRST.fullmatch(text):
        return frozenset({DateForm.YEAR_FIRST} if int(match[2]) <= 12 and int(match[3]) <= 31 else ())
    if match := _YEAR_LAST.fullmatch(text):
        first, second = int(match[1]), int(match[2])
        return frozenset(
            form
            for form, day, month in ((DateForm.DAY_FIRST, first, second), (DateForm.MONTH_FIRST, second, first))
            if 1 <= day <= 31 and 1 <= month <= 12
        )
    return frozenset({DateForm.NAMED_MONTH} if _NAMED.fullmatch(text) else ())


def _numeric_form(text: str) -> frozenset[DateForm]:
    value = float(text)
    if 20_000 <= value < 80_000:
        return frozenset({DateForm.SERIAL})
    if len(text) in {10, 13, 16} and 0.3e9 <= value / 10 ** (len(text) - 10) < 4.2e9:
        return frozenset({DateForm.EPOCH})
    return frozenset()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a sample of a column looks like; shares are of its filled cells."""

    filled: int
    distinct: int
    date: float
    date_form: DateForm | None
    number: float
    decimals: float
    negative: float

    @property
    def weak_date(self) -> bool:
        """Tell whether the dates might as well be plain numbers."""
        return self.date_form in {DateForm.SERIAL, DateForm.EPOCH}


def shape_of(values: Sequence[str | None]) -> Shape:
    """Describe a sample of a column."""
    filled = [text for value in values if value is not None and (text := value.strip()).lower() not in MISSING_WORDS]
    if not filled:
        return Shape(0, 0, 0.0, None, 0.0, 0.0, 0.0)
    forms = Counter(form for text in filled for form in date_forms(text))
    # Where the day and the month cannot be told apart the day stands first: so in most of the world.
    form, hits = max(forms.items(), key=lambda item: (item[1], item[0] is not DateForm.MONTH_FIRST), default=(None, 0))
    numbers = [text for text in filled if _NUMBER.fullmatch(text)]
    return Shape(
        filled=len(filled),
        distinct=len(set(filled)),
        date=hits / len(filled),
        date_form=form,
        number=len(numbers) / len(filled),
        decimals=sum(1 for text in numbers if _DECIMALS.search(text)) / len(filled),
        negative=sum(1 for text in numbers if text.startswith(("-", "(", "−"))) / len(filled),
    )


def looks_like_value(text: str) -> bool:
    """Tell whether a cell is a number or a date, so that it is not a column's name."""
    text = text.strip()
    return bool(_NUMBER.fullmatch(text)) or bool(date_forms(text) - {DateForm.NAMED_MONTH})
