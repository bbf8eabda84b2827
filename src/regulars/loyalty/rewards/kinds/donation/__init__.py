"""An amount that the business gives to somebody else in the member's name. Once given it cannot be undone."""

from __future__ import annotations

from regulars.loyalty.definitions.document.common import to_minor
from regulars.loyalty.definitions.document.rewards import Donation
from regulars.loyalty.rewards.contracts import Compensation, Given, Undoing
from regulars.loyalty.rewards.kinds.protocol import Giving
from regulars.loyalty.rewards.kinds.simple import Simple


class _Donation(Simple):
    compensation = Compensation(before=Undoing.UNDONE, after=Undoing.KEPT)

    def fulfil(self, gives: Donation, giving: Giving) -> Given:  # noqa: ARG002
        minor = int(to_minor(gives.amount, gives.currency))
        return Given(details={"to": gives.to, "amount_minor": minor, "currency": gives.currency})


DONATION = _Donation()
