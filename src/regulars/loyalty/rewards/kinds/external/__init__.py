"""Something that another system gives: it is told by an event, says when it is done, and is told of a return."""

from __future__ import annotations

from regulars.loyalty.definitions.document.rewards import External
from regulars.loyalty.rewards.contracts import Compensation, Given, Undoing
from regulars.loyalty.rewards.kinds.protocol import Giving
from regulars.loyalty.rewards.kinds.simple import Simple


class _External(Simple):
    compensation = Compensation(before=Undoing.TOLD, after=Undoing.TOLD)

    def fulfil(self, gives: External, giving: Giving) -> Given:  # noqa: ARG002
        return Given(details={"reference": gives.reference}, is_done=False)


EXTERNAL = _External()
