"""A programme as one document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from regulars.loyalty.definitions.document.common import MOST_POINTS, Key, Name, Part, Several, Text
from regulars.loyalty.definitions.document.currencies import PointCurrency
from regulars.loyalty.definitions.document.rewards import Reward, VoucherSeries
from regulars.loyalty.definitions.document.rules import Budget, Rule
from regulars.loyalty.definitions.document.tiers import TierSet

FORMAT: Final = 1
# The role of what is no person: a program that calls with an API key.
PROGRAM_ROLE: Final = "key"


class Enrolment(Part):
    """Who becomes a member: whoever asks for it, or each customer with the first order."""

    by: Annotated[Literal["asking", "ordering"], Field(description="What makes somebody a member.")] = "asking"


AdjustingRole = Annotated[str, Field(pattern=r"^(owner|manager|agent|till|key)$")]
MostPoints = Annotated[int, Field(ge=0, le=MOST_POINTS)]


class AuthorityLimits(Part):
    """Who may give or take how many points by hand, and from how many on a second person looks at it."""

    by_role: Annotated[
        Mapping[AdjustingRole, MostPoints],
        Field(
            description="The most points that one person gives or takes of one member within 24 hours, by role: owner,"
            " manager, agent, till, or key for a program with an API key. A role that is left out gives and takes none."
        ),
    ] = {"owner": 1_000_000, "manager": 10_000, "agent": 500}
    second_above: Annotated[
        int | None,
        Field(
            ge=0,
            le=MOST_POINTS,
            description="More points than this, within 24 hours too, wait until another person approves, whose role may"
            " give as many; where it is left out, nobody is waited for.",
        ),
    ] = None


class Program(Part):
    """A loyalty programme: what is earned, by which rules, for which tiers and rewards."""

    format: Annotated[Literal[1], Field(description="Of this form of document.")] = FORMAT
    program: Annotated[Key, Field(description="The programme's own key. Never changes.")]
    name: Name
    description: Text = ""
    zone: Annotated[str | None, Field(description="An IANA zone; the business's where it is left out.")] = None
    enrolment: Enrolment = Enrolment()
    currencies: Annotated[
        Several[PointCurrency], Field(min_length=1, max_length=10, description="The kinds of points.")
    ]
    rules: Annotated[Several[Rule], Field(max_length=1_000, description="How points are earned.")] = ()
    budgets: Annotated[
        Several[Budget], Field(max_length=100, description="Bounds that several rules share, for all members.")
    ] = ()
    multipliers: Annotated[
        Literal["add", "compound"],
        Field(description="Whether each multiplier adds (factor - 1) of the base, or they multiply each other."),
    ] = "add"
    points_are: Annotated[
        Literal["discount", "tender"],
        Field(description="Whether points that pay for an order are a discount, before tax, or a payment, after it."),
    ] = "tender"
    tier_sets: Annotated[Several[TierSet], Field(max_length=10, description="The ladders that members climb.")] = ()
    vouchers: Annotated[Several[VoucherSeries], Field(max_length=500, description="The vouchers that shops take.")] = ()
    rewards: Annotated[Several[Reward], Field(max_length=500, description="What points buy, and benefits give.")] = ()
    authority: AuthorityLimits = AuthorityLimits()
