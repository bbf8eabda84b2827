"""What is wrong with the conditions and formulas of a programme's document, for its check before it is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from regulars.facts.contracts import Catalogue
from regulars.facts.language.binding import FindSegment, no_segment
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.moments import Clock
from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.document.rules import OnLine, OnOrder
from regulars.loyalty.rules.conditions import Surroundings, read_condition
from regulars.loyalty.rules.kinds.formula.expression import find_faults
from regulars.loyalty.rules.vocabulary import any_event, catalogue_for

# Where something is given for what an order has, conditions can ask for the cart.
_ABOUT_CARTS = frozenset({"order", "voucher"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChecks:
    """Checks conditions and formulas by the facts that there are, at a moment in the business's zone.

    Columns count from 1 within the condition or formula; one that is not known is 0.
    """

    catalogue: Catalogue
    clock: Clock
    reporting: str
    find_segment: FindSegment = no_segment

    def condition(self, text: str, trigger: str, zone: ZoneInfo | None) -> Sequence[Fault]:
        """Return what is wrong with a condition; `trigger` is a rule's kind of trigger, `voucher` or `reward`.

        Its days are told in the zone that the programme names, if it names one.
        """
        surroundings = Surroundings(
            catalogue=self._catalogue(trigger),
            clock=replace(self.clock, zone=zone) if zone else self.clock,
            currency=self.reporting,
            find_segment=self.find_segment,
        )
        try:
            read_condition(text, surroundings)
        except WrongCondition as error:
            column = error.place.start + 1 if error.place else 0
            return [Fault(code=error.code, message=error.message, column=column)]
        return []

    def formula(self, text: str, trigger: str) -> Sequence[Fault]:
        """Return what is wrong with a formula: it asks for what is known where its rule is set off, and no more."""
        faults = find_faults(text, self._catalogue(trigger))
        return [Fault(code=each.code, message=each.message, column=each.column + 1) for each in faults]

    def _catalogue(self, trigger: str) -> Catalogue:
        if trigger in _ABOUT_CARTS:
            return catalogue_for(OnOrder(kind="order"), self.catalogue)
        if trigger == "line":
            return catalogue_for(OnLine(kind="line"), self.catalogue)
        return any_event(self.catalogue) if trigger == "event" else self.catalogue
