"""What the report says in words, computed from the result. Each function returns whole sentences, or None."""

from __future__ import annotations

from dataclasses import dataclass

from regulars.kit import formats
from regulars.kit.i18n import gettext as _
from regulars.kit.i18n import ngettext
from regulars.report.contracts import Backtest, CustomerRow, Estimate, Report
from regulars.report.segments import segment_look
from regulars.report.wording import (
    cash,
    count_of_customers,
    exists,
    is_known,
    relative_change,
    say,
    span,
)

# The finding that no orders came for long before the report's day.
SILENT = "silent_before_the_report"
# A change of revenue smaller than this is told as "about as much".
NOTABLE_CHANGE = 0.02
# A rate whose interval is wider than this is not told in the opening sentence.
MOST_VAGUE = 0.4
# A total that misses by more than this is not to be trusted.
FAR_OFF = 0.15
# Of fewer customers the best tenth is one or two people.
FEWEST_FOR_TENTHS = 20
# A single day against the day before it tells nothing.
FEWEST_DAYS = 2


@dataclass(frozen=True, slots=True)
class Point:
    """One sentence of the summary; `tone` is good, warn, bad or info."""

    tone: str
    text: str


def headline(report: Report) -> str:
    """Return the sentence the report opens with: how the business keeps its customers, and what is at stake."""
    if report.metrics.customers == 0:
        return _("The files hold no customer with a purchase, so there is nothing to tell yet.")
    return " ".join(filter(None, (_state(report), _silence(report) or _stake(report))))


def _silence(report: Report) -> str | None:
    """Return that no orders came for long before the report's day: nothing can be said of who is leaving then."""
    silence = next((finding for finding in report.findings if finding.code == SILENT), None)
    return None if silence is None else say(silence)


def in_short(report: Report) -> list[Point]:
    """Return the summary: revenue, concentration, what to do first, how far to trust it."""
    points = (_revenue(report), _concentration(report), _first_action(report), _trust(report))
    return [point for point in points if point is not None]


def _state(report: Report) -> str:
    metrics = report.metrics
    window = span(metrics.retention_window_days)
    now, before = metrics.retention_rate, metrics.previous_retention_rate
    if now.value is None or not exists(now.value) or _is_too_vague(now):
        return ngettext(
            "{n} customer has bought so far; that does not tell yet how many come back.",
            "{n} customers have bought so far; that does not tell yet how many come back.",
            metrics.customers,
        ).format(n=formats.number(metrics.customers))
    if now.value == 0:
        text = _("None of the customers of the {window} before bought again in the last {window}.")
    elif before.value is None or not exists(before.value):
        text = _("Of the customers of the {window} before, {now} bought again in the last {window}.")
    elif _above(now, before):
        text = _("The business keeps more of its customers: {now} came back in the last {window}, {before} before.")
    elif _above(before, now):
        text = _("The business keeps fewer of its customers: {now} came back in the last {window}, {before} before.")
    else:
        text = _("The business keeps about as many customers as before: {now} came back in the last {window}.")
    return text.format(now=formats.percent(now.value, 1), before=formats.percent(before.value, 1), window=window)


def _is_too_vague(rate: Estimate) -> bool:
    """Tell whether so few customers stand behind a rate that it says nothing."""
    return rate.low is not None and rate.high is not None and rate.high - rate.low > MOST_VAGUE


def _above(a: Estimate, b: Estimate) -> bool:
    """Tell whether `a` lies above `b` by more than both intervals explain."""
    if a.value is None or b.value is None:
        return False
    low = a.low if a.low is not None else a.value
    high = b.high if b.high is not None else b.value
    return low > b.value and a.value > high


def _stake(report: Report) -> str | None:
    metrics = report.metrics
    if not is_known(metrics.revenue_at_stake_minor):
        return None
    if metrics.customers_at_risk == 0:
        return _("Nobody of weight is at risk of leaving.")
    return ngettext(
        "{customers} is at risk of leaving, with {stake} at stake over the next {horizon}.",
        "{customers} are at risk of leaving, with {stake} at stake over the next {horizon}.",
        metrics.customers_at_risk,
    ).format(
        customers=count_of_customers(metrics.customers_at_risk),
        stake=cash(metrics.revenue_at_stake_minor.value, report.meta.currency),
        horizon=span(report.meta.horizon_days),
    )


def _revenue(report: Report) -> Point | None:
    metrics, currency = report.metrics, report.meta.currency
    if metrics.retention_window_days < FEWEST_DAYS:
        return None
    window = span(metrics.retention_window_days)
    change = relative_change(metrics.revenue_in_window_minor, metrics.previous_revenue_in_window_minor)
    revenue = cash(metrics.revenue_in_window_minor, currency)
    if change is None or metrics.revenue_in_window_minor < 0:
        return Point("info", _("Revenue of the last {window} was {revenue}.").format(window=window, revenue=revenue))
    if abs(change) < NOTABLE_CHANGE:
        text, tone = _("Revenue of the last {window} was {revenue}, about as much as in the {window} before."), "info"
    elif change > 0:
        text, tone = _("Revenue of the last {window} was {revenue}, {change} more than in the {window} before."), "good"
    else:
        text, tone = _("Revenue of the last {window} was {revenue}, {change} less than in the {window} before."), "bad"
    return Point(tone, text.format(window=window, revenue=revenue, change=formats.percent(abs(change), 1)))


def _concentration(report: Report) -> Point | None:
    share = report.metrics.revenue_share_of_top_tenth
    few = report.metrics.customers < FEWEST_FOR_TENTHS
    if not exists(share) or few or report.metrics.revenue_minor <= 0:
        return None
    return Point(
        "info", _("The best tenth of customers brings {share} of all revenue.").format(share=formats.percent(share))
    )


def _first_action(report: Report) -> Point | None:
    if not report.actions:
        return None
    action = say(report.actions[0].reason, report.meta.currency)
    return Point("warn", _("Do first: {action}").format(action=action))


def _trust(report: Report) -> Point | None:
    backtest = report.backtest
    if backtest is None:
        why = report.models.purchase.why
        if report.models.purchase.chosen is None and why:
            return Point("info", say(why[0], report.meta.currency))
        return Point("info", _("The history is too short to test the forecast against what then happened."))
    return Point("good" if beats_naive(backtest) and not _far_off(backtest) else "warn", verdict(backtest))


def verdict(backtest: Backtest) -> str:
    """Return how close the total of the backtest came, beside the best naive forecast of it."""
    text = _("Tested on the past, the forecast said {predicted} purchases where {actual} were made")
    miss = relative_change(backtest.predicted, backtest.actual)
    if miss is not None:
        text += _(" ({miss} too many)") if round(miss, 3) > 0 else _(" ({miss} too few)") if round(miss, 3) < 0 else ""
    if beats_naive(backtest) and not _far_off(backtest):
        text += "; " + _("customer by customer it beat every naive rule.")
    elif beats_naive(backtest):
        text += "; " + _(
            "customer by customer it beat every naive rule, so trust its order of customers, not its total."
        )
    elif not _far_off(backtest):
        text += "; " + _(
            "customer by customer a naive rule came as close or closer, so trust the totals more than the "
            "single customer."
        )
    else:
        text += "; " + _(
            "customer by customer a naive rule came as close or closer, so take the forecast as a rough guide only."
        )
    return text.format(
        predicted=formats.number(backtest.predicted),
        actual=formats.number(backtest.actual),
        miss=formats.percent(abs(miss or 0.0), 1),
    )


def _far_off(backtest: Backtest) -> bool:
    """Tell whether the total missed by more than is to be trusted, or there was nothing to meet."""
    miss = relative_change(backtest.predicted, backtest.actual)
    return miss is None or abs(miss) > FAR_OFF


def beats_naive(backtest: Backtest) -> bool:
    """Tell whether the model's mean absolute error is below that of every naive forecast."""
    naive = (backtest.baselines.own_rate, backtest.baselines.last_period, backtest.baselines.seasonal)
    return all(not exists(each.mae) or backtest.mae < each.mae for each in naive if each is not None)


def matters_lede(report: Report) -> str:
    """Return who brings the most revenue."""
    total = sum(segment.revenue for segment in report.segments)
    people = sum(segment.customers for segment in report.segments)
    if total <= 0 or people == 0:
        return _("There is not enough revenue yet to tell who matters most.")
    best = max(report.segments, key=lambda segment: segment.revenue)
    return _(
        "The group “{segment}” matters most: {customers_share} of the customers, {revenue_share} of the revenue."
    ).format(
        segment=segment_look(best.name).name,
        customers_share=formats.percent(best.customers / people),
        revenue_share=formats.percent(best.revenue / total),
    )


def stays_lede(report: Report) -> str:
    """Return how many come back a second time, and how soon."""
    rate = report.metrics.repeat_purchase_rate
    if report.metrics.customers == 0 or not exists(rate.value):
        return _("It is too early to tell who stays.")
    if rate.value == 0:
        return _("Nobody has bought a second time yet.")
    text = _("{share} of all customers have bought more than once.")
    gap = report.metrics.median_days_between_purchases
    if exists(gap):
        text += " " + _("The median gap between two purchases is {days} days.")
    return text.format(share=formats.percent(rate.value, 1), days=formats.number(gap))


def leaving_lede(report: Report) -> str:
    """Return how many are at risk and what that costs."""
    stake = _stake(report)
    if stake is None:
        reason = report.metrics.revenue_at_stake_minor.reason
        return _("What is at stake cannot be told yet.") + (f" {say(reason, report.meta.currency)}" if reason else "")
    return stake


def why_at_risk(customer: CustomerRow, report: Report) -> str:
    """Return in a phrase why this customer is in the list."""
    quiet = (report.meta.as_of - customer.last_on).days
    silence = ngettext("no order for {n} day", "no order for {n} days", quiet).format(n=formats.number(quiet))
    orders = ngettext("{n} order before", "{n} orders before", customer.orders).format(
        n=formats.number(customer.orders)
    )
    return f"{silence}, {orders}"


def trust_lede(report: Report) -> str:
    """Return the verdict of the backtest, or why there is none."""
    if report.backtest is None:
        return _(
            "The history is too short to hold a part of it back, so the forecasts below are untested on this file."
        )
    return verdict(report.backtest)
