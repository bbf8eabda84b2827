from __future__ import annotations

from typing import Any

import pytest

from regulars.kit.ids import new_id
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.rewards.contracts import Voucher
from regulars.loyalty.rewards.generating import NoRoom, NoSuchSeries
from regulars.loyalty.rewards.issuing import CodeForAll, NoSuchVoucher, Source
from regulars.loyalty.rewards.queries import find_voucher, get_voucher, list_vouchers_of
from regulars.loyalty.rewards.services import (
    give_back_vouchers,
    issue_voucher,
    redeem_vouchers,
    take_back_vouchers,
    withdraw_voucher,
)
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, DAY, NOW, member, series, shown
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db
ORDER = new_id()


def issue(version, member_id, **different) -> Voucher:
    told: dict[str, Any] = {"series": "five", "source": Source(kind="order", id=ORDER)} | different
    return issue_voucher(version=version, member_id=member_id, now=NOW, actor=ACTOR, **told)


def take_back():
    return take_back_vouchers(source_kind="order", source_id=ORDER, now=NOW, actor=ACTOR)


def give_back():
    return give_back_vouchers(source_kind="order", source_id=ORDER, now=NOW, actor=ACTOR)


def test_a_member_is_given_a_code_and_sees_it() -> None:
    version = series()
    ines = member(version)
    voucher = issue(version, ines)
    assert list_vouchers_of(ines, limit=9) == [voucher]
    assert find_voucher(voucher.code.lower()) == get_voucher(voucher.id) == voucher
    assert find_voucher("NOBODYS") is None
    assert voucher.good_until is None


def test_a_voucher_may_be_good_until_another_moment() -> None:
    version = series(good_for="30 days")
    assert issue(version, member(version), good_until=NOW + DAY).good_until == NOW + DAY


def test_an_occasion_gives_once() -> None:
    version = series()
    source = Source(kind="order", id=ORDER, occasion=new_id())
    ines = member(version)
    assert issue(version, ines, source=source) == issue(version, ines, source=source)
    assert len(list_vouchers_of(ines, limit=9)) == Event.objects.filter(type="voucher.issued").count() == 1


def test_codes_of_a_pattern_are_given_too() -> None:
    version = series(pattern="HI-########")
    assert issue(version, member(version)).code.startswith("HI-")


def test_the_code_of_all_is_given_to_nobody() -> None:
    version = series(pattern="SPRING26", uses=9)
    with pytest.raises(CodeForAll):
        issue(version, member(version))


def test_a_pattern_without_room_gives_no_more() -> None:
    version = series(pattern="FIVE-#", uses=9)
    ines = member(version)
    with pytest.raises(NoRoom):
        [issue(version, ines) for _ in range(33)]
    assert len({voucher.code for voucher in list_vouchers_of(ines, limit=99)}) <= 32


def test_a_return_takes_back_the_vouchers_that_are_not_used() -> None:
    version = series()
    ines = member(version)
    used, unused, other = issue(version, ines), issue(version, ines), issue(version, ines, source=Source(kind="test"))
    redeem_vouchers(shown=shown(used.code, member_id=ines), now=NOW, actor=ACTOR)
    assert {each.voucher_id: each.is_taken_back for each in take_back()} == {used.id: False, unused.id: True}
    assert get_voucher(unused.id).withdrawn_for == "returned"
    assert get_voucher(other.id).withdrawn_at is None
    # Told again, there is nothing more to take back.
    assert [each.voucher_id for each in take_back()] == [used.id]


def test_an_order_that_is_kept_after_all_gives_back_what_its_return_took() -> None:
    version = series()
    ines = member(version)
    taken, withdrawn = issue(version, ines), issue(version, ines)
    withdraw_voucher(voucher_id=withdrawn.id, reason="leaked", now=NOW, actor=ACTOR)
    take_back()
    assert [each.id for each in give_back()] == [taken.id]
    assert get_voucher(taken.id) == taken
    assert get_voucher(withdrawn.id).withdrawn_for == "leaked"
    assert give_back() == []


def test_withdrawing_twice_is_withdrawing_once() -> None:
    version = series()
    voucher = issue(version, member(version))
    first = withdraw_voucher(voucher_id=voucher.id, reason="leaked", now=NOW, actor=ACTOR)
    assert withdraw_voucher(voucher_id=voucher.id, reason="again", now=NOW, actor=ACTOR) == first


def test_what_is_not_there_is_told_so() -> None:
    version = series()
    with pytest.raises(NoSuchVoucher):
        withdraw_voucher(voucher_id=new_id(), reason="leaked", now=NOW, actor=ACTOR)
    with pytest.raises(NoSuchVoucher):
        get_voucher(new_id())
    with pytest.raises(NoSuchMember):
        issue(version, new_id())
    with pytest.raises(NoSuchSeries):
        issue(version, member(version), series="six")
