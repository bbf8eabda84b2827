"""Rewards and redemptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource, key_of


class LoyaltyRewards(Resource):
    """What members get for points."""

    def rewards(self, member_id: str) -> list[shapes.Reward]:
        """Return all rewards of a member's programme, available or with every reason why not."""
        return cast("list[shapes.Reward]", self._caller.get(f"loyalty/members/{member_id}/rewards")["items"])

    def redeem(
        self,
        member_id: str,
        reward: str,
        *,
        order: shapes.ToPay | None = None,
        reserve: bool = False,
        idempotency_key: str | None = None,
    ) -> shapes.Redemption:
        """Give a member a reward, at once or reserved; what pays with points says of which `order`."""
        body = {"reward": reward, "reserve": reserve, "order": order}
        return self._redemption(f"members/{member_id}/redemptions", body, idempotency_key)

    def reserve(
        self, member_id: str, reward: str, *, order: shapes.ToPay | None = None, idempotency_key: str | None = None
    ) -> shapes.Redemption:
        """Reserve a reward until it is confirmed or cancelled, or its time is over."""
        return self.redeem(member_id, reward, order=order, reserve=True, idempotency_key=idempotency_key)

    def redemptions(self, member_id: str, *, page_size: int = 100) -> Iterator[shapes.Redemption]:
        """Return what a member has redeemed or reserved, the latest first."""
        return self._each(f"loyalty/members/{member_id}/redemptions", {"limit": page_size})

    def redemption(self, redemption_id: str) -> shapes.Redemption:
        """Return a redemption."""
        return cast("shapes.Redemption", self._caller.get(f"loyalty/redemptions/{redemption_id}"))

    def confirm(self, redemption_id: str, *, idempotency_key: str | None = None) -> shapes.Redemption:
        """Give what was reserved."""
        return self._redemption(f"redemptions/{redemption_id}/confirm", None, idempotency_key)

    def cancel(self, redemption_id: str, reason: str, *, idempotency_key: str | None = None) -> shapes.Redemption:
        """Let go of what was reserved."""
        return self._redemption(f"redemptions/{redemption_id}/cancel", {"reason": reason}, idempotency_key)

    def refund(
        self,
        redemption_id: str,
        reason: str,
        *,
        when_kept: shapes.WhenKept = "refuse",
        idempotency_key: str | None = None,
    ) -> shapes.Refund:
        """Take back what was given, and give the points back; `when_kept` says what is done where it stays given."""
        body = {"reason": reason, "when_kept": when_kept}
        path = f"loyalty/redemptions/{redemption_id}/refund"
        return cast("shapes.Refund", self._caller.write("POST", path, body, idempotency_key=idempotency_key))

    def fulfil(
        self, redemption_id: str, details: Mapping[str, str] | None = None, *, idempotency_key: str | None = None
    ) -> shapes.Redemption:
        """Keep that a reward is in the member's hands."""
        body = {"details": dict(details or {})}
        return self._redemption(f"redemptions/{redemption_id}/fulfil", body, idempotency_key)

    def add_stock(
        self, program: str, reward: str, pieces: int, reason: str, *, idempotency_key: str | None = None
    ) -> shapes.Stock:
        """Add pieces to the stock of a reward, or take some away; return what is left."""
        path = f"loyalty/programs/{key_of(program)}/rewards/{key_of(reward)}/stock"
        body = {"pieces": pieces, "reason": reason}
        return cast("shapes.Stock", self._caller.write("POST", path, body, idempotency_key=idempotency_key))

    def _redemption(self, path: str, body: Any, idempotency_key: str | None) -> shapes.Redemption:
        answer = self._caller.write("POST", f"loyalty/{path}", body, idempotency_key=idempotency_key)
        return cast("shapes.Redemption", answer)
