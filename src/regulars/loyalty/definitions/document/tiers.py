"""Tier sets: how members climb and fall, and what a tier gives."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from regulars.loyalty.definitions.document.common import Currency, Factor, Key, Name, Part, Several, Span, Text


class PointsEarned(Part):
    """Points of a currency that became active in the period; status points are a currency of their own."""

    kind: Literal["points"]
    currency: Annotated[Key, Field(description="The key of a point currency.")]


class Spend(Part):
    """What was spent in the period, after returns, in one currency."""

    kind: Literal["spend"]
    currency: Currency
    tax: Annotated[bool, Field(description="Whether tax counts.")] = True


class Orders(Part):
    """How many orders were placed in the period, without those that came back wholly."""

    kind: Literal["orders"]


class Invitation(Part):
    """Nobody climbs by oneself: the business invites."""

    kind: Literal["invitation"]


Basis = Annotated[PointsEarned | Spend | Orders | Invitation, Field(discriminator="kind")]


class RollingPeriod(Part):
    """The span before now."""

    kind: Literal["rolling"]
    span: Annotated[Span, Field(description="How far back the period begins, as 12 months.")]


class CalendarPeriod(Part):
    """The running year, from the first of a month on; the tier is kept until the end of the next one."""

    kind: Literal["calendar"]
    first_month: Annotated[int, Field(ge=1, le=12, description="In which the year begins.")] = 1


class AnniversaryPeriod(Part):
    """The running year of membership; the tier is kept until the end of the next one."""

    kind: Literal["anniversary"]


TierPeriod = Annotated[RollingPeriod | CalendarPeriod | AnniversaryPeriod, Field(discriminator="kind")]


class Upgrade(StrEnum):
    """When a member climbs."""

    AT_ONCE = "at_once"
    PERIOD_END = "period_end"


class Downgrade(StrEnum):
    """How far a member falls who does not qualify again."""

    NONE = "none"
    # To the next lower tier, even if less qualifies.
    ONE_STEP = "one_step"
    FULL = "full"


class Benefits(Part):
    """What a tier gives."""

    multipliers: Mapping[Key, Annotated[Factor, Field(gt=1)]] = Field(
        default_factory=dict,
        description="Of the amount, item and percentage rules of each currency, as a multiplier rule gives it.",
    )
    free_shipping: Annotated[bool, Field(description="Whether orders are shipped for nothing.")] = False
    early_access_hours: Annotated[
        int, Field(ge=0, le=24 * 60, description="How long before the others what is new is theirs.")
    ] = 0
    birthday_reward: Annotated[
        Key | None, Field(description="The key of a reward that is given on the birthday, without points.")
    ] = None
    words: Annotated[Several[Text], Field(description="What people are told, in words.")] = ()


class Tier(Part):
    """A rung."""

    key: Key
    name: Name
    threshold: Annotated[
        int, Field(ge=0, le=10**12, description="How much of the basis reaches it; major units where that is money.")
    ] = 0
    benefits: Benefits = Benefits()


class TierSet(Part):
    """A ladder of tiers, the lowest first."""

    key: Key
    name: Name
    basis: Annotated[Basis, Field(description="What is counted.")]
    period: Annotated[TierPeriod, Field(description="In which time it is counted.")]
    upgrade: Annotated[Upgrade, Field(description="When a member climbs.")] = Upgrade.AT_ONCE
    downgrade: Annotated[
        Downgrade, Field(description="How far a member falls who does not qualify again: to the next lower, or fully.")
    ] = Downgrade.ONE_STEP
    grace_days: Annotated[
        int, Field(ge=0, le=731, description="By how much a fall is put off; who qualifies in it does not fall.")
    ] = 0
    tiers: Annotated[Several[Tier], Field(min_length=1, max_length=20, description="The rungs, the lowest first.")]
