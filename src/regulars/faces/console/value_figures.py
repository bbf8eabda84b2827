"""How value and risk are spread over the customers, as figures; None where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.insights.contracts import RiskTenth, ValueBin, ValueSpread
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.kit.money import minor_digits
from regulars.report.page.figures import Column, Figure, Key, line
from regulars.report.wording import cash, exists

_TENTHS = 10


def value_histogram(spread: ValueSpread, currency: str | None) -> Figure | None:
    """Draw how many customers are worth how much."""
    bins = spread.bins
    if len(bins) < 2:
        return None
    labels = [_label(each, currency) for each in bins]
    total, worth = sum(each.customers for each in bins) or 1, sum(each.clv_minor for each in bins)
    return Figure(
        name="value-spread",
        title=gettext("What customers are worth"),
        unit=gettext("customers, by the value expected of the next 12 months"),
        summary=gettext("Bars. Half of the customers are worth {median} or more.").format(
            median=cash(spread.median_minor, currency)
        ),
        columns=(
            Column(label=gettext("Value of the next 12 months"), definition="clv_expected"),
            Column(label=gettext("Customers"), form="number"),
            Column(label=gettext("Share"), form="percent"),
            Column(label=gettext("Value in all"), form="money", currency=currency),
            Column(label=gettext("Share of value"), form="percent"),
        ),
        rows=tuple(
            (label, each.customers, each.customers / total, each.clv_minor, each.clv_minor / worth if worth else None)
            for label, each in zip(labels, bins, strict=True)
        ),
        spec={
            "kind": "bars",
            "x": {"labels": labels},
            "y": {"format": "number"},
            "series": [
                {
                    "name": gettext("Customers"),
                    "tone": "returning",
                    "values": [each.customers for each in bins],
                }
            ],
        },
        note=gettext("Half of the customers are worth {median} or more. The steps grow as the amounts do.").format(
            median=cash(spread.median_minor, currency)
        ),
        definition="clv_expected",
    )


def value_curve(spread: ValueSpread) -> Figure | None:
    """Draw which share of customers, the most valuable first, holds which share of the expected value."""
    points = [(1 - customers, 1 - value) for customers, value in reversed(spread.curve)]
    if len(points) < 3 or spread.top_tenth is None:
        return None
    share, low, high = spread.top_tenth
    told = gettext("The most valuable tenth holds {share} of the expected value.").format(share=formats.percent(share))
    if exists(low) and exists(high):
        told += " " + gettext("(95 %: {low} – {high})").format(low=formats.percent(low), high=formats.percent(high))
    return Figure(
        name="value-curve",
        title=gettext("How much of the value to come hangs on how few"),
        unit=gettext("share of the expected value, by share of customers, the most valuable first"),
        summary=gettext("A curve. {sentence}").format(sentence=told),
        columns=(
            Column(label=gettext("Most valuable share of customers"), form="percent"),
            Column(label=gettext("Share of value"), form="percent"),
        ),
        rows=tuple(points[:: max(1, (len(points) - 1) // 20)]),
        spec={
            "kind": "lines",
            "x": {"format": "percent", "min": 0, "max": 1, "name": gettext("share of customers")},
            "y": {"format": "percent", "min": 0, "max": 1},
            "series": [
                line(gettext("Value"), "returning", [y for _, y in points], at=[x for x, _ in points]),
                line(gettext("If all were worth the same"), "reference", [0, 1], at=[0, 1], dashed=True, thin=True),
            ],
        },
        legend=(
            Key(label=gettext("Value"), tone="returning", line=True),
            Key(label=gettext("If all were worth the same"), tone="reference", line=True),
        ),
        note=told,
    )


def risk_histogram(spread: ValueSpread, currency: str | None) -> Figure | None:
    """Draw how many customers are how likely to place no order, and who of them is at risk of leaving."""
    risks = spread.risks
    if not risks:
        return None
    labels = [f"{formats.number(10 * tenth)} – {formats.percent((tenth + 1) / _TENTHS)}" for tenth in range(len(risks))]
    at_risk = sum(each.at_risk for each in risks)
    return Figure(
        name="risk-spread",
        title=gettext("How likely customers are to place no order"),
        unit=gettext("customers, by their risk"),
        summary=gettext("Bars by tenths of the risk; {count} customers in them are breaking a habit.").format(
            count=formats.number(at_risk)
        ),
        columns=(
            Column(label=gettext("Risk"), definition="risk"),
            Column(label=gettext("Customers"), form="number"),
            Column(label=gettext("Customers at risk"), form="number", definition="at_stake"),
            Column(label=gettext("At stake"), form="money", currency=currency, definition="at_stake"),
        ),
        rows=tuple(
            (label, each.customers, each.at_risk, each.revenue_at_stake_minor)
            for label, each in zip(labels, risks, strict=True)
        ),
        spec={
            "kind": "bars",
            "stacked": True,
            "x": {"labels": labels},
            "y": {"format": "number"},
            "series": _risk_series(risks),
        },
        legend=(
            Key(label=gettext("Customers at risk"), tone="lapsed", definition="at_stake"),
            Key(label=gettext("All others"), tone="reference"),
        ),
        note=gettext(
            "Many customers buy once or seldom, so that a high risk is common. Who breaks a habit is worth a letter."
        ),
        definition="risk",
    )


def _risk_series(risks: Sequence[RiskTenth]) -> list[dict[str, object]]:
    others = [each.customers - each.at_risk for each in risks]
    return [
        {"name": gettext("Customers at risk"), "tone": "lapsed", "values": [each.at_risk for each in risks]},
        {"name": gettext("All others"), "tone": "reference", "values": others},
    ]


def _label(told: ValueBin, currency: str | None) -> str:
    low, below = told.from_minor, told.below_minor
    if low is None:
        return gettext("below {amount}").format(amount=_short(below, currency))
    if below is None:
        return gettext("{amount} and more").format(amount=_short(low, currency))
    return gettext("{low} to {high}").format(low=_major(low, currency), high=_short(below, currency))


def _short(minor: int | None, currency: str | None) -> str:
    return formats.money(minor, currency, whole=True)


def _major(minor: int, currency: str | None) -> str:
    return formats.number(minor / 10 ** minor_digits(currency))
