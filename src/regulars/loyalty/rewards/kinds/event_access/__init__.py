"""A place at an event. It can be given back."""

from __future__ import annotations

from regulars.loyalty.definitions.document.rewards import EventAccess
from regulars.loyalty.rewards.contracts import Compensation, Given, Undoing
from regulars.loyalty.rewards.kinds.protocol import Giving
from regulars.loyalty.rewards.kinds.simple import Simple


class _EventAccess(Simple):
    compensation = Compensation(before=Undoing.UNDONE, after=Undoing.UNDONE)

    def fulfil(self, gives: EventAccess, giving: Giving) -> Given:  # noqa: ARG002
        return Given(details={"event": gives.event})


EVENT_ACCESS = _EventAccess()
