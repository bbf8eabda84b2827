"""Vouchers and their codes on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from regulars.faces.api.schemas.loyalty_orders import CartIn
from regulars.faces.api.schemas.loyalty_rewards import Reason, WhyNotOut, why_not
from regulars.faces.api.schemas.wire import In, Moment, Number, Out
from regulars.loyalty.rewards.codes import fold
from regulars.loyalty.rewards.contracts import Batch, Purchase, UseState, Validation, Verdict, Voucher
from regulars.orders.contracts import OrderState

MOST_CODES = 1_000_000
Code = Annotated[str, Field(min_length=1, max_length=100)]


class BatchIn(In):
    """How many codes are wanted."""

    count: Annotated[int, Field(ge=1, le=MOST_CODES)]


class BatchOut(Out):
    """Codes that are made together. `is_finished`: they can be fetched."""

    id: UUID
    program_id: UUID
    series: str
    wanted: int
    made: int
    is_finished: bool
    begun_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, batch: Batch) -> BatchOut:
        """Return the wire's form of a batch."""
        told = {name: getattr(batch, name) for name in cls.model_fields if name != "is_finished"}
        return cls(**told, is_finished=batch.finished_at is not None)


class VoucherIn(In):
    """A voucher for a member: of which series, and until before when it is good, where not as the series says."""

    series: Number
    good_until: Moment | None = None


class VoucherOut(Out):
    """A voucher. Its `code` is told to keys that may redeem it (`loyalty.write`), and null to others."""

    id: UUID
    program_id: UUID
    series: str
    code: str | None
    member_id: UUID | None
    made_at: datetime
    good_until: datetime | None
    redeemed: int
    withdrawn_at: datetime | None
    withdrawn_for: str
    source_kind: str
    source_id: UUID | None

    @classmethod
    def of(cls, voucher: Voucher, *, tells_code: bool) -> VoucherOut:
        """Return the wire's form of a voucher."""
        told = {name: getattr(voucher, name) for name in cls.model_fields}
        return cls(**told | {"code": voucher.code if tells_code else None})


class VouchersOut(Out):
    """A page of vouchers, the latest first."""

    items: list[VoucherOut]
    next: str | None


class ShownIn(In):
    """Codes that somebody shows for an order.

    `reference` is the order's name for good, as `shop:1001`: codes are redeemed once for it, however often that is
    told. `client` names who types the codes, as closely as you can: a session, an address, a till. Wrong codes are
    counted for each, and who tries too many is told nothing more for a minute.
    """

    program: Number
    codes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]
    reference: Number
    client: Number
    member_id: UUID | None = None
    order: CartIn

    def purchase(self, order: OrderState) -> Purchase:
        """Return what the codes are shown for: the order before what they take off it themselves."""
        codes = {fold(code) for code in self.codes}
        others = sum(each.amount_minor for each in order.discounts if fold(each.coupon) not in codes)
        return Purchase(
            reference=self.reference,
            currency=order.currency,
            total_minor=max(sum(line.total_minor for line in order.lines) - others, 0),
            at=order.placed_at,
            shipping_minor=order.shipping_minor,
            prices_minor={line.product.external_id: line.unit_price_minor for line in order.lines},
        )


class ValidateIn(ShownIn):
    """Codes to be looked at; `hold` keeps them for the order, where all are taken."""

    hold: bool = False


class VerdictOut(Out):
    """What is said of one code: what it takes off, or why it is not taken, as far as one may know."""

    code: str
    is_taken: bool
    voucher_id: UUID | None
    series: str
    name: str
    off: dict[str, Any] | None
    discount_minor: int
    held_until: datetime | None
    use_id: UUID | None
    why_not: list[WhyNotOut]

    @classmethod
    def of(cls, verdict: Verdict) -> VerdictOut:
        """Return the wire's form of a verdict."""
        plain = ("code", "is_taken", "voucher_id", "series", "name", "discount_minor", "held_until", "use_id")
        return cls(
            **{name: getattr(verdict, name) for name in plain},
            off=verdict.off.model_dump(mode="json") if verdict.off else None,
            why_not=why_not(verdict.refusals),
        )


class ValidationOut(Out):
    """What is said of all codes, in the order in which they were told; `version` of the programme judged them."""

    is_taken: bool
    version: int
    discount_minor: int
    verdicts: list[VerdictOut]

    @classmethod
    def of(cls, validation: Validation) -> ValidationOut:
        """Return the wire's form of a validation."""
        return cls(
            is_taken=validation.is_taken,
            version=validation.version,
            discount_minor=sum(each.discount_minor for each in validation.verdicts),
            verdicts=[VerdictOut.of(each) for each in validation.verdicts],
        )


class ReleaseIn(In):
    """The order that holds codes and does not want them any more."""

    program: Number
    reference: Number


class ReleasedOut(Out):
    """The vouchers that were held."""

    voucher_ids: list[UUID]


class RollBackVouchersIn(In):
    """What was redeemed with an order and is to be undone: all of it, or some vouchers; and why."""

    program: Number
    reference: Number
    voucher_ids: Annotated[tuple[UUID, ...], Field(max_length=20)] | None = None
    reason: Reason


class UseOut(Out):
    """A use of a voucher."""

    id: UUID
    voucher_id: UUID
    series: str
    reference: str
    member_id: UUID | None
    state: UseState
    version: int
    currency: str
    discount_minor: int
    redeemed_at: datetime | None
    ended_at: datetime | None


class UsesOut(Out):
    """The uses that were undone; what was rolled back before is not among them."""

    items: list[UseOut]
