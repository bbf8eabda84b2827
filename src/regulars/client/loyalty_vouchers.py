"""Vouchers and their codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import sleep
from typing import cast

from regulars.client import shapes
from regulars.client.resource import Resource, key_of


class LoyaltyVouchers(Resource):
    """Vouchers: made, given, shown and redeemed."""

    def make_codes(
        self, program: str, series: str, count: int, *, idempotency_key: str | None = None
    ) -> shapes.VoucherBatch:
        """Have up to a million codes made in the background."""
        path = f"loyalty/programs/{key_of(program)}/vouchers/{key_of(series)}/batches"
        answer = self._caller.write("POST", path, {"count": count}, idempotency_key=idempotency_key)
        return cast("shapes.VoucherBatch", answer)

    def batch(self, batch_id: str) -> shapes.VoucherBatch:
        """Return how far a batch of codes has come."""
        return cast("shapes.VoucherBatch", self._caller.get(f"loyalty/voucher-batches/{batch_id}"))

    def wait_for_codes(self, batch_id: str, *, every_seconds: float = 1.0) -> shapes.VoucherBatch:
        """Return a batch of codes when it is finished."""
        while not (found := self.batch(batch_id))["is_finished"]:
            sleep(every_seconds)
        return found

    def download_codes(self, batch_id: str, goal: str | Path) -> Path:
        """Write the codes of a batch to `goal`, one a line below `code`, as they come."""
        path = Path(goal)
        self._caller.fetch_file(f"loyalty/voucher-batches/{batch_id}/codes", path)
        return path

    def issue_voucher(
        self, member_id: str, series: str, *, good_until: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Voucher:
        """Give a member a voucher of its own."""
        path, body = f"loyalty/members/{member_id}/vouchers", {"series": series, "good_until": good_until}
        return cast("shapes.Voucher", self._caller.write("POST", path, body, idempotency_key=idempotency_key))

    def vouchers(self, member_id: str, *, page_size: int = 100) -> Iterator[shapes.Voucher]:
        """Return a member's vouchers, the latest first."""
        return self._each(f"loyalty/members/{member_id}/vouchers", {"limit": page_size})

    def voucher(self, voucher_id: str) -> shapes.Voucher:
        """Return a voucher."""
        return cast("shapes.Voucher", self._caller.get(f"loyalty/vouchers/{voucher_id}"))

    def validate_vouchers(self, shown: shapes.Shown, *, hold: bool = False) -> shapes.Validation:
        """Tell whether codes are taken for an order; `hold` keeps them for it."""
        return cast("shapes.Validation", self._caller.tell("loyalty/vouchers/validate", {**shown, "hold": hold}))

    def redeem_vouchers(self, shown: shapes.Shown) -> shapes.Validation:
        """Redeem codes for an order, all or none; for the same `reference` only once, however often it is sent."""
        return cast("shapes.Validation", self._caller.tell("loyalty/vouchers/redeem", shown))

    def release_vouchers(self, program: str, reference: str, *, idempotency_key: str | None = None) -> list[str]:
        """End what an order holds; return the vouchers."""
        body = {"program": program, "reference": reference}
        answer = self._caller.write("POST", "loyalty/vouchers/release", body, idempotency_key=idempotency_key)
        return cast("list[str]", answer["voucher_ids"])

    def roll_back_vouchers(
        self,
        program: str,
        reference: str,
        reason: str,
        *,
        voucher_ids: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> list[shapes.VoucherUse]:
        """Undo what was redeemed with an order, all of it or some vouchers; return the uses that were undone."""
        body = {"program": program, "reference": reference, "reason": reason}
        told = body if voucher_ids is None else {**body, "voucher_ids": list(voucher_ids)}
        answer = self._caller.write("POST", "loyalty/vouchers/roll-back", told, idempotency_key=idempotency_key)
        return cast("list[shapes.VoucherUse]", answer["items"])
