"""Insights: the runs that score all customers, what they found, and how a customer's scores came about."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query

from regulars.customers.queries import get_customer, list_ids_of
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of, sees_sensitive
from regulars.faces.api.paging import CursorText, Limit, known_place, time_and_id
from regulars.faces.api.schemas.insights import (
    AtRiskOut,
    CohortsOut,
    ProductInsightsOut,
    ReportOut,
    RfmMapOut,
    RunOut,
    RunsOut,
    ScoreChangesOut,
)
from regulars.facts.catalogue import get_catalogue
from regulars.insights import queries
from regulars.insights.cohorts import NotSplitBy, attributes_of, get_latest_cohorts
from regulars.insights.contracts import PRODUCTS, RunState
from regulars.insights.queries import NoSuchRun
from regulars.insights.services import request_run
from regulars.kit.i18n import gettext
from regulars.kit.pagination import page_of

insights = Resource("Insights")
_LIST = "runs"
_AT_RISK = "at-risk"
_CHANGES = 1_000
_Period = Literal["week", "month", "quarter"]


@insights.post("/insights/runs", scope="insights.run", answer=RunOut)
def score_customers(request: HttpRequest) -> Any:
    """Have all customers scored in the background, as of yesterday; one run at a time."""
    return RunOut.of(request_run(now=timezone.now(), actor=actor_of(request)))


@insights.get("/insights/runs", scope="insights.read", answer=RunsOut)
def list_runs(request: HttpRequest, limit: Limit, cursor: CursorText) -> Any:
    """List the runs, the latest first; one that is under way says how far it has come."""
    found = queries.list_runs(limit=limit + 1, before=time_and_id(_LIST, cursor))
    page = page_of(found, limit=limit, name=_LIST, place=lambda each: (each.started_at.isoformat(), str(each.id)))
    return {"items": [RunOut.of(each) for each in page.items], "next": page.next}


@insights.get("/insights/runs/{run_id}", scope="insights.read", answer=RunOut)
def get_run(request: HttpRequest, run_id: UUID) -> Any:
    """Return a run."""
    return RunOut.of(queries.get_run(run_id))


@insights.get("/insights/runs/{run_id}/report", scope="insights.read", answer=ReportOut)
def get_report(request: HttpRequest, run_id: UUID) -> Any:
    """Return all that a run found: metrics with intervals, segments, cohorts, models, the backtest."""
    report = queries.find_report(run_id)
    if report is None:
        raise NoSuchRun(gettext("There is no such run, or it found nothing."))
    return ReportOut(run_id=run_id, report=dict(report))


@insights.get("/insights/cohorts", scope="insights.read", answer=CohortsOut, finds=True)
def get_cohorts(
    request: HttpRequest,
    period: Annotated[_Period | None, Query(None, description="By which period; by the report's own if left out.")],
    by: Annotated[
        str | None, Query(None, description="Split by one of `attributes`; all customers if left out.", max_length=100)
    ],
) -> Any:
    """Return who comes back, as the last run found it: cohorts by a period, of all customers or by an attribute."""
    run_id, told = get_latest_cohorts(period)
    attributes = attributes_of(told.cohorts, get_catalogue(sees_sensitive=sees_sensitive(request)))
    if by is not None and by not in attributes:
        raise NotSplitBy(gettext("Cohorts are not split by {name}.").format(name=by))
    return CohortsOut.of(run_id, told, by, attributes)


@insights.get("/insights/rfm-map", scope="insights.read", answer=RfmMapOut, finds=True)
def get_rfm_map(request: HttpRequest) -> Any:
    """Return the customers of the last run by their scores, and how they moved between segments in four weeks."""
    run = queries.find_latest_run(state=RunState.SUCCEEDED)
    told = queries.find_rfm_map(run.id) if run else None
    if run is None or told is None:
        raise NoSuchRun(gettext("There is no such run, or it found nothing."))
    return RfmMapOut.of(run, told)


@insights.get("/insights/at-risk", scope="insights.read", answer=AtRiskOut)
def list_at_risk(request: HttpRequest, limit: Limit, cursor: CursorText) -> Any:
    """List the customers at risk of leaving, those with the most revenue at stake first."""
    place = known_place(_AT_RISK, cursor, 2)
    before = (int(place[0]), UUID(str(place[1]))) if place else None
    found = queries.list_at_risk(limit=limit + 1, before=before)
    page = page_of(
        found, limit=limit, name=_AT_RISK, place=lambda each: (each.revenue_at_stake_minor or 0, str(each.customer_id))
    )
    return {"items": page.items, "next": page.next}


@insights.get("/insights/products", scope="insights.read", answer=ProductInsightsOut, finds=True)
def get_product_insights(request: HttpRequest) -> Any:
    """Return what the last run found of products: which bring customers back, what is bought together and next."""
    run = queries.find_latest_run(state=RunState.SUCCEEDED)
    found = None if run is None else queries.find_section(run.id, PRODUCTS)
    if run is None or found is None:
        raise NoSuchRun(gettext("No run has looked at the products yet; the next one will."))
    return ProductInsightsOut(run_id=run.id, **found)


@insights.get("/customers/{customer_id}/scores/changes", scope="insights.read", answer=ScoreChangesOut)
def list_score_changes(request: HttpRequest, customer_id: UUID) -> Any:
    """List the days on which a customer's segment or tenths changed, the latest first."""
    customer = get_customer(customer_id)
    return {"items": queries.list_changes(list_ids_of(customer.id), limit=_CHANGES)}
