"""Why a customer's risk is what it is, in plain words: computed from the figures that are known, never written."""

from __future__ import annotations

from datetime import date

from regulars.insights.contracts import Score
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.orders.contracts import CustomerFacts

_DAY_SECONDS = 86_400


def why_of(score: Score | None, *, last_ordered_on: date | None, today: date) -> list[str]:
    """Return what speaks for and against a customer's leaving, a sentence each; nothing where there is no risk.

    The risk hangs on purchases, what came back whole not among them, so that the last order may be later than the last
    of these.
    """
    if score is None or score.risk is None or last_ordered_on is None:
        return []
    told = [_silence(score, today), _sent_back(score, last_ordered_on), _among(score), _expected(score, today)]
    return [sentence for sentence in told if sentence]


def usual_gap_days(facts: CustomerFacts) -> float | None:
    """Return how many days lie between two orders on average; None before the second, or where all came at once."""
    if facts.orders < 2 or facts.first_ordered_at is None or facts.last_ordered_at is None:
        return None
    seconds = (facts.last_ordered_at - facts.first_ordered_at).total_seconds()
    return seconds / _DAY_SECONDS / (facts.orders - 1) or None


def _silence(score: Score, today: date) -> str:
    silent = max(0, (today - score.last_on).days)
    gap = (score.last_on - score.first_on).days / score.frequency if score.frequency else 0.0
    if not gap:
        words = gettext("The last purchase was {silent} ago; how long they wait between two is not known yet.")
        return words.format(silent=_days(silent))
    told = gettext("No purchase for {silent}; between two purchases there were {gap} on average.")
    sentence = told.format(silent=_days(silent), gap=_days(round(gap)))
    if silent >= 2 * gap:
        compared = gettext("That is {times} times as long as usual.").format(times=formats.number(silent / gap, 1))
    elif silent > gap:
        compared = gettext("That is longer than usual.")
    else:
        compared = gettext("That is not longer than usual.")
    return f"{sentence} {compared}"


def _sent_back(score: Score, last_ordered_on: date) -> str:
    if last_ordered_on <= score.last_on:
        return ""
    return gettext("What was ordered on {day} came back.").format(day=formats.day(last_ordered_on))


def _among(score: Score) -> str:
    if score.risk_decile is None:
        return ""
    words = gettext("By risk this is tenth {number} of 10; 10 is the highest.")
    return words.format(number=formats.number(score.risk_decile))


def _expected(score: Score, today: date) -> str:
    expected = score.next_order_expected_on
    if expected is None:
        return gettext("An order within a year is less likely than none.")
    if expected < today:
        words = gettext("The next order was expected by {day}; it has not come.")
    else:
        words = gettext("The next order is expected by {day}.")
    return words.format(day=formats.day(expected))


def _days(count: int) -> str:
    return ngettext("{count} day", "{count} days", count).format(count=formats.number(count))
