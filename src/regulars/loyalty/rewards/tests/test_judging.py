from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rewards import VoucherSeries
from regulars.loyalty.rewards.contracts import VoucherReason
from regulars.loyalty.rewards.judging import Asking, Seen, check_stack, judge
from regulars.loyalty.rewards.sentences import sentence_of
from regulars.loyalty.rewards.tests.reward_shop import FIVE_OFF, NOW, purchase

INES, TOM = uuid4(), uuid4()
R = VoucherReason


def asking(*series: dict[str, Any], member_id: UUID | None = INES, **different: Any) -> Asking:
    document = Program.model_validate(
        {
            "program": "club",
            "name": "Club",
            "currencies": [{"key": "beans", "name": "Beans"}],
            "vouchers": [FIVE_OFF | each for each in series or [{}]],
        }
    )
    version = ProgramVersion(
        program_id=uuid4(),
        program_key="club",
        number=1,
        effective_at=NOW,
        document=document,
        digest="",
        zone=ZoneInfo("Europe/Vienna"),
    )
    plain = {"purchase": purchase(), "may_know": False, "judged": lambda key: True}
    return Asking(**{"version": version, "member_id": member_id, **plain, **different})


def seen(**different: Any) -> Seen:
    plain: dict[str, Any] = {
        "voucher_id": uuid4(),
        "series": "five",
        "owner_id": None,
        "good_until": None,
        "is_withdrawn": False,
        "redeemed": 0,
        "held": 0,
        "own_use_id": None,
        "is_mine": False,
        "member_uses": 0,
    }
    return Seen(**plain | different)


UNKNOWN = seen(voucher_id=None, series="")


def reasons(of: Seen, ask: Asking) -> list[str]:
    [refusals] = judge([of], ask)
    assert all(sentence_of(refusal) for refusal in refusals)
    return [refusal.reason for refusal in refusals]


def test_a_good_code_is_taken() -> None:
    assert reasons(seen(), asking()) == []


DEAD = [
    (R.USED_UP, seen(redeemed=1), {}),
    (R.HELD, seen(held=1), {}),
    (R.WITHDRAWN, seen(is_withdrawn=True), {}),
    (R.EXPIRED, seen(good_until=NOW), {}),
    (R.OF_ANOTHER, seen(owner_id=TOM), {}),
    (R.SERIES_ENDED, seen(series="gone"), {}),
    (R.ENDED, seen(), {"dates": {"end": "2026-11-19"}}),
]


@pytest.mark.parametrize(("reason", "of", "terms"), DEAD)
def test_of_a_code_that_is_worth_nothing_strangers_learn_no_more_than_of_none(
    reason: str, of: Seen, terms: dict[str, Any]
) -> None:
    told = judge([of], asking(terms))
    assert told == judge([UNKNOWN], asking(terms))
    assert [refusal.reason for refusal in told[0]] == [R.NOT_ACCEPTED]


@pytest.mark.parametrize(("reason", "of", "terms"), DEAD)
def test_the_staff_learns_why_a_code_is_worth_nothing(reason: str, of: Seen, terms: dict[str, Any]) -> None:
    assert reasons(of, asking(terms, may_know=True)) == [reason]


@pytest.mark.parametrize(
    ("reason", "of", "terms"), [case for case in DEAD if case[0] not in {R.OF_ANOTHER, R.SERIES_ENDED}]
)
def test_its_owner_and_who_has_redeemed_it_learn_why_a_code_is_worth_nothing(
    reason: str, of: Seen, terms: dict[str, Any]
) -> None:
    for who in ({"owner_id": INES}, {"is_mine": True}):
        known = seen(**{name: getattr(of, name) for name in Seen.__slots__} | who)
        assert reasons(known, asking(terms)) == [reason]


def test_a_code_for_many_is_no_secret() -> None:
    assert reasons(seen(redeemed=9), asking({"uses": 9})) == [R.USED_UP]
    assert reasons(seen(redeemed=8, held=1), asking({"uses": 9})) == [R.HELD]
    assert reasons(seen(owner_id=TOM), asking({"uses": 9})) == [R.NOT_ACCEPTED]


@pytest.mark.parametrize(
    ("reason", "of", "terms", "different"),
    [
        (R.NOT_STARTED, seen(), {"dates": {"start": "2026-11-21"}}, {}),
        (R.MEMBER_NEEDED, seen(), {"uses_per_member": 1}, {"member_id": None}),
        (R.MEMBER_LIMIT, seen(member_uses=2), {"uses_per_member": 2}, {}),
        (R.CURRENCY_NOT_COVERED, seen(), {}, {"purchase": purchase(currency="CHF")}),
        (R.CURRENCY_NOT_COVERED, seen(), {"minimum": {"CHF": 1}}, {}),
        (R.BELOW_MINIMUM, seen(), {"minimum": {"EUR": "25.01"}}, {}),
        (R.CONDITION_FALSE, seen(), {"condition": "cart.x"}, {"judged": lambda key: key != "five"}),
    ],
)
def test_what_is_missing_for_a_good_code_is_told_to_its_bearer(
    reason: str, of: Seen, terms: dict[str, Any], different: dict[str, Any]
) -> None:
    assert reasons(of, asking(terms, **different)) == [reason]


def test_an_order_below_the_minimum_is_told_what_is_missing() -> None:
    [[refusal]] = judge([seen()], asking({"minimum": {"EUR": 30}}))
    assert refusal.values == {"currency": "EUR", "minimum_minor": 3000, "missing_minor": 500}


def test_a_currency_without_cents_is_counted_as_it_is() -> None:
    terms = {"off": {"kind": "amount", "amount": {"JPY": 500}}, "minimum": {"JPY": 3000}}
    [[refusal]] = judge([seen()], asking(terms, purchase=purchase(currency="JPY", total_minor=2999)))
    assert refusal.values["missing_minor"] == 1


def test_dates_are_whole_days_of_the_programme() -> None:
    # It is taken through the whole of the 20th in Vienna, which ends an hour before it does in UTC.
    terms = {"dates": {"start": "2026-11-20", "end": "2026-11-20"}}
    moments = {
        datetime(2026, 11, 19, 22, 59, 59, tzinfo=UTC): [R.NOT_STARTED],
        datetime(2026, 11, 19, 23, tzinfo=UTC): [],
        datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC): [],
        datetime(2026, 11, 20, 23, tzinfo=UTC): [R.ENDED],
    }
    for at, expected in moments.items():
        assert reasons(seen(), asking(terms, purchase=purchase(at=at), may_know=True)) == expected


def test_all_reasons_are_told_at_once() -> None:
    of = seen(owner_id=INES, redeemed=1, good_until=NOW)
    terms = {"minimum": {"EUR": 30}, "dates": {"start": "2026-12-01"}}
    assert reasons(of, asking(terms)) == [R.EXPIRED, R.NOT_STARTED, R.USED_UP, R.BELOW_MINIMUM]


def test_what_the_same_order_has_redeemed_stays_taken() -> None:
    assert reasons(seen(own_use_id=uuid4(), redeemed=1, is_withdrawn=True), asking({"minimum": {"EUR": 99}})) == []


def test_the_same_code_twice_is_told_so() -> None:
    one = seen()
    assert [[each.reason for each in told] for told in judge([one, one], asking())] == [[], [R.TWICE]]


def test_codes_of_one_order_count_together_against_the_limit_of_a_member() -> None:
    told = judge([seen(), seen(), seen()], asking({"uses_per_member": 2}))
    assert [[each.reason for each in refusals] for refusals in told] == [[], [], [R.MEMBER_LIMIT]]


def test_a_code_that_is_worth_nothing_is_not_betrayed_by_what_stands_beside_it() -> None:
    good = seen()
    for terms in ({"combines": False}, {"group": "one"}, {"uses_per_member": 1}):
        for dead in (seen(redeemed=1), UNKNOWN):
            told = judge([dead, good], asking(terms))
            assert [[each.reason for each in refusals] for refusals in told] == [[R.NOT_ACCEPTED], []]


def stack(*series: dict[str, Any], beside: list[dict[str, Any]] | None = None) -> list[list[str]]:
    made = [VoucherSeries.model_validate(FIVE_OFF | each) for each in series]
    others = [VoucherSeries.model_validate(FIVE_OFF | each) for each in beside or []]
    return [[refusal.reason for refusal in refusals] for refusals in check_stack(made, others)]


def test_vouchers_stack_unless_they_say_otherwise() -> None:
    assert stack({}, {}, {}) == [[], [], []]
    assert stack({"combines": False}) == [[]]
    assert stack({"combines": False}, {}) == [[], [R.NOT_COMBINABLE]]
    assert stack({}, {"combines": False}) == [[], [R.NOT_COMBINABLE]]
    assert stack({"group": "a"}, {"group": "b"}, {"group": "a"}) == [[], [], [R.GROUP_TAKEN]]


def test_vouchers_stack_with_those_that_were_used_before() -> None:
    assert stack({}, beside=[{"combines": False}]) == [[R.NOT_COMBINABLE]]
    assert stack({"group": "a"}, beside=[{"group": "a"}]) == [[R.GROUP_TAKEN]]
    assert stack({}, beside=[{}]) == [[]]
