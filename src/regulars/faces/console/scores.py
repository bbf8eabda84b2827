"""What the science knows of a customer, as the customer's page tells it: four figures, and how they came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from regulars.faces.console.leaving import usual_gap_days
from regulars.insights import queries as insights
from regulars.insights.contracts import Score, ScoreChange
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.orders.contracts import CustomerFacts
from regulars.report.segments import segment_look

CHANGES = 12
# A tenth of the customers by risk that is called low, middling or high.
_LOW, _HIGH = 4, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure that matters: what it is called, what it is, what stands beneath, and in which tone."""

    name: str
    label: str
    definition: str
    value: str
    more: str
    tone: str = ""
    # Between 0 and 1, where a bar shows it.
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A day on which a customer's segment or tenth changed, in words."""

    on: str
    segment: str
    risk: str
    value: str


def figures_of(facts: CustomerFacts | None, score: Score | None, currency: str) -> list[Figure]:
    """Return the four figures that matter of a customer; what nobody can know yet says so."""
    return [_orders(facts, currency), _value(score, currency), _risk(score), _next_order(facts, score)]


def segment_of(score: Score | None) -> str:
    """Return the RFM segment of a customer in words, or an empty text."""
    return segment_look(score.rfm_segment).name if score else ""


def changes_of(customer_ids: Sequence[UUID]) -> list[Change]:
    """Return how segment and tenths changed, the latest first."""
    return [_change(each) for each in insights.list_changes(customer_ids, limit=CHANGES)]


def _orders(facts: CustomerFacts | None, currency: str) -> Figure:
    revenue = formats.money(facts.revenue_minor if facts else 0, currency)
    more, tone = revenue, ""
    if facts and facts.average_minor is not None and facts.orders > 1:
        more = gettext("{revenue} · average {average}").format(
            revenue=revenue, average=formats.money(facts.average_minor, currency)
        )
    if facts and facts.unconverted_orders:
        tone = "attention"
        more += " · " + ngettext(
            "without {orders} order whose rate is not known",
            "without {orders} orders whose rates are not known",
            facts.unconverted_orders,
        ).format(orders=facts.unconverted_orders)
    return Figure(
        name="orders",
        label=gettext("Orders"),
        definition=gettext(
            "Orders that were not cancelled, under all of this customer's identifiers, and what they came to after"
            " returns, in the reporting currency by the rate of each order's day."
        ),
        value=formats.number(facts.orders if facts else 0),
        more=more,
        tone=tone,
    )


def _value(score: Score | None, currency: str) -> Figure:
    known = score is not None and score.clv_minor is not None
    more = gettext("not enough is known yet")
    if score and known:
        low, high = (formats.money(each, currency, whole=True) for each in (score.clv_low_minor, score.clv_high_minor))
        words = gettext("90 %: {low} – {high}")
        if (score.clv_high_minor or 0) < (score.clv_minor or 0):
            # Most who are like this bring nothing more, and the few who do bring the mean.
            words = gettext("on average; most bring {low} – {high}")
        more = words.format(low=low, high=high)
    return Figure(
        name="value",
        label=gettext("Next 12 months"),
        definition=gettext(
            "The margin that is expected of the next 364 days, by the model that foretold best; with a probability of"
            " 90 % it lies between the two amounts. Where most who are like this bring nothing more, the average lies"
            " above both: the few who come back bring it."
        ),
        value=formats.money(score.clv_minor if score else None, currency, whole=True),
        more=more,
    )


def _risk(score: Score | None) -> Figure:
    risk = score.risk if score else None
    more, tone = gettext("not enough is known yet"), ""
    if score and score.risk_decile is not None:
        tone = "down" if score.risk_decile >= _HIGH else ""
        words = gettext("high") if score.risk_decile >= _HIGH else gettext("low")
        more = words if score.risk_decile <= _LOW or score.risk_decile >= _HIGH else gettext("middling")
        if score.at_risk:
            more, tone = gettext("silent for longer than usual"), "down"
    return Figure(
        name="risk",
        label=gettext("Risk of leaving"),
        definition=gettext(
            "How likely it is that no order comes in the time that the last run looks ahead. Low and high are the four"
            " lowest and the three highest tenths of all customers."
        ),
        value=formats.percent(risk),
        more=more,
        tone=tone,
        share=risk,
    )


def _next_order(facts: CustomerFacts | None, score: Score | None) -> Figure:
    expected = score.next_order_expected_on if score else None
    last = facts.last_ordered_at if facts else None
    more = gettext("no order yet")
    if facts and last:
        more = gettext("last on {day}").format(day=formats.day(last))
        every = _every_days(facts)
        if every is not None:
            days = ngettext("{count} day", "{count} days", every).format(count=formats.number(every))
            more += " · " + gettext("every {days}").format(days=days)
    return Figure(
        name="next-order",
        label=gettext("Next order expected"),
        definition=gettext(
            "By when the next order comes as likely as not, if the customer has stayed; a dash where none within a"
            " year is more likely."
        ),
        value=_near(expected),
        more=more,
    )


def _near(day: date | None) -> str:
    return formats.MISSING if day is None else formats.day(day)


def _every_days(facts: CustomerFacts) -> int | None:
    """Return how many days lie between two orders on average."""
    gap = usual_gap_days(facts)
    return None if gap is None else round(gap) or None


def _change(change: ScoreChange) -> Change:
    def tenth(number: int | None) -> str:
        return formats.MISSING if number is None else gettext("{number} of 10").format(number=number)

    segment = gettext("None") if change.rfm_segment is None else segment_look(change.rfm_segment).name
    return Change(
        on=formats.day(change.changed_on),
        segment=segment,
        risk=tenth(change.risk_decile),
        value=tenth(change.clv_decile),
    )
