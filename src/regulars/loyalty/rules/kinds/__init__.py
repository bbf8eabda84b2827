"""The kinds of grants: each is a folder, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.loyalty.rules.kinds.fixed import FIXED
from regulars.loyalty.rules.kinds.formula import FORMULA
from regulars.loyalty.rules.kinds.multiplier import MULTIPLIER
from regulars.loyalty.rules.kinds.per_amount import PER_AMOUNT
from regulars.loyalty.rules.kinds.per_item import PER_ITEM
from regulars.loyalty.rules.kinds.percentage import PERCENTAGE
from regulars.loyalty.rules.sight import Kind

# By the `kind` of a grant in the document.
KINDS: Mapping[str, Kind] = {
    "fixed": FIXED,
    "per_amount": PER_AMOUNT,
    "per_item": PER_ITEM,
    "percentage": PERCENTAGE,
    "formula": FORMULA,
    "multiplier": MULTIPLIER,
}
