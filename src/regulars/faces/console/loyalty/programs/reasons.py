"""Why a rule grants nothing, in a sentence: for each reason of the rules, and for those of the adjudication."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from regulars.faces.console.loyalty.programs.rule_words import Language, condition_words
from regulars.faces.console.loyalty.programs.words import AWAITED_WORDS, any_of, decimal_words
from regulars.kit import formats
from regulars.kit.i18n import gettext, mark
from regulars.loyalty.rules.contracts import Reason
from regulars.loyalty.rules.vocabulary import catalogue_for

REASON_WORDS: Mapping[str, str] = {
    Reason.NOT_STARTED: mark("It begins on {day}."),
    Reason.ENDED: mark("It ended on {day}."),
    Reason.OUTSIDE_HOURS: mark("{time} is outside of its hours."),
    Reason.MEMBER_UNKNOWN: mark("Nobody who is a member buys."),
    Reason.BENEFICIARY_UNKNOWN: mark("The order does not say who is granted: {attribute} is missing."),
    Reason.NOT_OPTED_IN: mark("The member has not activated the offer."),
    Reason.CURRENCY_NOT_COVERED: mark("It counts {covered}, and the order is in {currency}."),
    Reason.CONDITION_FALSE: mark("This does not hold: {condition}."),
    Reason.FACT_UNKNOWN: mark("Its formula asks for what is not known: {fact}."),
    Reason.NOTHING_TO_COUNT: mark("Nothing of the order counts for it."),
    Reason.NOTHING_TO_MULTIPLY: mark("There is nothing that it could multiply."),
    Reason.EXCLUDED: mark("“{by}” comes before it in the group {group}."),
    Reason.ROUNDS_TO_NOTHING: mark("It comes to {unrounded}, which is no whole point."),
    Reason.CAP_REACHED: mark("Its bound is reached: {left} are left of it."),
    Reason.WAITED_IN_VAIN: mark("It waited for {event} until {day}, which did not come."),
    Reason.BUDGET_REACHED: mark("The budget is used up: {left} are left of it."),
}
# What the adjudication says beside the rules: why something was given back, or stays given.
ADJUDICATION_WORDS: Mapping[str, str] = {
    "order_returned": mark("The order came back."),
    "voucher_used": mark("The voucher was used."),
    "stays_given": mark("What was given stays given."),
    "cannot_be_undone": mark("It cannot be undone."),
}


def reason_words(rule: str, reason: str, values: Mapping[str, Any], told: Language, zone: ZoneInfo) -> str:
    """Return why a rule granted nothing; a reason that nobody has put into words is told by its code."""
    words = REASON_WORDS.get(reason) or ADJUDICATION_WORDS.get(reason)
    return gettext(words).format_map(_named(rule, values, told, zone)) if words else reason


class _Said(dict[str, str]):
    """What a sentence names; what was not told is a dash."""

    def __missing__(self, key: str) -> str:
        return formats.MISSING


def _named(rule: str, values: Mapping[str, Any], told: Language, zone: ZoneInfo) -> _Said:
    rules = {each.key: each for each in told.program.rules}
    said = _Said({name: str(value) for name, value in values.items()})
    if "starts_at" in values:
        said["day"] = formats.day(_moment(values["starts_at"], zone))
    if "ended_at" in values:
        # It is the first instant after the last day.
        said["day"] = formats.day(_moment(values["ended_at"], zone) - timedelta(seconds=1))
    if "until" in values:
        said["day"] = formats.day(_moment(values["until"], zone))
    if values.get("event") in AWAITED_WORDS:
        said["event"] = gettext(AWAITED_WORDS[values["event"]])
    if "at" in values:
        said["time"] = formats.time_of_day(_moment(values["at"], zone))
    if "covered" in values:
        said["covered"] = any_of([str(each) for each in values["covered"]])
    if "by" in values and values["by"] in rules:
        said["by"] = rules[values["by"]].name
    if "condition" in values and rule in rules:
        catalogue = catalogue_for(rules[rule].on, told.catalogue)
        said["condition"] = condition_words(str(values["condition"]), catalogue, told.reporting)
    for name in ("unrounded", "left"):
        if name in values:
            said[name] = decimal_words(Decimal(str(values[name])))
    return said


def _moment(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).astimezone(zone)
