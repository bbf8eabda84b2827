"""The last use of a code, wanted by many in the same moment; and a naive way, which the same harness catches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from regulars.kit.ids import new_id
from regulars.loyalty.rewards.contracts import UseState, VoucherReason
from regulars.loyalty.rewards.guessing import WRONG_TRIES_PER_WINDOW, TooManyTries
from regulars.loyalty.rewards.looking import look
from regulars.loyalty.rewards.models import Try as TryRow
from regulars.loyalty.rewards.models import Use as UseRow
from regulars.loyalty.rewards.models import Voucher as VoucherRow
from regulars.loyalty.rewards.services import redeem_vouchers, roll_back_vouchers, validate_vouchers
from regulars.loyalty.rewards.tests.reward_shop import (
    ACTOR,
    NOW,
    at_once,
    codes,
    member,
    purchase,
    series,
    shown,
)
from regulars.loyalty.rewards.using import VoucherRefused
from regulars.stream.services import make_room

THREADS = 50
USES = 7
Redeem = Callable[[str, int], object]


def race(redeem: Redeem, uses: int = USES) -> list[object]:
    """Let fifty orders want a code of so many uses at once; return what became of each."""
    [code] = codes(series(uses=uses))
    # Partitions are made before: else one thread makes them, and the others wait for it and not for each other.
    make_room([NOW])
    return at_once(THREADS, lambda number: redeem(code, number))


def properly(code: str, number: int) -> object:
    return redeem_vouchers(shown=shown(code, of=purchase(f"shop:{number}")), now=NOW, actor=ACTOR)


def naively(code: str, number: int) -> object:
    """Look whether there is a use left, and then use it; nothing keeps others from having looked too."""
    of = shown(code, of=purchase(f"shop:{number}"))
    with transaction.atomic():
        looked = look(of, now=NOW, is_binding=False)
        if not looked.validation.is_taken:
            raise VoucherRefused(looked.validation.verdicts)
        [(voucher_id, _, _)] = looked.fresh
        row = {"id": new_id(), "version": 1, "actor": str(ACTOR), "redeemed_at": NOW}
        UseRow.objects.create(
            voucher_id=voucher_id, reference=of.purchase.reference, state=UseState.REDEEMED.value, **row
        )
        VoucherRow.objects.filter(id=voucher_id).update(redeemed=VoucherRow.objects.get(id=voucher_id).redeemed + 1)
        return looked.validation


def is_overspent(uses: int = USES) -> bool:
    redeemed = UseRow.objects.filter(state=UseState.REDEEMED).count()
    return redeemed > uses or VoucherRow.objects.get().redeemed != redeemed


def test_a_code_is_redeemed_exactly_as_often_as_it_says(fresh_database: str) -> None:
    found = race(properly)
    refused = [each for each in found if isinstance(each, VoucherRefused)]
    assert len(refused) == THREADS - USES
    assert {error.code for error in refused} == {VoucherReason.USED_UP}
    assert UseRow.objects.filter(state=UseState.REDEEMED).count() == USES
    assert not is_overspent()


def test_the_last_use_is_redeemed_once(fresh_database: str) -> None:
    found = race(properly, uses=1)
    assert sum(not isinstance(each, Exception) for each in found) == 1
    assert {each.code for each in found if isinstance(each, VoucherRefused)} == {VoucherReason.NOT_ACCEPTED}
    assert not is_overspent(uses=1)


def test_a_naive_way_to_redeem_is_caught(fresh_database: str) -> None:
    race(naively)
    assert is_overspent()


def test_holds_of_many_are_as_many_as_there_are_uses(fresh_database: str) -> None:
    [code] = codes(series(uses=USES))
    make_room([NOW])
    found = at_once(
        THREADS,
        lambda number: (
            validate_vouchers(
                shown=shown(code, of=purchase(f"shop:{number}")), hold=True, now=NOW, actor=ACTOR
            ).is_taken
        ),
    )
    assert (found.count(True), found.count(False)) == (USES, THREADS - USES)


def test_one_order_told_by_many_redeems_once(fresh_database: str) -> None:
    [code] = codes(series(uses=USES))
    make_room([NOW])
    found = at_once(20, lambda _: redeem_vouchers(shown=shown(code), now=NOW, actor=ACTOR).verdicts[0].use_id)
    assert len(set(found)) == 1
    assert UseRow.objects.count() == VoucherRow.objects.get().redeemed == 1


def test_a_member_with_many_codes_uses_as_many_as_one_may(fresh_database: str) -> None:
    version = series(uses_per_member=2)
    own = codes(version, 20)
    ines = member(version)
    make_room([NOW])
    found = at_once(
        20,
        lambda number: redeem_vouchers(
            shown=shown(own[number], of=purchase(f"shop:{number}"), member_id=ines), now=NOW, actor=ACTOR
        ),
    )
    assert sum(not isinstance(each, Exception) for each in found) == 2
    assert {each.code for each in found if isinstance(each, VoucherRefused)} == {VoucherReason.MEMBER_LIMIT}


def test_codes_told_in_any_order_wait_for_each_other_and_never_fail(fresh_database: str) -> None:
    version = series(uses=1000)
    several = codes(version, 6)
    make_room([NOW])

    def redeem(number: int) -> object:
        told = several if number % 2 else several[::-1]
        return redeem_vouchers(shown=shown(*told, of=purchase(f"shop:{number}")), now=NOW, actor=ACTOR)

    found = at_once(20, redeem)
    assert [each for each in found if isinstance(each, Exception)] == []
    assert set(VoucherRow.objects.values_list("redeemed", flat=True)) == {20}


def test_rolling_back_at_once_frees_a_use_once(fresh_database: str) -> None:
    version = series()
    [code] = codes(version)
    properly(code, 1)

    def roll_back(number: int) -> int:
        told: dict[str, Any] = {"program_id": version.program_id, "reference": "shop:1", "reason": "cancelled"}
        return len(roll_back_vouchers(**told, now=NOW, actor=ACTOR))

    found = at_once(10, roll_back)
    assert (found.count(1), found.count(0)) == (1, 9)
    assert VoucherRow.objects.get().redeemed == 0


def test_wrong_tries_of_many_threads_are_all_counted(fresh_database: str) -> None:
    series()
    found = at_once(
        30,
        lambda number: validate_vouchers(
            shown=shown(f"WRONG-{number}", client="till:7", of=purchase(f"shop:{number}")), now=NOW, actor=ACTOR
        ),
    )
    answered = [each for each in found if not isinstance(each, Exception)]
    assert len(answered) == WRONG_TRIES_PER_WINDOW
    assert {type(each) for each in found if isinstance(each, Exception)} == {TooManyTries}
    assert TryRow.objects.get().wrong >= WRONG_TRIES_PER_WINDOW


def test_with_a_client_it_is_no_part_of_a_transaction_that_could_undo_the_count(fresh_database: str) -> None:
    series()
    with pytest.raises(RuntimeError), transaction.atomic():
        validate_vouchers(shown=shown("WRONG", client="till:7"), now=NOW, actor=ACTOR)
    with transaction.atomic():
        assert not validate_vouchers(shown=shown("WRONG"), now=NOW, actor=ACTOR).is_taken
