"""A thing that is handed over at once, or shipped later. One that has been cannot be undone."""

from __future__ import annotations

from regulars.loyalty.definitions.document.rewards import Gift
from regulars.loyalty.rewards.contracts import Compensation, Given, Undoing
from regulars.loyalty.rewards.kinds.protocol import Giving
from regulars.loyalty.rewards.kinds.simple import Simple


class _Gift(Simple):
    compensation = Compensation(before=Undoing.UNDONE, after=Undoing.KEPT)

    def fulfil(self, gives: Gift, giving: Giving) -> Given:  # noqa: ARG002
        return Given(details={"product": gives.product}, is_done=not gives.shipped)


GIFT = _Gift()
