"""Customers at risk of leaving, those with the most at stake first, each with why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from regulars.customers.queries import list_customers
from regulars.faces.console.paging import WrongPlace
from regulars.faces.console.templatetags.console import initials
from regulars.insights.contracts import Score
from regulars.insights.queries import list_at_risk
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.kit.pagination import WrongCursor, decode_cursor, encode_cursor
from regulars.orders.queries import map_customer_facts
from regulars.report.contracts import CustomerRow, Report
from regulars.report.page.sentences import why_at_risk
from regulars.report.segments import segment_look
from regulars.report.wording import cash

ROWS = 20
TONES = {"warn": "attention", "plain": ""}
_PLACES = "console:value-and-risk"
_ALL = {
    "where": "churn.at_risk",
    "show": ("rfm.segment", "churn.at_stake", "churn.risk", "orders.count", "orders.revenue", "orders.last"),
    "sort": "clv.expected_12m",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A customer at risk in words; `has_ordered` where an order has come since the run."""

    address: str
    name: str
    initials: str
    segment: str
    tone: str
    why: str
    has_ordered: bool
    risk: float
    risk_text: str
    revenue: str
    at_stake: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk:
    """A page of customers at risk, where the list goes on, and where all of them are."""

    rows: Sequence[Row]
    newest: str
    earlier: str
    all_address: str


def at_risk_of(request: HttpRequest, report: Report) -> AtRisk:
    """Return the page of the list that the address asks for.

    Raises
    ------
    WrongPlace
        The address names no place in the list.
    """
    place = request.GET.get("after", "")
    found = list_at_risk(limit=ROWS + 1, before=_read(place) if place else None)
    shown, address, earlier = found[:ROWS], reverse(_PLACES), ""
    if len(found) > ROWS:
        last = shown[-1]
        cursor = encode_cursor(_PLACES, (last.revenue_at_stake_minor or 0, str(last.customer_id)))
        earlier = f"{address}?{urlencode({'after': cursor})}"
    return AtRisk(
        rows=_rows(shown, report),
        newest=address if place else "",
        earlier=earlier,
        all_address=f"{reverse('console:customers')}?{urlencode(_ALL, doseq=True)}",
    )


def _read(place: str) -> tuple[int, UUID]:
    try:
        stake, identity = decode_cursor(_PLACES, place)
    except WrongCursor as error:
        raise WrongPlace(gettext("The address names no place in this list.")) from error
    return int(stake), UUID(str(identity))


def _rows(scores: Sequence[Score], report: Report) -> list[Row]:
    ids = [score.customer_id for score in scores]
    names = {each.id: each.label for each in list_customers(ids)}
    orders = {each: facts.orders for each, facts in map_customer_facts(ids).items()}
    return [_row(score, names.get(score.customer_id, ""), orders.get(score.customer_id), report) for score in scores]


def _row(score: Score, name: str, orders: int | None, report: Report) -> Row:
    look, currency = segment_look(score.rfm_segment), report.meta.currency
    has_ordered = score.last_on > report.meta.as_of
    return Row(
        address=reverse("console:customer", args=[score.customer_id]),
        name=name,
        initials=initials(name),
        segment=look.name,
        tone=TONES.get(look.tone, look.tone),
        why=_why(score, orders, report, has_ordered=has_ordered),
        has_ordered=has_ordered,
        risk=score.risk or 0.0,
        risk_text=formats.percent(score.risk),
        revenue=cash(score.revenue_minor, currency),
        at_stake=cash(score.revenue_at_stake_minor, currency),
    )


def _why(score: Score, orders: int | None, report: Report, *, has_ordered: bool) -> str:
    if has_ordered:
        return gettext("has ordered again, on {day}").format(day=formats.day(score.last_on))
    told = CustomerRow(
        customer=str(score.customer_id),
        segment=score.rfm_segment,
        orders=score.frequency + 1 if orders is None else orders,
        revenue_minor=score.revenue_minor,
        last_on=score.last_on,
        risk=score.risk,
        expected_revenue_minor=score.expected_revenue_minor,
        revenue_at_stake_minor=score.revenue_at_stake_minor,
        next_order_expected_on=score.next_order_expected_on,
    )
    return why_at_risk(told, report)
