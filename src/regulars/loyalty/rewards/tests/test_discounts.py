from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from regulars.loyalty.definitions.document.rewards import Off
from regulars.loyalty.rewards.discounts import discounts_minor
from regulars.loyalty.rewards.tests.reward_shop import purchase

OFF: TypeAdapter[Off] = TypeAdapter(Off)


def off(kind: str, **told: Any) -> Off:
    return OFF.validate_python({"kind": kind, **told})


def test_an_amount_is_taken_off_as_far_as_the_order_goes() -> None:
    five = off("amount", amount={"EUR": 5, "JPY": 500})
    assert discounts_minor([five], purchase()) == [500]
    assert discounts_minor([five], purchase(total_minor=300)) == [300]
    assert discounts_minor([five], purchase(currency="JPY", total_minor=2500)) == [500]


def test_a_share_is_rounded_half_up_and_bounded() -> None:
    tenth = off("percent", percent=10)
    assert discounts_minor([tenth], purchase(total_minor=1005)) == [101]
    assert discounts_minor([tenth], purchase(total_minor=1004)) == [100]
    assert discounts_minor([off("percent", percent=10, most={"EUR": 2})], purchase(total_minor=9999)) == [200]


def test_a_later_voucher_applies_to_what_the_earlier_leave() -> None:
    five, tenth = off("amount", amount={"EUR": 5}), off("percent", percent=10)
    assert discounts_minor([five, tenth], purchase(total_minor=2500)) == [500, 200]
    assert discounts_minor([tenth, five], purchase(total_minor=2500)) == [250, 500]


def test_a_free_item_is_free_once_and_shipping_once() -> None:
    item, shipping = off("free_item", product="bowl"), off("free_shipping")
    of = purchase(total_minor=2500, shipping_minor=490, prices_minor={"bowl": 1250})
    assert discounts_minor([item, item, shipping, shipping], of) == [1250, 0, 490, 0]
    assert discounts_minor([off("free_item", product="cup")], of) == [0]


OFFS = st.lists(
    st.one_of(
        st.integers(1, 100).map(lambda share: off("percent", percent=share)),
        st.integers(1, 99).map(lambda amount: off("amount", amount={"EUR": amount})),
        st.sampled_from(["bowl", "cup"]).map(lambda product: off("free_item", product=product)),
        st.just(off("free_shipping")),
    ),
    max_size=8,
)


@given(OFFS, st.integers(0, 20_000), st.integers(0, 2_000))
def test_never_more_is_taken_off_than_the_order_comes_to(offs: list[Off], total: int, shipping: int) -> None:
    of = purchase(total_minor=total, shipping_minor=shipping, prices_minor={"bowl": 1250, "cup": 800})
    taken = discounts_minor(offs, of)
    assert all(amount >= 0 for amount in taken)
    assert sum(taken) <= total + shipping
