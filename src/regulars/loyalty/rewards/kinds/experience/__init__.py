"""Something that the business arranges and then says was lived through. Until then it can be called off."""

from __future__ import annotations

from regulars.loyalty.definitions.document.rewards import Experience
from regulars.loyalty.rewards.contracts import Compensation, Given, Undoing
from regulars.loyalty.rewards.kinds.protocol import Giving
from regulars.loyalty.rewards.kinds.simple import Simple


class _Experience(Simple):
    compensation = Compensation(before=Undoing.UNDONE, after=Undoing.KEPT)

    def fulfil(self, gives: Experience, giving: Giving) -> Given:  # noqa: ARG002
        return Given(is_done=False)


EXPERIENCE = _Experience()
