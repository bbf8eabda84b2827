"""Credit at the shop, which keeps it: it is told of it by an event, and of its return by another."""

from __future__ import annotations

from regulars.loyalty.definitions.document.common import to_minor
from regulars.loyalty.definitions.document.rewards import StoreCredit
from regulars.loyalty.rewards.contracts import Compensation, Given, Undoing
from regulars.loyalty.rewards.kinds.protocol import Giving
from regulars.loyalty.rewards.kinds.simple import Simple


class _StoreCredit(Simple):
    compensation = Compensation(before=Undoing.TOLD, after=Undoing.TOLD)

    def fulfil(self, gives: StoreCredit, giving: Giving) -> Given:  # noqa: ARG002
        minor = int(to_minor(gives.amount, gives.currency))
        return Given(details={"amount_minor": minor, "currency": gives.currency})


STORE_CREDIT = _StoreCredit()
