"""The kinds of rewards. To add one, add a folder like these and a line to `KINDS`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.loyalty.rewards.kinds.donation import DONATION
from regulars.loyalty.rewards.kinds.event_access import EVENT_ACCESS
from regulars.loyalty.rewards.kinds.experience import EXPERIENCE
from regulars.loyalty.rewards.kinds.external import EXTERNAL
from regulars.loyalty.rewards.kinds.gift import GIFT
from regulars.loyalty.rewards.kinds.pay_with_points import PAY_WITH_POINTS
from regulars.loyalty.rewards.kinds.protocol import Kind
from regulars.loyalty.rewards.kinds.store_credit import STORE_CREDIT
from regulars.loyalty.rewards.kinds.voucher import VOUCHER

# By the `kind` of what a reward of the document gives.
KINDS: Mapping[str, Kind[Any]] = {
    "voucher": VOUCHER,
    "pay_with_points": PAY_WITH_POINTS,
    "store_credit": STORE_CREDIT,
    "gift": GIFT,
    "event_access": EVENT_ACCESS,
    "donation": DONATION,
    "experience": EXPERIENCE,
    "external": EXTERNAL,
}

__all__ = ["KINDS", "Kind"]
