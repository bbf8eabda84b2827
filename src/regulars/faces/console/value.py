"""Value and risk: what customers are worth, who may leave and what that costs, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from regulars.faces.console.at_risk import at_risk_of
from regulars.faces.console.figures import define, shown
from regulars.faces.console.latest import Latest, find_latest
from regulars.faces.console.model_card import card_of
from regulars.faces.console.model_figures import facts_of, forecasts_of, models_of
from regulars.faces.console.permission import needs
from regulars.faces.console.rfm import run_context
from regulars.faces.console.rfm_map import customers_address
from regulars.faces.console.value_figures import risk_histogram, value_curve, value_histogram
from regulars.insights.contracts import RunQuality, ValueSpread
from regulars.insights.queries import list_run_qualities
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.report.contracts import Estimate, Report
from regulars.report.page.sentences import leaving_lede, trust_lede
from regulars.report.page.trust_charts import backtest_by_frequency, backtest_weekly, calibration
from regulars.report.wording import cash, exists, is_bounded, is_known, relative_change, say, signed_percent, span

RUNS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure that matters, with its interval; `address` leads to the people behind it."""

    name: str
    label: str
    definition: str
    value: str
    more: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """How well the models of a run stood their tests, in words."""

    as_of: str
    done_at: datetime
    customers: str
    model: str
    auc: str
    brier: str
    error: str
    total: str


@needs("insights.read")
@require_safe
def value_and_risk(request: HttpRequest) -> HttpResponse:
    """Show how value and risk are spread, who is at risk, and the model card of the last run."""
    good = find_latest()
    context = run_context(request, good) | {"good": good}
    if good:
        context |= _found(request, good)
    return render(request, "console/value.html", context)


def _found(request: HttpRequest, good: Latest) -> dict[str, Any]:
    report, spread = good.report, good.value_spread
    may_name = request.user.has_perm("customers.read")
    return {
        "sentence": _sentence(report),
        "kpis": _kpis(report),
        "spread": _spread(spread, report),
        "is_older": spread is None,
        "stake_says": leaving_lede(report),
        "at_risk": at_risk_of(request, report) if may_name else None,
        "calibration": shown(calibration(report)),
        "trust_says": trust_lede(report),
        "backtest": report.backtest,
        "weekly": shown(backtest_weekly(report)),
        "by_frequency": shown(backtest_by_frequency(report)),
        "forecasts": forecasts_of(report),
        "card": card_of(report),
        "models": models_of(report),
        "facts": facts_of(report),
        "meanings": {name: define(name) for name in ("mae", "correlation", "auc", "brier", "coverage", "aic")},
        "coverage": _coverage(report),
        "runs": [_past(each) for each in list_run_qualities(limit=RUNS)],
    }


def _sentence(report: Report) -> str:
    equity = report.metrics.customer_equity_minor
    if not is_known(equity):
        return " ".join([gettext("What customers are worth cannot be told yet."), _why(equity, report)]).strip()
    told = gettext("Today's customers are expected to bring {value} in the next 12 months.").format(
        value=cash(equity.value, report.meta.currency)
    )
    return f"{told} {leaving_lede(report)}"


def _kpis(report: Report) -> list[Figure]:
    metrics, horizon = report.metrics, span(report.meta.horizon_days)
    within = gettext("Within {horizon}").format(horizon=horizon)
    told: Sequence[tuple[str, str, Estimate, bool, str]] = (
        (
            "customer_equity",
            gettext("Value of the next 12 months"),
            metrics.customer_equity_minor,
            True,
            "clv.expected_12m > 0",
        ),
        ("expected_revenue", gettext("Revenue expected"), metrics.expected_revenue_minor, True, "expected.revenue > 0"),
        ("expected_orders", gettext("Orders expected"), metrics.expected_orders, False, "expected.orders > 0"),
        ("at_stake", gettext("Revenue at stake"), metrics.revenue_at_stake_minor, True, "churn.at_risk"),
    )
    return [
        Figure(
            name=name,
            label=label,
            definition=f"{define(name)} {within}." if name != "customer_equity" else define(name),
            value=_written(estimate.value, report, is_money=is_money),
            more=_interval(estimate, report, is_money=is_money),
            address=customers_address(where),
        )
        for name, label, estimate, is_money, where in told
    ]


def _written(value: float | None, report: Report, *, is_money: bool) -> str:
    return cash(value, report.meta.currency) if is_money else formats.number(value)


def _interval(estimate: Estimate, report: Report, *, is_money: bool) -> str:
    if not is_bounded(estimate):
        return _why(estimate, report) or gettext("not enough is known yet")
    low, high = (_written(each, report, is_money=is_money) for each in (estimate.low, estimate.high))
    return gettext("95 %: {low} – {high}").format(low=low, high=high)


def _why(estimate: Estimate, report: Report) -> str:
    return say(estimate.reason, report.meta.currency) if estimate.reason else ""


def _spread(spread: ValueSpread | None, report: Report) -> dict[str, Any]:
    if spread is None:
        return {}
    currency = report.meta.currency
    return {
        "values": shown(value_histogram(spread, currency)),
        "curve": shown(value_curve(spread)),
        "risks": shown(risk_histogram(spread, currency)),
        "most_valuable": customers_address("clv.decile = 10"),
        "riskiest": customers_address("churn.risk_decile = 10", sort="churn.risk"),
    }


def _coverage(report: Report) -> str:
    coverage = report.backtest.interval_coverage if report.backtest else None
    return formats.percent(coverage, 1) if exists(coverage) else ""


def _past(told: RunQuality) -> PastRun:
    miss = relative_change(told.backtest_predicted, told.backtest_actual)
    return PastRun(
        as_of=formats.day(told.as_of),
        done_at=told.finished_at,
        customers=formats.number(told.customers),
        model=told.model or formats.MISSING,
        auc=formats.number(told.auc, 3),
        brier=formats.number(told.brier, 3),
        error=formats.number(told.backtest_error, 3),
        total=signed_percent(miss),
    )
