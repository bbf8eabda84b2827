from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given

from regulars.loyalty.definitions.checking import check_program
from regulars.loyalty.definitions.example import EXAMPLE
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.repeating import fault_of_rrule
from regulars.loyalty.definitions.tests.programs import Strict, programs, rule, small

BEANS = {"key": "beans", "name": "Beans"}
STARS = {"key": "stars", "name": "Stars", "kind": "status"}
COSTLY = BEANS | {"cost": {"EUR": "0.01"}}
FIXED = {"kind": "fixed", "points": 5}
TIERS: dict[str, Any] = {
    "key": "status",
    "name": "Status",
    "basis": {"kind": "orders"},
    "period": {"kind": "calendar"},
    "tiers": [{"key": "green", "name": "Green"}, {"key": "gold", "name": "Gold", "threshold": 5}],
}
VOUCHER = {"key": "five", "name": "Five", "off": {"kind": "amount", "amount": {"EUR": 5}}}
REWARD = {"key": "coffee", "name": "Coffee", "gives": {"kind": "gift"}, "cost": 5, "currencies": ["beans"]}
BUDGET = {"key": "spring", "name": "Spring", "points": 1_000}
BACKWARDS = {"start": "2026-02-01", "end": "2026-01-31"}
OFTEN = {"rrule": "FREQ=MINUTELY", "minutes": 60}
WRONG = {"kind": "formula", "expression": "wrong"}
FINE = {"kind": "percent", "percent": 5, "most": {"JPY": "0.1"}}
PAY = {
    "key": "pay",
    "name": "Pay",
    "gives": {"kind": "pay_with_points", "value": {"EUR": "0.001"}},
    "currencies": ["beans"],
}


def found(program, **options):
    return [(fault.code, fault.pointer) for fault in check_program(program, Strict(), **options)]


def tiers(*thresholds, **parts):
    made = [{"key": f"t{n}", "name": "T", "threshold": threshold} for n, threshold in enumerate(thresholds)]
    return TIERS | {"tiers": made} | parts


def per_tier(tier_set="status", tier="gold"):
    return {"kind": "per_tier", "tier_set": tier_set, "tiers": {tier: {"kind": "never"}}}


def multiplier(key, *of, **parts):
    return rule(key=key, grant={"kind": "multiplier", "factor": 2, "of": of}, **parts)


def test_nothing_is_wrong_with_the_example():
    program = read_program(EXAMPLE).program
    assert check_program(program, Strict(), reporting_currency="EUR") == []


@given(programs())
def test_each_fault_leads_into_the_document(program):
    for fault in check_program(program, Strict(), reporting_currency="EUR"):
        here = program.model_dump(mode="json")
        for step in fault.pointer.split("/")[1:]:
            here = here[int(step)] if isinstance(here, list) else here[step]
        assert fault.message


@pytest.mark.parametrize(
    ("parts", "faults"),
    [
        ({"zone": "Europe/Vienn"}, [("unknown_zone", "/zone")]),
        ({"zone": "../etc/passwd"}, [("unknown_zone", "/zone")]),
        # What stands twice.
        ({"currencies": [BEANS, BEANS]}, [("duplicate_key", "/currencies/1/key")]),
        ({"rules": [rule(), rule(), rule()]}, [("duplicate_key", "/rules/1/key"), ("duplicate_key", "/rules/2/key")]),
        ({"budgets": [BUDGET, BUDGET]}, [("duplicate_key", "/budgets/1/key")]),
        ({"tier_sets": [TIERS, TIERS]}, [("duplicate_key", "/tier_sets/1/key")]),
        ({"vouchers": [VOUCHER, VOUCHER]}, [("duplicate_key", "/vouchers/1/key")]),
        ({"rewards": [REWARD, REWARD]}, [("duplicate_key", "/rewards/1/key")]),
        (
            {"tier_sets": [TIERS | {"tiers": [TIERS["tiers"][0], TIERS["tiers"][1] | {"key": "green"}]}]},
            [("duplicate_key", "/tier_sets/0/tiers/1/key")],
        ),
        # What leads nowhere.
        ({"rules": [rule(currency="seeds")]}, [("no_such_currency", "/rules/0/currency")]),
        ({"rules": [rule(budgets=["spring"])]}, [("no_such_budget", "/rules/0/budgets/0")]),
        ({"rules": [multiplier("twice", "nothing")]}, [("no_such_rule", "/rules/0/grant/of/0")]),
        ({"rules": [rule(expiry=per_tier())]}, [("no_such_tier_set", "/rules/0/expiry/tier_set")]),
        (
            {"rules": [rule(expiry=per_tier(tier="silver"))], "tier_sets": [TIERS]},
            [("no_such_tier", "/rules/0/expiry/tiers/silver")],
        ),
        ({"currencies": [BEANS | {"expiry": per_tier()}]}, [("no_such_tier_set", "/currencies/0/expiry/tier_set")]),
        ({"currencies": [BEANS | {"expiry": per_tier()}], "tier_sets": [TIERS]}, []),
        (
            {"tier_sets": [TIERS | {"basis": {"kind": "points", "currency": "stars"}}]},
            [("no_such_currency", "/tier_sets/0/basis/currency")],
        ),
        (
            {
                "tier_sets": [
                    TIERS
                    | {
                        "tiers": [
                            {
                                "key": "green",
                                "name": "Green",
                                "benefits": {"multipliers": {"seeds": 2}, "birthday_reward": "cake"},
                            }
                        ]
                    }
                ]
            },
            [
                ("no_such_currency", "/tier_sets/0/tiers/0/benefits/multipliers/seeds"),
                ("no_such_reward", "/tier_sets/0/tiers/0/benefits/birthday_reward"),
            ],
        ),
        (
            {"rewards": [REWARD | {"gives": {"kind": "voucher", "series": "five"}}]},
            [("no_such_series", "/rewards/0/gives/series")],
        ),
        ({"rewards": [REWARD | {"gives": {"kind": "voucher", "series": "five"}}], "vouchers": [VOUCHER]}, []),
        ({"rewards": [REWARD | {"currencies": ["beans", "seeds"]}]}, [("no_such_currency", "/rewards/0/currencies/1")]),
        (
            {"rewards": [REWARD | {"tiers": ["status.gold", "status.silver", "other.gold"]}], "tier_sets": [TIERS]},
            [("no_such_tier", "/rewards/0/tiers/1"), ("no_such_tier_set", "/rewards/0/tiers/2")],
        ),
        # Tiers.
        (
            {"tier_sets": [tiers(0, 5, 5, 4)]},
            [("threshold_not_above", f"/tier_sets/0/tiers/{n}/threshold") for n in (2, 3)],
        ),
        ({"tier_sets": [tiers(1, 5)]}, [("first_threshold", "/tier_sets/0/tiers/0/threshold")]),
        ({"tier_sets": [tiers(0, 0, basis={"kind": "invitation"})]}, []),
        (
            {
                "tier_sets": [
                    TIERS | {"tiers": [{"key": "green", "name": "Green", "benefits": {"birthday_reward": "pay"}}]}
                ],
                "rewards": [PAY],
            },
            [("no_gift", "/tier_sets/0/tiers/0/benefits/birthday_reward")],
        ),
        # What points are for.
        (
            {"currencies": [BEANS, STARS], "rewards": [REWARD | {"currencies": ["stars"]}]},
            [("status_buys_nothing", "/rewards/0/currencies/0")],
        ),
        # Days.
        (
            {"rules": [rule(dates=BACKWARDS)]},
            [("ends_before_start", "/rules/0/dates/end")],
        ),
        ({"rules": [rule(dates={"start": "2026-02-01", "end": "2026-02-01"})]}, []),
        ({"vouchers": [VOUCHER | {"dates": BACKWARDS}]}, [("ends_before_start", "/vouchers/0/dates/end")]),
        ({"rewards": [REWARD | {"dates": BACKWARDS}]}, [("ends_before_start", "/rewards/0/dates/end")]),
        (
            {"rules": [rule(dates={"start": "2026-02-01"}, expiry={"kind": "on", "on": "2026-01-31"})]},
            [("expires_before_start", "/rules/0/expiry/on")],
        ),
        # Schedules.
        ({"rules": [rule(hours=OFTEN)]}, [("rrule_too_frequent", "/rules/0/hours/rrule")]),
        (
            {"rules": [rule(on={"kind": "schedule", "rrule": "each Monday", "start": "2026-01-01"}, grant=FIXED)]},
            [("wrong_rrule", "/rules/0/on/rrule")],
        ),
        # What needs an order.
        (
            {
                "rules": [
                    rule(
                        on={"kind": "enrolment"},
                        beneficiary="attribute:seller",
                        activation={"kind": "event", "event": "order.paid", "cancel_after": "3 days"},
                    )
                ]
            },
            [("needs_order", f"/rules/0/{part}") for part in ("grant", "beneficiary", "activation")],
        ),
        ({"rules": [rule(on={"kind": "enrolment"}, grant=FIXED)]}, []),
        # Multipliers.
        ({"rules": [rule(), multiplier("twice", "shopping")]}, []),
        (
            {"rules": [rule(), multiplier("twice", "shopping"), multiplier("again", "twice")]},
            [("multiplier_chain", "/rules/2/grant/of/0")],
        ),
        ({"rules": [multiplier("twice", "twice")]}, [("multiplier_chain", "/rules/0/grant/of/0")]),
        (
            {"rules": [rule(grant=FIXED), multiplier("twice", "shopping")]},
            [("fixed_not_multiplied", "/rules/1/grant/of/0")],
        ),
        (
            {"currencies": [BEANS, STARS], "rules": [rule(), multiplier("twice", "shopping", currency="stars")]},
            [("other_currency", "/rules/1/grant/of/0")],
        ),
        # Bounds in money.
        ({"rules": [rule(caps=[{"scope": "rule", "money": 5}])]}, [("no_cost", "/rules/0/caps/0/money")]),
        ({"rules": [rule(caps=[{"scope": "rule", "money": 5}])], "currencies": [COSTLY]}, []),
        (
            {"rules": [rule(budgets=["spring"])], "budgets": [BUDGET | {"points": None, "money": 5}]},
            [("no_cost", "/rules/0/budgets/0")],
        ),
        ({"rules": [rule(budgets=["spring"])], "budgets": [BUDGET]}, []),
        # Codes and amounts.
        ({"vouchers": [VOUCHER | {"pattern": "SUMMER-#######"}]}, [("guessable_pattern", "/vouchers/0/pattern")]),
        ({"vouchers": [VOUCHER | {"pattern": "SUMMER-########"}]}, []),
        ({"vouchers": [VOUCHER | {"pattern": "SUMMER26", "uses": 1_000}]}, []),
        (
            {"vouchers": [VOUCHER | {"off": {"kind": "amount", "amount": {"EUR": "1.005", "JPY": "1.5"}}}]},
            [("too_fine_amount", "/vouchers/0/off/amount/EUR"), ("too_fine_amount", "/vouchers/0/off/amount/JPY")],
        ),
        (
            {"vouchers": [VOUCHER | {"minimum": {"EUR": "0.001"}, "off": FINE}]},
            [("too_fine_amount", "/vouchers/0/off/most/JPY"), ("too_fine_amount", "/vouchers/0/minimum/EUR")],
        ),
        (
            {"rewards": [REWARD | {"gives": {"kind": "store_credit", "amount": "0.001", "currency": "EUR"}}]},
            [("too_fine_amount", "/rewards/0/gives/amount")],
        ),
        # A rate may be as fine as it likes.
        ({"rewards": [PAY]}, []),
        # What the rules know.
        ({"rules": [rule(condition="wrong")]}, [("wrong_condition", "/rules/0/condition")]),
        ({"rules": [rule(grant=WRONG)]}, [("wrong_formula", "/rules/0/grant/expression")]),
        ({"vouchers": [VOUCHER | {"condition": "wrong"}]}, [("wrong_condition", "/vouchers/0/condition")]),
        ({"rewards": [REWARD | {"condition": "wrong"}]}, [("wrong_condition", "/rewards/0/condition")]),
    ],
)
def test_what_cannot_be_meant_is_told(parts, faults):
    assert found(small(**parts)) == faults


def test_conditions_are_looked_at_for_what_sets_the_rule_off():
    program = small(rules=[rule(on={"kind": "line"}, condition="wrong")], rewards=[REWARD | {"condition": "wrong"}])
    assert [fault.message for fault in check_program(program, Strict())] == ["wrong of line", "wrong of reward"]
    assert check_program(program) == []


def test_the_cost_of_a_point_is_told_in_the_reporting_currency():
    program = small(currencies=[COSTLY])
    assert found(program, reporting_currency="EUR") == []
    assert found(program, reporting_currency="CHF") == [("cost_not_in_reporting_currency", "/currencies/0/cost")]


# --- Schedules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rrule", "code"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=1", None),
        ("FREQ=MONTHLY;BYDAY=-1FR", None),
        ("FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9,17;BYMINUTE=30", None),
        ("FREQ=HOURLY", None),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", None),
        ("FREQ=DAILY;COUNT=3", None),
        ("FREQ=DAILY;UNTIL=20260101", None),
        ("FREQ=DAILY;UNTIL=20260101T120000", None),
        ("FREQ=SECONDLY", "rrule_too_frequent"),
        ("FREQ=MINUTELY;INTERVAL=120", "rrule_too_frequent"),
        ("FREQ=DAILY;BYMINUTE=0,30", "rrule_too_frequent"),
        ("FREQ=DAILY;BYSECOND=0", "rrule_too_frequent"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "rrule_never"),
        # Each of these would have dateutil look through thousands of years, hour by hour.
        ("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "rrule_never"),
        ("FREQ=HOURLY;BYYEARDAY=366;BYMONTH=1", "rrule_never"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2", "rrule_never"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "rrule_never"),
        ("FREQ=DAILY;UNTIL=20251231", "rrule_never"),
        ("", "wrong_rrule"),
        ("BYDAY=MO", "wrong_rrule"),
        ("FREQ=DAILY;", "wrong_rrule"),
        ("freq=daily", "wrong_rrule"),
        ("FREQ=DAILY;FREQ=WEEKLY", "wrong_rrule"),
        ("RRULE:FREQ=DAILY", "wrong_rrule"),
        ("DTSTART=20200101;FREQ=DAILY", "wrong_rrule"),
        ("FREQ=DAILY\nEXDATE:20260101", "wrong_rrule"),
        ("FREQ=YEARLY;BYEASTER=1", "wrong_rrule"),
        ("FREQ=DAILY;INTERVAL=0", "wrong_rrule"),
        ("FREQ=DAILY;COUNT=0", "wrong_rrule"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20270101", "wrong_rrule"),
        ("FREQ=DAILY;INTERVAL=99999999", "wrong_rrule"),
        ("FREQ=DAILY;BYHOUR=25", "wrong_rrule"),
        ("FREQ=DAILY;BYDAY=XX", "wrong_rrule"),
        ("FREQ=DAILY;UNTIL=20260101T000000Z", "wrong_rrule"),
        ("FREQ=DAILY;UNTIL=tomorrow", "wrong_rrule"),
        ("FREQ=DAILY;UNTIL=20261301", "wrong_rrule"),
    ],
)
def test_an_rrule_comes_hourly_at_most_and_comes_at_all(rrule, code):
    fault = fault_of_rrule(rrule, date(2026, 1, 1))
    assert (fault and fault.code) == code


@pytest.mark.parametrize("year", range(1998, 2040))
def test_whether_it_ever_comes_does_not_depend_on_the_year_that_it_is_looked_at_in(year):
    # Each fourth year from a leap year on has a leap day, from another one never.
    fault = fault_of_rrule("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", date(year, 1, 1))
    assert (fault is None) == (year % 4 == 0)
    assert fault_of_rrule("FREQ=DAILY", date(year, 12, 31)) is None


def test_a_rule_may_begin_on_a_leap_day():
    assert fault_of_rrule("FREQ=YEARLY", date(2028, 2, 29)) is None


# --- Authority --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authority", "faults"),
    [
        ({}, []),
        ({"second_above": 5_000}, []),
        ({"second_above": 1_000_000}, [("second_above_all", "/authority/second_above")]),
        ({"by_role": {}, "second_above": 0}, [("second_above_all", "/authority/second_above")]),
        ({"by_role": {"agent": 500}, "second_above": 0}, []),
        ({"by_role": {"agent": 500, "key": 900}}, []),
        ({"by_role": {"agent": 500, "key": 900}, "second_above": 100}, [("nobody_approves", "/authority/by_role/key")]),
        ({"by_role": {"agent": 500, "key": 500}, "second_above": 100}, []),
        ({"by_role": {"agent": 5, "key": 9}, "second_above": 9}, [("second_above_all", "/authority/second_above")]),
    ],
)
def test_what_waits_for_a_second_person_can_be_asked_for_and_approved(authority, faults):
    assert found(small(authority=authority)) == faults
