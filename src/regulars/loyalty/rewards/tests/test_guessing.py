from __future__ import annotations

import pytest

from regulars.loyalty.rewards.contracts import VoucherReason
from regulars.loyalty.rewards.guessing import WINDOW_SECONDS, WRONG_TRIES_PER_WINDOW, TooManyTries, forget_tries
from regulars.loyalty.rewards.models import Try as TryRow
from regulars.loyalty.rewards.services import redeem_vouchers, validate_vouchers
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, MINUTE, NOW, codes, series, shown
from regulars.loyalty.rewards.using import VoucherRefused

pytestmark = pytest.mark.django_db


def guess(*told: str, client: str | None = "till:7", now=NOW) -> bool:
    return validate_vouchers(shown=shown(*told, client=client), now=now, actor=ACTOR).is_taken


def guess_up_to_the_limit(now=NOW) -> None:
    for number in range(WRONG_TRIES_PER_WINDOW):
        assert not guess(f"WRONG-{number}", now=now)


def test_a_client_with_too_many_wrong_codes_is_told_nothing_even_of_a_good_one() -> None:
    [code] = codes(series())
    guess_up_to_the_limit()
    for told in ("WRONG-AGAIN", code):
        with pytest.raises(TooManyTries) as refused:
            guess(told)
        assert 0 < refused.value.retry_after_seconds <= WINDOW_SECONDS


def test_other_clients_and_who_may_know_are_not_kept_waiting() -> None:
    [code] = codes(series())
    guess_up_to_the_limit()
    assert guess(code, client="till:8")
    assert guess(code, client=None)


def test_the_next_minute_begins_anew() -> None:
    [code] = codes(series())
    guess_up_to_the_limit()
    assert guess(code, now=NOW + MINUTE)
    guess_up_to_the_limit(now=NOW + MINUTE)
    assert TryRow.objects.get().wrong == WRONG_TRIES_PER_WINDOW


def test_redeeming_is_no_way_around() -> None:
    series()
    for number in range(WRONG_TRIES_PER_WINDOW):
        with pytest.raises(VoucherRefused):
            redeem_vouchers(shown=shown(f"WRONG-{number}", client="till:7"), now=NOW, actor=ACTOR)
    with pytest.raises(TooManyTries):
        redeem_vouchers(shown=shown("WRONG", client="till:7"), now=NOW, actor=ACTOR)


def test_many_codes_at_once_are_as_many_tries() -> None:
    series()
    with pytest.raises(TooManyTries):
        guess(*(f"WRONG-{number}" for number in range(WRONG_TRIES_PER_WINDOW + 1)))


def test_the_same_wrong_code_twice_in_one_order_is_one_try() -> None:
    series()
    guess("WRONG", "wrong", "w r o n g")
    assert TryRow.objects.get().wrong == 1


def test_a_good_code_that_does_not_apply_is_no_wrong_try() -> None:
    [code] = codes(series(minimum={"EUR": 30}))
    verdict = validate_vouchers(shown=shown(code, client="till:7"), now=NOW, actor=ACTOR).verdicts[0]
    assert [refusal.reason for refusal in verdict.refusals] == [VoucherReason.BELOW_MINIMUM]
    assert TryRow.objects.count() == 0


def test_old_tries_are_forgotten() -> None:
    series()
    guess("WRONG")
    assert forget_tries(now=NOW) == 0
    assert forget_tries(now=NOW + MINUTE) == 1
