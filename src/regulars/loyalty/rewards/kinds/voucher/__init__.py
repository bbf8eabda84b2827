"""A voucher of a series, which is the member's own. It can be taken back until it is used."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import GivesVoucher
from regulars.loyalty.rewards.contracts import (
    Compensation,
    ForOrder,
    Given,
    Refusal,
    Reversal,
    RewardReason,
    Undoing,
)
from regulars.loyalty.rewards.issuing import Source, issue_voucher, take_back_vouchers
from regulars.loyalty.rewards.kinds.protocol import Giving, Returning

SOURCE_KIND = "redemption"
REFUNDED = "refunded"


class _Voucher:
    compensation = Compensation(before=Undoing.UNDONE, after=Undoing.UNDONE)

    def validate(self, gives: GivesVoucher, order: ForOrder | None, version: ProgramVersion) -> Sequence[Refusal]:  # noqa: ARG002
        if any(series.key == gives.series for series in version.document.vouchers):
            return ()
        return [Refusal(RewardReason.SERIES_ENDED, {"series": gives.series})]

    def fulfil(self, gives: GivesVoucher, giving: Giving) -> Given:
        voucher = issue_voucher(
            version=giving.version,
            series=gives.series,
            member_id=giving.member_id,
            source=Source(kind=SOURCE_KIND, id=giving.redemption_id, occasion=giving.redemption_id),
            now=giving.now,
            actor=giving.actor,
        )
        return Given(details={"voucher_id": str(voucher.id), "series": gives.series})

    def reverse(self, gives: GivesVoucher, returning: Returning) -> Reversal:  # noqa: ARG002
        taken = take_back_vouchers(
            source_kind=SOURCE_KIND,
            source_id=returning.redemption_id,
            reason=REFUNDED,
            now=returning.now,
            actor=returning.actor,
        )
        if all(each.is_taken_back for each in taken):
            return Reversal(undoing=Undoing.UNDONE)
        return Reversal(undoing=Undoing.KEPT, reason="voucher_used")


VOUCHER = _Voucher()
