"""What the science knows of a customer: from the last run, its RFM moved by each order since."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from regulars.facts.contracts import Aggregate, Fact, FactType, History, Measure, Row, Unit
from regulars.kit.i18n import mark
from regulars.orders.facts import CHANGED_BY as ORDERS_CHANGED_BY
from regulars.orders.facts import PURCHASES
from regulars.report.segments import SEGMENTS as LOOKS

_ROW = "insights_score"
SCORED = Row(_ROW)
RUN = frozenset({"insights.run_succeeded"})
SEGMENTS = {name: look.name for name, look in LOOKS.items()}
# What a run finds; what each order moves, says so itself.
_scored = partial(Fact, source=SCORED, changed_by=RUN)
_moved = partial(Fact, source=SCORED, changed_by=RUN | ORDERS_CHANGED_BY)


def _history(column: str) -> History:
    return History(table="insights_score_history", customer="customer_id", on="changed_on", value=column)


def _score(letter: str, label: str, description: str) -> Fact:
    return _moved(
        name=f"rfm.{letter}",
        type=FactType.INTEGER,
        label=label,
        description=description,
        column=f"{_ROW}.{letter}",
    )


FACTS: Sequence[Fact] = (
    _moved(
        name="rfm.segment",
        type=FactType.CHOICE,
        label=mark("RFM segment"),
        description=mark("Which of the eleven usual segments the scores for recency, frequency and revenue make."),
        column=f"{_ROW}.rfm_segment",
        choices=SEGMENTS,
        history=_history("rfm_segment"),
    ),
    _score("r", mark("Recency score"), mark("From 1 to 5; 5 are those who bought last.")),
    _score("f", mark("Frequency score"), mark("From 1 to 5; 5 are those who buy most often.")),
    _score("m", mark("Monetary score"), mark("From 1 to 5; 5 are those who have brought the most revenue.")),
    _moved(
        name="purchases.count",
        type=FactType.INTEGER,
        label=mark("Purchases"),
        description=mark("On how many days something was ordered of which not all came back."),
        column=f"({_ROW}.frequency + 1)",
        aggregate=Aggregate(occurrences=PURCHASES, measure=Measure.DAYS),
    ),
    _moved(
        name="purchases.first",
        type=FactType.DAY,
        label=mark("First purchase"),
        description=mark("The first day on which something was ordered of which not all came back."),
        column=f"{_ROW}.first_on",
    ),
    _moved(
        name="purchases.last",
        type=FactType.DAY,
        label=mark("Last purchase"),
        description=mark("The last day on which something was ordered of which not all came back."),
        column=f"{_ROW}.last_on",
    ),
    _scored(
        name="churn.risk",
        type=FactType.FRACTION,
        unit=Unit.SHARE,
        label=mark("Risk of leaving"),
        description=mark("How likely it is that no order comes in the time that the last run looks ahead."),
        column=f"{_ROW}.risk",
        is_indexed=True,
    ),
    _scored(
        name="churn.risk_decile",
        type=FactType.INTEGER,
        label=mark("Tenth by risk"),
        description=mark("From 1 to 10; in 10 are those who most likely leave."),
        column=f"{_ROW}.risk_decile",
        history=_history("risk_decile"),
    ),
    _moved(
        name="churn.at_risk",
        type=FactType.BOOLEAN,
        label=mark("Customer at risk"),
        description=mark("Whether somebody with a habit has been silent for longer than usual, and has likely left."),
        column=f"{_ROW}.at_risk",
    ),
    _moved(
        name="churn.at_stake",
        type=FactType.MONEY,
        label=mark("Revenue at stake"),
        description=mark("What the usual pace would bring, times the probability that the customer has left."),
        column=f"{_ROW}.revenue_at_stake_minor",
    ),
    _scored(
        name="clv.expected_12m",
        type=FactType.MONEY,
        label=mark("Value of the next 12 months"),
        description=mark("The margin that is expected of the next 364 days."),
        column=f"{_ROW}.clv_minor",
        is_indexed=True,
    ),
    _scored(
        name="clv.decile",
        type=FactType.INTEGER,
        label=mark("Tenth by value"),
        description=mark("From 1 to 10; in 10 are those of whom the most is expected."),
        column=f"{_ROW}.clv_decile",
        history=_history("clv_decile"),
    ),
    _scored(
        name="expected.orders",
        type=FactType.FRACTION,
        unit=Unit.ORDERS,
        label=mark("Orders expected"),
        description=mark("How many orders are expected in the time that the last run looks ahead."),
        column=f"{_ROW}.expected_orders",
    ),
    _scored(
        name="expected.revenue",
        type=FactType.MONEY,
        label=mark("Revenue expected"),
        description=mark("What these orders are expected to come to."),
        column=f"{_ROW}.expected_revenue_minor",
    ),
    _moved(
        name="expected.next_order",
        type=FactType.DAY,
        label=mark("Next order expected"),
        description=mark("By when the next order comes as likely as not, if the customer has stayed."),
        column=f"{_ROW}.next_order_expected_on",
    ),
)
