"""Loyalty: what orders earn, rewards and vouchers."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from regulars.client.shapes.orders import Order

WhenKept = Literal["refuse", "leave", "refund"]


class WhyNot(TypedDict):
    """Why something is not given: a code that stays, the figures that explain it, and a sentence."""

    reason: str
    values: dict[str, Any]
    sentence: str


class Reward(TypedDict):
    """A reward as a member sees it."""

    key: str
    name: str
    description: str
    gives: dict[str, Any]
    cost: int | None
    currencies: list[str]
    left: int | None
    is_available: bool
    why_not: list[WhyNot]


class ToPay(TypedDict):
    """The order that points are to pay for a part of."""

    reference: str
    currency: str
    total_minor: int
    points: int
    order_id: NotRequired[str | None]


class Redemption(TypedDict):
    """A reward that a member has reserved, got, or given back; `cost` is in points by currency."""

    id: str
    program_id: str
    member_id: str
    reward: str
    kind: str
    version: int
    state: Literal["reserved", "confirmed", "refunded", "cancelled", "expired"]
    cost: dict[str, int]
    refunded_points: int
    given: dict[str, Any]
    reference: str
    order_id: str | None
    reserved_at: str
    reserved_until: str
    confirmed_at: str | None
    fulfilled_at: str | None
    ended_at: str | None
    ended_for: str


class Refund(Redemption):
    """What became of a redemption, and of what it had given."""

    undoing: Literal["undone", "told", "kept"]
    kept_because: str


class Stock(TypedDict):
    """What is left of a reward."""

    program: str
    reward: str
    left: int


class VoucherBatch(TypedDict):
    """Codes that are made together."""

    id: str
    program_id: str
    series: str
    wanted: int
    made: int
    is_finished: bool
    begun_at: str
    finished_at: str | None


class Voucher(TypedDict):
    """A voucher; its code is null for a key that lacks the scope `loyalty.write`."""

    id: str
    program_id: str
    series: str
    code: str | None
    member_id: str | None
    made_at: str
    good_until: str | None
    redeemed: int
    withdrawn_at: str | None
    withdrawn_for: str
    source_kind: str
    source_id: str | None


class Shown(TypedDict):
    """Codes that somebody shows for an order; `client` names who types them, as a session or a till."""

    program: str
    codes: list[str]
    reference: str
    client: str
    member_id: NotRequired[str | None]
    order: Order


class Verdict(TypedDict):
    """What is said of one code."""

    code: str
    is_taken: bool
    voucher_id: str | None
    series: str
    name: str
    off: dict[str, Any] | None
    discount_minor: int
    held_until: str | None
    use_id: str | None
    why_not: list[WhyNot]


class Validation(TypedDict):
    """What is said of all codes of an order."""

    is_taken: bool
    version: int
    discount_minor: int
    verdicts: list[Verdict]


class VoucherUse(TypedDict):
    """A use of a voucher."""

    id: str
    voucher_id: str
    series: str
    reference: str
    member_id: str | None
    state: Literal["held", "redeemed", "rolled_back", "released", "lapsed"]
    version: int
    currency: str
    discount_minor: int
    redeemed_at: str | None
    ended_at: str | None
