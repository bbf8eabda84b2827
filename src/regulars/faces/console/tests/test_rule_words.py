"""Rules, tiers and refusals in words: each kind says what it means, and nothing of a document goes without words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from regulars.faces.console.loyalty.programs.diff_words import parts_between
from regulars.faces.console.loyalty.programs.field_words import FIELD_WORDS
from regulars.faces.console.loyalty.programs.hours_words import find_weekly, hours_words, recurrence_words, weekly_of
from regulars.faces.console.loyalty.programs.reasons import REASON_WORDS, reason_words
from regulars.faces.console.loyalty.programs.rule_document import key_of
from regulars.faces.console.loyalty.programs.rule_words import Language, sentence_of
from regulars.faces.console.loyalty.programs.tier_words import benefits_words, threshold_words, tier_set_words
from regulars.facts.catalogue import declared_catalogue
from regulars.loyalty.definitions.document.common import Part
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rules import Hours
from regulars.loyalty.definitions.example import EXAMPLE
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.tests.programs import programs, rule, small
from regulars.loyalty.rules.contracts import Reason

VIENNA = ZoneInfo("Europe/Vienna")


def language(program: Program) -> Language:
    return Language(program=program, catalogue=declared_catalogue(), reporting="EUR")


def said(**parts: Any) -> str:
    program = small(rules=[rule(**parts)])
    return sentence_of(program.rules[0], language(program))


def fixed(points: int = 50) -> dict[str, Any]:
    return {"kind": "fixed", "points": points}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "1 point for each EUR, on orders."),
        (
            {"grant": {"kind": "per_amount", "points": 2, "per": {"EUR": 10, "CHF": 12}}, "on": {"kind": "line"}},
            "2 points for each 10 EUR or 12 CHF, on lines of orders.",
        ),
        (
            {
                "grant": {
                    "kind": "per_amount",
                    "points": 1,
                    "per": {"EUR": 1},
                    "base": {"tax": False, "shipping": True, "discounts": "before"},
                }
            },
            "1 point for each EUR (before discounts, without tax, with shipping), on orders.",
        ),
        ({"grant": {"kind": "per_item", "points": 3}}, "3 points for each piece, on orders."),
        (
            {"grant": {"kind": "percentage", "percent": 5, "value": {"EUR": "0.01"}}},
            "5 % back in points, each worth 0.01 EUR, on orders.",
        ),
        (
            {"grant": {"kind": "formula", "expression": "floor(cart.total / 3)"}},
            "As many points as floor(cart.total / 3), on orders.",
        ),
        (
            {"grant": {"kind": "multiplier", "factor": 2}},
            "×2 for all that amounts, pieces and percentages give, on orders.",
        ),
        ({"on": {"kind": "enrolment"}, "grant": fixed(100)}, "100 points, for becoming a member."),
        (
            {"on": {"kind": "event", "event": "review.written"}, "grant": fixed(1)},
            "1 point, when review.written happens.",
        ),
        ({"on": {"kind": "profile", "field": "birthday"}, "grant": fixed()}, "50 points, once Birthday is known."),
        (
            {"on": {"kind": "anniversary", "of": "profile.birthday"}, "grant": fixed()},
            "50 points, each year on this day: Birthday.",
        ),
        (
            {"on": {"kind": "schedule", "rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "start": "2026-01-01"}, "grant": fixed()},
            "50 points, on day 1 of each month.",
        ),
        (
            {"condition": "cart.total >= 50 EUR and cart.is_first"},
            "1 point for each EUR, on orders, where Total of the cart is at least 50.00 EUR and First order is yes.",
        ),
        (
            {"hours": {"rrule": "FREQ=WEEKLY;BYDAY=TU;BYHOUR=17;BYMINUTE=0", "minutes": 120}},
            "1 point for each EUR, on orders, Tuesday 17:00–19:00.",
        ),
        (
            {"caps": [{"scope": "member", "period": "month", "points": 500}]},
            "1 point for each EUR, on orders, at most 500 points a month for each member.",
        ),
        (
            {"caps": [{"scope": "transaction", "points": 100, "over": "refuse"}]},
            "1 point for each EUR, on orders, at most 100 points at once, else nothing.",
        ),
        (
            {"dates": {"start": "2026-03-01", "end": "2026-05-31"}, "opt_in": True},
            "1 point for each EUR, on orders, for who has activated the offer, from 1 Mar 2026 until 31 May 2026.",
        ),
        (
            {
                "activation": {
                    "kind": "event",
                    "event": "order.delivered",
                    "after": "14 days",
                    "cancel_after": "60 days",
                },
                "expiry": {"kind": "calendar", "month": 12, "day": 31, "years": 1},
            },
            "1 point for each EUR, on orders, active 14 days after delivery, good until the next 31 Dec, 1 year later.",
        ),
        (
            {"beneficiary": "attribute:seller", "group": "double"},
            "1 point for each EUR, on orders, to the member whose number stands as seller,"
            " only one of the group double.",
        ),
    ],
)
def test_a_rule_is_told_in_a_sentence(parts: dict[str, Any], words: str) -> None:
    assert said(**parts) == words


def test_a_multiplier_names_what_it_multiplies_and_points_their_currency_where_there_are_several() -> None:
    program = read_program(EXAMPLE).program
    assert program
    sentences = {each.key: sentence_of(each, language(program)) for each in program.rules}
    assert sentences["happy_hour"] == "×2 for “A bean for each euro”, on orders, Tuesday 17:00–20:00."
    assert sentences["welcome"] == ("100 points of Beans, for becoming a member, within the budget Welcome points.")


@given(programs())
def test_whatever_a_document_allows_has_words(program: Program) -> None:
    told = language(program)
    for each in program.rules:
        assert sentence_of(each, told).endswith(".")
    for tier_set in program.tier_sets:
        assert tier_set_words(tier_set, program).endswith(".")
        for tier in tier_set.tiers:
            assert threshold_words(tier, tier_set, program)
            assert all(benefits_words(tier, program))
    assert all(part.name and part.state for part in parts_between(None, program, told))


@given(programs(), programs())
def test_what_differs_is_told_exactly_where_something_does(before: Program, after: Program) -> None:
    assert parts_between(before, before, language(before)) == []
    parts = parts_between(before, after, language(after))
    assert (parts == []) is (before == after)
    assert all(part.fields or part.before or part.after or part.state for part in parts)


def test_every_field_of_a_document_has_words() -> None:
    names = {name for part in _parts(Part) for name in part.model_fields}
    assert len(names) > 80
    assert names <= FIELD_WORDS.keys()


def _parts(part: type[Part]) -> Iterator[type[Part]]:
    for each in part.__subclasses__():
        yield each
        yield from _parts(each)


def test_every_reason_has_a_sentence_that_holds_whatever_is_told() -> None:
    assert set(Reason) <= REASON_WORDS.keys()
    told = language(small())
    for reason in Reason:
        sentence = reason_words("shopping", reason, {}, told, VIENNA)
        assert sentence.endswith(".")
        assert "{" not in sentence
    # One that somebody adds and nobody puts into words is told by its code.
    assert reason_words("shopping", "moon_wrong", {}, told, VIENNA) == "moon_wrong"


def test_a_refusal_names_its_figures() -> None:
    told = language(small(rules=[rule(condition="cart.total >= 50 EUR")]))

    def why(reason: Reason, **values: Any) -> str:
        return reason_words("shopping", reason, values, told, VIENNA)

    assert why(Reason.NOT_STARTED, starts_at="2026-03-01T00:00:00+01:00") == "It begins on 1 Mar 2026."
    # It ends with its last day, not with the next day's first instant.
    assert why(Reason.ENDED, ended_at="2026-06-01T00:00:00+02:00") == "It ended on 31 May 2026."
    assert why(Reason.OUTSIDE_HOURS, at="2026-03-03T12:00:00+00:00") == "13:00 is outside of its hours."
    assert why(Reason.CURRENCY_NOT_COVERED, currency="USD", covered=["CHF", "EUR"]) == (
        "It counts CHF or EUR, and the order is in USD."
    )
    assert why(Reason.EXCLUDED, by="shopping", group="double") == "“Shopping” comes before it in the group double."
    assert why(Reason.CONDITION_FALSE, condition="cart.total >= 50 EUR") == (
        "This does not hold: Total of the cart is at least 50.00 EUR."
    )
    assert why(Reason.ROUNDS_TO_NOTHING, unrounded="0.640000") == "It comes to 0.64, which is no whole point."


def test_hours_of_the_week_are_what_the_builder_holds_and_others_are_their_rule() -> None:
    late = Hours(rrule="FREQ=WEEKLY;BYDAY=FR,SA;BYHOUR=22;BYMINUTE=30", minutes=240)
    weekly = find_weekly(late)
    assert weekly
    assert weekly_of(weekly.days, weekly.begins, weekly.ends) == weekly
    assert weekly.rrule == late.rrule
    assert hours_words(late) == "Friday and Saturday 22:30–02:30"
    assert find_weekly(Hours(rrule="FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=9", minutes=60)) is None
    assert recurrence_words("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29") == "each year on 29 Feb"
    assert recurrence_words("FREQ=DAILY;INTERVAL=3") == "as FREQ=DAILY;INTERVAL=3 says"


def test_a_key_comes_of_a_name() -> None:
    assert key_of("Doppelt so viel für Größen!") == "doppelt_so_viel_fur_grossen"
    assert key_of("2 for 1") == "rule_2_for_1"
    assert key_of("…") == "rule"
    assert len(key_of("x" * 99)) == 40
