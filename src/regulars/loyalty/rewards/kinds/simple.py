"""What is alike in kinds that everybody can have, and that have nothing of their own to take back."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.rewards.contracts import Compensation, ForOrder, Refusal, Reversal
from regulars.loyalty.rewards.kinds.protocol import Returning, by_compensation


class Simple:
    """A kind whose compensation says all of its reversal."""

    compensation: Compensation

    def validate(self, gives: object, order: ForOrder | None, version: ProgramVersion) -> Sequence[Refusal]:  # noqa: ARG002
        """Return that nothing speaks against it."""
        return ()

    def reverse(self, gives: object, returning: Returning) -> Reversal:  # noqa: ARG002
        """Take it back as far as the compensation says."""
        return by_compensation(self.compensation, returning)
