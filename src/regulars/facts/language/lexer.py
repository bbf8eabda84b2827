"""The words of a condition's text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from regulars.facts.language.faults import Place, WrongCondition
from regulars.facts.language.tree import LONGEST, MOST_DIGITS
from regulars.kit.i18n import gettext

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<day>\d{4}-\d{2}-\d{2}(?![\w.]))
      | (?P<number>\d+(?:\.\d+)?(?![\w.]))
      | (?P<name>[^\W\d]\w*(?:\.\w+)*)
      | (?P<text>"(?:[^"\\]|\\["\\])*")
      | (?P<sign><=|>=|!=|[=<>(),:+-])
    )""",
    re.VERBOSE,
)
# Up to where a text has nothing wrong: its end, a backslash that says nothing, or the end of all.
_BEGUN_TEXT = re.compile(r'"(?:[^"\\]|\\["\\])*')
_SPACE = re.compile(r"\s*")
_ESCAPED = re.compile(r"\\([\"\\])")


class Kind(StrEnum):
    """What a word is."""

    DAY = "day"
    NUMBER = "number"
    NAME = "name"
    TEXT = "text"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One word; of a text, `value` is what stands between the quotes."""

    kind: Kind
    value: str
    place: Place


def read_tokens(text: str) -> list[Token]:
    """Return the words of a text, and its end.

    Raises
    ------
    WrongCondition
        It is too long, or holds what is no word, or a number of too many digits.
    """
    if len(text) > LONGEST:
        raise too_long(Place(LONGEST, len(text)))
    tokens, position = [], _after_space(text, 0)
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _no_word(text, position)
        kind = Kind(str(found.lastgroup))
        place = Place(found.start(kind), found.end(kind))
        value = found[kind]
        if kind is Kind.NUMBER:
            _check_digits(value, place)
        tokens.append(Token(kind, _ESCAPED.sub(r"\1", value[1:-1]) if kind is Kind.TEXT else value, place))
        position = _after_space(text, found.end())
    return [*tokens, Token(Kind.END, "", Place(len(text), len(text)))]


def too_long(place: Place | None = None) -> WrongCondition:
    """Return the fault of a condition whose text is too long; the place is what is too much of it."""
    message = gettext("A condition has at most {most} characters.").format(most=LONGEST)
    return WrongCondition(message, code="too_long", place=place)


def quoted(text: str) -> str:
    """Return a text as it stands in a condition."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _check_digits(number: str, place: Place) -> None:
    if len(number.replace(".", "")) > MOST_DIGITS:
        message = gettext("This number has more than {most} digits.").format(most=MOST_DIGITS)
        raise WrongCondition(message, code="out_of_bounds", place=place)


def _no_word(text: str, position: int) -> WrongCondition:
    if text[position] == '"':
        begun = _BEGUN_TEXT.match(text, position)
        end = begun.end() if begun else position
        if end + 1 < len(text):
            message = gettext(
                "In a text a backslash is written twice; a single one stands only before a quotation mark."
            )
            return WrongCondition(message, code="lone_backslash", place=Place(end, end + 2))
        message = gettext("This text has no closing quotation mark.")
        return WrongCondition(message, code="open_text", place=Place(position, len(text)))
    message = gettext("{sign} has no meaning here.").format(sign=text[position])
    return WrongCondition(message, code="no_word", place=Place(position, position + 1))
