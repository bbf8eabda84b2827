from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.rewards.contracts import Use, UseState, Validation, VoucherReason
from regulars.loyalty.rewards.issuing import Source, issue_voucher, withdraw_voucher
from regulars.loyalty.rewards.looking import TooManyVouchers
from regulars.loyalty.rewards.models import Use as UseRow
from regulars.loyalty.rewards.models import Voucher as VoucherRow
from regulars.loyalty.rewards.queries import list_uses_with
from regulars.loyalty.rewards.services import (
    redeem_vouchers,
    release_holds,
    roll_back_vouchers,
    validate_vouchers,
)
from regulars.loyalty.rewards.tests.reward_shop import (
    ACTOR,
    DAY,
    FIVE_OFF,
    MINUTE,
    NOW,
    club,
    codes,
    member,
    next_version,
    purchase,
    series,
    shown,
)
from regulars.loyalty.rewards.using import VoucherRefused
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db
R = VoucherReason


def reasons(validation: Validation) -> list[list[str]]:
    return [[refusal.reason for refusal in verdict.refusals] for verdict in validation.verdicts]


def validate(*told: str, hold: bool = False, now=NOW, **different) -> Validation:
    return validate_vouchers(shown=shown(*told, **different), hold=hold, now=now, actor=ACTOR)


def redeem(*told: str, now=NOW, **different) -> Validation:
    return redeem_vouchers(shown=shown(*told, **different), now=now, actor=ACTOR)


def refused(*told: str, **different) -> str:
    with pytest.raises(VoucherRefused) as error:
        redeem(*told, **different)
    assert error.value.message
    return str(error.value.code)


def roll_back(version: ProgramVersion, reference: str = "shop:1", voucher_ids: list[UUID] | None = None) -> list[Use]:
    return roll_back_vouchers(
        program_id=version.program_id,
        reference=reference,
        voucher_ids=voucher_ids,
        reason="cancelled",
        now=NOW,
        actor=ACTOR,
    )


def test_a_good_code_is_taken_and_tells_what_it_takes_off() -> None:
    [code] = codes(series())
    [verdict] = validate(code).verdicts
    assert verdict.is_taken
    assert (verdict.series, verdict.name, verdict.discount_minor) == ("five", "Five off", 500)


def test_a_code_is_taken_however_it_is_typed() -> None:
    [code] = codes(series())
    assert validate(code.lower().replace("-", " ")).is_taken


def test_an_unknown_code_is_not_accepted() -> None:
    version = series()
    assert reasons(validate("NOBODY-HAS-THIS")) == [[R.NOT_ACCEPTED]]
    assert refused("") == R.NOT_ACCEPTED
    assert version.number == 1


def test_a_code_of_another_programme_is_not_accepted() -> None:
    [code] = codes(series())
    club(program="other", vouchers=[FIVE_OFF])
    assert reasons(validate(code, program="other", may_know=True)) == [[R.NOT_ACCEPTED]]


def test_a_redeemed_code_is_used_up_for_other_orders() -> None:
    [code] = codes(series())
    redeem(code)
    assert refused(code, of=purchase("shop:2")) == R.NOT_ACCEPTED
    assert refused(code, of=purchase("shop:2"), may_know=True) == R.USED_UP


def test_redeeming_again_for_the_same_order_is_answered_as_the_first_time() -> None:
    [code] = codes(series())
    first = redeem(code)
    again = redeem(code, now=NOW + DAY)
    assert again.verdicts[0].use_id == first.verdicts[0].use_id
    assert VoucherRow.objects.get().redeemed == UseRow.objects.count() == 1
    assert Event.objects.filter(type="voucher.redeemed").count() == 1


def test_all_codes_of_an_order_are_redeemed_or_none() -> None:
    good, spent = codes(series(), 2)
    redeem(spent, of=purchase("shop:0"))
    assert refused(good, spent) == R.NOT_ACCEPTED
    assert list_uses_with(series_id(), "shop:1") == []
    assert redeem(good).is_taken


def series_id() -> UUID:
    return VoucherRow.objects.values_list("program_id", flat=True)[0]


def test_a_code_rolled_back_can_be_redeemed_again() -> None:
    version = series()
    [code] = codes(version)
    redeem(code)
    [use] = roll_back(version)
    assert use.state is UseState.ROLLED_BACK
    assert roll_back(version) == []
    assert VoucherRow.objects.get().redeemed == 0
    assert redeem(code, of=purchase("shop:2")).is_taken
    roll_back(version, "shop:2")
    # For the order that it was rolled back from, too.
    assert redeem(code).is_taken


def test_one_of_several_codes_can_be_rolled_back() -> None:
    version = series()
    one, other = codes(version, 2)
    taken = redeem(one, other)
    voucher_id = taken.verdicts[0].voucher_id
    assert voucher_id is not None
    assert [use.voucher_id for use in roll_back(version, voucher_ids=[voucher_id])] == [voucher_id]
    assert redeem(one, of=purchase("shop:2")).is_taken
    assert refused(other, of=purchase("shop:2")) == R.NOT_ACCEPTED


def test_a_hold_keeps_others_away_until_its_time_is_over() -> None:
    [code] = codes(series(hold_minutes=15))
    held = validate(code, hold=True)
    assert held.verdicts[0].held_until == NOW + 15 * MINUTE
    other = purchase("shop:2")
    assert refused(code, of=other, now=NOW + 15 * MINUTE - timedelta(seconds=1)) == R.NOT_ACCEPTED
    assert reasons(validate(code, of=other, may_know=True)) == [[R.HELD]]
    # No job has run: the clock judges.
    assert redeem(code, of=other, now=NOW + 15 * MINUTE).is_taken
    assert UseRow.objects.get(reference="shop:1").state == UseState.LAPSED


def test_who_holds_a_code_redeems_it() -> None:
    version = series()
    [code] = codes(version)
    validate(code, hold=True)
    assert redeem(code, now=NOW + MINUTE).is_taken
    assert [use.state for use in list_uses_with(version.program_id, "shop:1")] == [
        UseState.RELEASED,
        UseState.REDEEMED,
    ]


def test_who_held_a_code_too_long_redeems_it_if_nobody_else_has() -> None:
    [code] = codes(series())
    validate(code, hold=True)
    assert redeem(code, now=NOW + DAY).is_taken


def test_holding_again_renews_the_hold_and_lets_go_of_what_is_not_shown() -> None:
    one, other = codes(series(), 2)
    validate(one, other, hold=True)
    renewed = validate(one, hold=True, now=NOW + MINUTE)
    assert renewed.verdicts[0].held_until == NOW + 16 * MINUTE
    assert redeem(other, of=purchase("shop:2"), now=NOW + MINUTE).is_taken


def test_nothing_is_held_where_one_code_is_refused() -> None:
    [code] = codes(series())
    assert not validate(code, "WRONG", hold=True).is_taken
    assert UseRow.objects.count() == 0


def test_a_hold_can_be_let_go() -> None:
    version = series()
    [code] = codes(version)
    validate(code, hold=True)
    assert len(release_holds(program_id=version.program_id, reference="shop:1", now=NOW, actor=ACTOR)) == 1
    assert redeem(code, of=purchase("shop:2")).is_taken


def test_validating_without_a_hold_writes_nothing() -> None:
    [code] = codes(series())
    events = Event.objects.count()
    validate(code)
    assert (UseRow.objects.count(), Event.objects.count()) == (0, events)


def test_a_code_for_many_is_taken_as_often_as_it_says() -> None:
    [code] = codes(series(pattern="SPRING26", uses=3))
    for number in range(3):
        redeem(code, of=purchase(f"shop:{number}"))
    assert refused(code, of=purchase("shop:3")) == R.USED_UP


def test_a_member_uses_a_series_as_often_as_it_says() -> None:
    version = series(uses_per_member=1)
    one, other = codes(version, 2)
    ines, tom = member(version), member(version, "tom")
    assert refused(one) == R.MEMBER_NEEDED
    redeem(one, member_id=ines)
    assert refused(other, member_id=ines, of=purchase("shop:2")) == R.MEMBER_LIMIT
    assert redeem(other, member_id=tom, of=purchase("shop:2")).is_taken


def test_what_a_member_holds_counts_while_it_is_held() -> None:
    version = series(uses_per_member=1)
    one, other = codes(version, 2)
    ines = member(version)
    validate(one, member_id=ines, hold=True)
    assert refused(other, member_id=ines, of=purchase("shop:2")) == R.MEMBER_LIMIT
    assert redeem(other, member_id=ines, of=purchase("shop:2"), now=NOW + DAY).is_taken


def test_a_members_voucher_is_taken_from_nobody_else() -> None:
    version = series()
    ines, tom = member(version), member(version, "tom")
    voucher = issue_voucher(
        version=version, series="five", member_id=ines, source=Source(kind="test"), now=NOW, actor=ACTOR
    )
    assert refused(voucher.code) == R.NOT_ACCEPTED
    assert refused(voucher.code, member_id=tom) == R.NOT_ACCEPTED
    assert refused(voucher.code, member_id=tom, may_know=True) == R.OF_ANOTHER
    assert redeem(voucher.code, member_id=ines).is_taken


def test_a_members_voucher_is_good_through_its_last_day() -> None:
    version = series(good_for="30 days")
    ines = member(version)
    voucher = issue_voucher(
        version=version, series="five", member_id=ines, source=Source(kind="test"), now=NOW, actor=ACTOR
    )
    # Thirty days after 20 November is 20 December; it ends an hour earlier in UTC.
    assert voucher.good_until is not None
    assert voucher.good_until.isoformat() == "2026-12-20T23:00:00+00:00"
    last, first_after = voucher.good_until - timedelta(seconds=1), voucher.good_until
    assert validate(voucher.code, member_id=ines, of=purchase(at=last)).is_taken
    assert reasons(validate(voucher.code, member_id=ines, of=purchase(at=first_after))) == [[R.EXPIRED]]


def test_a_withdrawn_code_is_taken_no_more() -> None:
    [code] = codes(series())
    withdraw_voucher(voucher_id=VoucherRow.objects.get().id, reason="leaked", now=NOW, actor=ACTOR)
    assert refused(code) == R.NOT_ACCEPTED
    assert reasons(validate(code, may_know=True)) == [[R.WITHDRAWN]]


def test_vouchers_stack_with_those_redeemed_with_the_same_order_before() -> None:
    version = series(combines=False)
    one, other = codes(version, 2)
    redeem(one)
    assert refused(other) == R.NOT_COMBINABLE
    assert refused(one, other) == R.NOT_COMBINABLE
    assert redeem(other, of=purchase("shop:2")).is_taken


def test_the_condition_of_a_series_is_judged_by_who_knows() -> None:
    [code] = codes(series(condition="cart.total > 1"))
    assert refused(code) == R.CONDITION_FALSE
    assert redeem(code, judged=lambda key: key == "five").is_taken


def test_an_order_is_judged_by_the_version_of_its_time() -> None:
    [code] = codes(series(minimum={"EUR": 20}))
    next_version(NOW + DAY, vouchers=[FIVE_OFF | {"minimum": {"EUR": 30}}])
    assert validate(code, of=purchase(at=NOW + 2 * DAY), now=NOW + 2 * DAY).version == 2
    assert reasons(validate(code, of=purchase(at=NOW + 2 * DAY), now=NOW + 2 * DAY)) == [[R.BELOW_MINIMUM]]
    # A late one is judged as it would have been.
    late = redeem(code, of=purchase(at=NOW), now=NOW + 2 * DAY)
    assert (late.is_taken, late.version) == (True, 1)


def test_a_series_that_the_programme_has_no_more_is_not_taken() -> None:
    [code] = codes(series())
    next_version(NOW + DAY)
    assert reasons(validate(code, of=purchase(at=NOW + DAY), may_know=True)) == [[R.SERIES_ENDED]]


def test_not_any_number_of_codes_is_looked_up() -> None:
    series()
    with pytest.raises(TooManyVouchers):
        validate(*map(str, range(21)))


def test_events_tell_ids_and_never_a_code() -> None:
    version = series()
    ines = member(version)
    voucher = issue_voucher(
        version=version, series="five", member_id=ines, source=Source(kind="test"), now=NOW, actor=ACTOR
    )
    redeem(voucher.code, member_id=ines)
    roll_back(version)
    withdraw_voucher(voucher_id=voucher.id, reason="leaked", now=NOW, actor=ACTOR)
    told = Event.objects.filter(type__startswith="voucher.").order_by("transaction", "position")
    assert [event.type for event in told] == [
        "voucher.issued",
        "voucher.redeemed",
        "voucher.rolled_back",
        "voucher.withdrawn",
    ]
    assert len({event.customer_id for event in told}) == 1
    assert all(event.payload["voucher_id"] == str(voucher.id) for event in told)
    assert not any(voucher.code in str(event.payload) for event in Event.objects.all())


@pytest.mark.parametrize("change", ["UPDATE {} SET ended_for = 'x'", "DELETE FROM {}"])
def test_the_database_lets_no_ended_use_be_changed(change: str) -> None:
    version = series()
    [code] = codes(version)
    redeem(code)
    roll_back(version)
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format("loyalty_rewards_use"))


def test_two_series_are_told_apart() -> None:
    version = club(vouchers=[FIVE_OFF | {"group": "a"}, FIVE_OFF | {"key": "six", "name": "Six", "group": "a"}])
    [five], [six] = codes(version), codes(version, key="six")
    assert reasons(validate(five, six)) == [[], [R.GROUP_TAKEN]]
