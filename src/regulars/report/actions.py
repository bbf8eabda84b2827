"""What to do first: computed from the scores, each with its reason, its people and the money; most at stake first.

A rule is a function from what is known to an action or nothing. `RULES` holds them all; to add one, write it and add it
there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from regulars.intake.contracts import DataQuality
from regulars.report.contracts import Action, Metrics, Segment, Survival
from retention.reasons import Reason, mark

ALMOST_LOYAL = ("potential_loyalists",)
BEST = ("champions", "loyal")
NOTABLE_SHARE = 0.05
FEWEST = 5  # Fewer are no group; the lists of people name them.
SECOND_ORDER_WINDOW_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the rules may look at.

    `first_buyers` have one order, of the last `SECOND_ORDER_WINDOW_DAYS` days.
    """

    metrics: Metrics
    segments: Sequence[Segment]
    second_purchase: Survival | None
    data: DataQuality
    horizon_days: int
    first_buyers: int
    first_buyers_expected_minor: float

    def segment_totals(self, names: Sequence[str]) -> tuple[int, float]:
        """Return customers and expected revenue of the segments in `names`."""
        chosen = [segment for segment in self.segments if segment.name in names]
        return sum(s.customers for s in chosen), sum(s.expected_revenue_minor or 0.0 for s in chosen)


def win_back(now: Situation) -> Action | None:
    """Put regulars who have gone quiet first: they know the shop, and their money is at stake."""
    stake = now.metrics.revenue_at_stake_minor.value
    if now.metrics.customers_at_risk < FEWEST or not stake:
        return None
    return Action(
        code="win_back",
        reason=Reason(
            "win_back",
            mark(
                "{customers} regulars have gone quiet for longer than is usual for them; {stake_minor} of the next "
                "{days} days is at stake. Write to them one by one, the most valuable first, and ask before you offer."
            ),
            {"customers": now.metrics.customers_at_risk, "stake_minor": round(stake), "days": now.horizon_days},
        ),
        customers=now.metrics.customers_at_risk,
        worth_minor=stake,
        is_at_stake=True,
        segment=None,
    )


def thank_the_best(now: Situation) -> Action | None:
    """Keep those who bring most of what comes."""
    customers, expected = now.segment_totals(BEST)
    total = now.metrics.expected_revenue_minor.value
    if customers < FEWEST or not total or expected <= 0:
        return None
    return Action(
        code="thank_the_best",
        reason=Reason(
            "thank_the_best",
            mark(
                "{customers} champions and loyal customers are expected to bring {share:.0%} of the revenue of "
                "the next {days} days. Thank them by name, let them in first, and never send them a "
                "discount they don't need."
            ),
            {"customers": customers, "share": expected / total, "days": now.horizon_days},
        ),
        customers=customers,
        worth_minor=expected,
        is_at_stake=False,
        segment=BEST[0],
    )


def win_the_second_order(now: Situation) -> Action | None:
    """Win the second order, before which most customers are lost."""
    customers = now.first_buyers
    back = _share_back_within(now.second_purchase, SECOND_ORDER_WINDOW_DAYS)
    if customers < FEWEST or back is None:
        return None
    return Action(
        code="win_the_second_order",
        reason=Reason(
            "win_the_second_order",
            mark(
                "{customers} customers bought for the first time in the last {days} days, and {share:.0%} of first "
                "buyers come back within as many days. Welcome them, and give a reason for the second order while "
                "you are remembered."
            ),
            {"customers": customers, "share": back, "days": SECOND_ORDER_WINDOW_DAYS},
        ),
        customers=customers,
        worth_minor=now.first_buyers_expected_minor,
        is_at_stake=False,
        segment=None,
    )


def help_the_almost_loyal(now: Situation) -> Action | None:
    """Finish a habit half formed: it is cheaper than a new customer."""
    customers, expected = now.segment_totals(ALMOST_LOYAL)
    if customers < FEWEST or expected <= 0:
        return None
    return Action(
        code="help_the_almost_loyal",
        reason=Reason(
            "help_the_almost_loyal",
            mark(
                "{customers} potential loyalists are on the way to a habit. Show them what goes with what they bought, "
                "and invite them to the programme."
            ),
            {"customers": customers},
        ),
        customers=customers,
        worth_minor=expected,
        is_at_stake=False,
        segment=ALMOST_LOYAL[0],
    )


def know_your_guests(now: Situation) -> Action | None:
    """Get to know the guests: who is not known cannot be kept."""
    unknown = sum(count.count for count in now.data.refused if count.reason.code == "no_customer")
    if now.data.rows == 0 or unknown / now.data.rows < NOTABLE_SHARE:
        return None
    return Action(
        code="know_your_guests",
        reason=Reason(
            "know_your_guests",
            mark(
                "{share:.0%} of the rows name no customer, so nobody can tell whether those buyers came back. Ask for "
                "an e-mail address or a card at the till."
            ),
            {"share": unknown / now.data.rows},
        ),
        customers=0,
        worth_minor=None,
        is_at_stake=False,
        segment=None,
    )


RULES: tuple[Callable[[Situation], Action | None], ...] = (
    win_back,
    thank_the_best,
    win_the_second_order,
    help_the_almost_loyal,
    know_your_guests,
)


def actions(now: Situation) -> tuple[Action, ...]:
    """Return what the rules say; what is at stake comes first, then by the money that hangs on it."""
    found = [action for rule in RULES if (action := rule(now))]
    return tuple(sorted(found, key=lambda action: (not action.is_at_stake, -(action.worth_minor or 0.0))))


def _share_back_within(survival: Survival | None, days: int) -> float | None:
    if survival is None or not survival.days or survival.days[-1] < days:
        return None
    share = 1.0
    for day, alone in zip(survival.days, survival.share, strict=True):
        if day > days:
            break
        share = alone
    return 1.0 - share
