"""A programme as one document."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from regulars.loyalty.definitions.document.common import Key, Name, Part, Several, Text
from regulars.loyalty.definitions.document.currencies import PointCurrency
from regulars.loyalty.definitions.document.rewards import Reward, VoucherSeries
from regulars.loyalty.definitions.document.rules import Budget, Rule
from regulars.loyalty.definitions.document.tiers import TierSet

FORMAT: Final = 1


class Enrolment(Part):
    """Who becomes a member: whoever asks for it, or each customer with the first order."""

    by: Annotated[Literal["asking", "ordering"], Field(description="What makes somebody a member.")] = "asking"


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
