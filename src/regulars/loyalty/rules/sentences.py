"""Why a rule grants nothing, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.kit.i18n import gettext, mark
from regulars.loyalty.rules.contracts import Reason

_SENTENCES: Mapping[Reason, str] = {
    Reason.NOT_STARTED: mark("This rule has not started yet."),
    Reason.ENDED: mark("This rule has ended."),
    Reason.OUTSIDE_HOURS: mark("This rule applies at other hours."),
    Reason.MEMBER_UNKNOWN: mark("Nobody who bought is a member."),
    Reason.BENEFICIARY_UNKNOWN: mark("Nobody is named who would be granted."),
    Reason.NOT_OPTED_IN: mark("The member has not activated this offer."),
    Reason.CURRENCY_NOT_COVERED: mark("This rule does not cover {currency}."),
    Reason.CONDITION_FALSE: mark("The condition of this rule is not met."),
    Reason.FACT_UNKNOWN: mark("Something that this rule reckons with is not known."),
    Reason.NOTHING_TO_COUNT: mark("There is nothing that this rule counts."),
    Reason.NOTHING_TO_MULTIPLY: mark("There is nothing that this rule multiplies."),
    Reason.EXCLUDED: mark("Another rule of the same group applies instead."),
    Reason.ROUNDS_TO_NOTHING: mark("It comes to less than a point."),
    Reason.CAP_REACHED: mark("As many points as this rule grants have been granted."),
    Reason.BUDGET_REACHED: mark("The budget of this rule is used up."),
    Reason.WAITED_IN_VAIN: mark("What the points wait for did not come in time."),
}


def sentence_of(reason: str, values: Mapping[str, Any]) -> str:
    """Return a reason in one sentence, in the language of this context."""
    return gettext(_SENTENCES[Reason(reason)]).format(**values)
