"""What insights hold of a person: scores and how they changed. A merge moves nothing: the next fold reads the alias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.insights.models import Score, ScoreHistory
from regulars.insights.reports.queries import list_reports_naming, list_runs_naming
from regulars.kit.classification import Columns, columns

_SCORED = (
    "run_id r f m rfm_segment rfm_on first_on last_on frequency revenue_minor expected_orders expected_orders_low"
    " expected_orders_high expected_revenue_minor risk risk_decile at_risk revenue_at_stake_minor clv_minor"
    " clv_low_minor clv_high_minor clv_decile next_order_expected_on scored_at"
)
COLUMNS: Columns = {
    **columns(
        "insights_run",
        none="id state trigger requested_by as_of started_at finished_at step share_done starts"
        " error_code error_message customers orders recency_cuts frequency_cuts monetary_cuts alarms seen_until spread"
        " stock",
    ),
    # As those of kept reports, below.
    **columns("insights_section", none="run_id name", personal="content"),
    **columns("insights_target", none="metric window_days value set_by set_at"),
    **columns(
        "insights_report_schedule",
        none="id title horizon_days margin grain unit language narrowed_by narrowed_to every weekday told is_paused"
        " done_until created_by created_at",
    ),
    **columns(
        "insights_kept_report",
        none="id title horizon_days margin grain unit language narrowed_by narrowed_to state as_of requested_by"
        " requested_at schedule_id finished_at step share_done starts error_code error_message customers orders"
        " size_bytes told_at",
    ),
    # Its lists of customers name them by id; `reports.forgetting` takes out who is erased.
    **columns("insights_report_content", none="report_id policy", personal="page json named"),
    **columns("insights_score", none=_SCORED, personal="customer_id"),
    **columns("insights_staged_score", none=_SCORED, personal="customer_id"),
    **columns("insights_waiting", personal="customer_id"),
    **columns(
        "insights_score_history", none="changed_on run_id rfm_segment risk_decile clv_decile", personal="customer_id"
    ),
}
_TOLD = (
    *("rfm_segment", "r", "f", "m", "first_on", "last_on", "frequency", "revenue_minor", "expected_orders"),
    *("expected_revenue_minor", "risk", "at_risk", "revenue_at_stake_minor", "clv_minor", "next_order_expected_on"),
    "scored_at",
)


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return all that is foretold of a customer, under all of its ids, and how it has changed."""
    return {
        "scores": [
            {name: _plain(getattr(row, name)) for name in _TOLD}
            for row in Score.objects.filter(customer_id__in=customer_ids).order_by("customer_id")
        ],
        "score_history": [
            {
                "changed_on": row.changed_on.isoformat(),
                "rfm_segment": row.rfm_segment,
                "risk_decile": row.risk_decile,
                "clv_decile": row.clv_decile,
            }
            for row in ScoreHistory.objects.filter(customer_id__in=customer_ids).order_by("changed_on", "customer_id")
        ],
        "named_in_reports": [
            {"title": each.wishes.title, "as_of": each.as_of.isoformat(), "made_at": _plain(each.finished_at)}
            for each in list_reports_naming(customer_ids)
        ],
        "named_in_runs": [day.isoformat() for day in list_runs_naming(customer_ids)],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
