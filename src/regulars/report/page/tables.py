"""The report's tables of segments and of people, as figures without a chart, so that each can be downloaded."""

from __future__ import annotations

from dataclasses import dataclass

from regulars.kit import formats
from regulars.kit.i18n import gettext as _
from regulars.kit.i18n import ngettext
from regulars.report.contracts import CustomerRow, Report, Segment
from regulars.report.page.figures import Column, Figure
from regulars.report.page.sentences import why_at_risk
from regulars.report.segments import SegmentLook, segment_look

PEOPLE_SHOWN = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """A segment with its look, its shares, and its bar's length against the longest."""

    segment: Segment
    look: SegmentLook
    customers_share: float | None
    revenue_share: float | None
    bar: float


def segment_rows(report: Report) -> list[SegmentRow]:
    """Return the segments, the one with the most revenue first."""
    people = sum(segment.customers for segment in report.segments)
    revenue = sum(segment.revenue for segment in report.segments)
    most = max((segment.revenue for segment in report.segments), default=0)
    return [
        SegmentRow(
            segment=segment,
            look=segment_look(segment.name),
            customers_share=segment.customers / people if people else None,
            revenue_share=segment.revenue / revenue if revenue > 0 else None,
            bar=max(0.0, segment.revenue / most) if most > 0 else 0.0,
        )
        for segment in sorted(report.segments, key=lambda segment: (-segment.revenue, segment.name))
    ]


def table_figures(report: Report) -> dict[str, Figure]:
    """Return the tables that hold something, by name."""
    figures = (_segments(report), _best(report), _at_risk(report))
    return {figure.name: figure for figure in figures if figure.rows}


def _segments(report: Report) -> Figure:
    currency = report.meta.currency
    return Figure(
        name="segments",
        title=_("Segments by value"),
        unit=_("on {day}").format(day=formats.day(report.meta.as_of)),
        summary="",
        columns=(
            Column(label=_("Segment"), definition="segment"),
            Column(label=_("Customers"), form="number"),
            Column(label=_("Revenue"), form="money", currency=currency),
            Column(label=_("Share of revenue"), form="percent"),
            Column(label=_("Expected revenue"), form="money", currency=currency),
            Column(label=_("Revenue at stake"), form="money", currency=currency),
            Column(label=_("Median days since the last purchase"), form="number"),
        ),
        rows=tuple(
            (
                row.look.name,
                row.segment.customers,
                row.segment.revenue,
                row.revenue_share,
                row.segment.expected_revenue_minor,
                row.segment.revenue_at_stake_minor,
                row.segment.median_days_since_last,
            )
            for row in segment_rows(report)
        ),
        definition="segment",
    )


def _best(report: Report) -> Figure:
    return Figure(
        name="best-customers",
        title=_("Best customers"),
        unit=_people_shown(report.best),
        summary="",
        columns=_people_columns(report),
        rows=tuple(_person(customer) for customer in report.best),
    )


def _at_risk(report: Report) -> Figure:
    why = Column(label=_("Why"))
    return Figure(
        name="customers-at-risk",
        title=_("Customers at risk, the most at stake first"),
        unit=_people_shown(report.at_risk),
        summary="",
        columns=(*_people_columns(report), why),
        rows=tuple((*_person(customer), why_at_risk(customer, report)) for customer in report.at_risk),
        definition="risk",
    )


def _people_columns(report: Report) -> tuple[Column, ...]:
    currency = report.meta.currency
    return (
        Column(label=_("Customer")),
        Column(label=_("Segment")),
        Column(label=_("Orders"), form="number"),
        Column(label=_("Revenue"), form="money", currency=currency),
        Column(label=_("Last purchase"), form="day"),
        Column(label=_("Risk"), form="percent"),
        Column(label=_("Expected revenue"), form="money", currency=currency),
        Column(label=_("Revenue at stake"), form="money", currency=currency),
        Column(label=_("Next order expected"), form="day"),
    )


def _person(customer: CustomerRow) -> tuple[str | int | float | None, ...]:
    return (
        customer.customer,
        segment_look(customer.segment).name,
        customer.orders,
        customer.revenue_minor,
        customer.last_on.isoformat(),
        customer.risk,
        customer.expected_revenue_minor,
        customer.revenue_at_stake_minor,
        customer.next_order_expected_on.isoformat() if customer.next_order_expected_on else None,
    )


def _people_shown(people: tuple[CustomerRow, ...]) -> str:
    text = ngettext("{n} customer", "{n} customers", len(people)).format(n=formats.number(len(people)))
    if len(people) > PEOPLE_SHOWN:
        text += _(", the first {n} here, all in the download").format(n=PEOPLE_SHOWN)
    return text
