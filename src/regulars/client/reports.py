"""Kept reports, and the schedules that make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from regulars.client import shapes
from regulars.client.resource import Resource


class Reports(Resource):
    """Reports: ask, look until `state` is `ready`, download."""

    def ask(
        self,
        title: str,
        *,
        as_of: str | None = None,
        horizon_days: int | None = None,
        margin: float = 1.0,
        grain: Literal["day", "week"] = "day",
        unit: Literal["day", "week"] = "week",
        language: Literal["en", "de"] = "en",
        narrowing: shapes.Narrowing | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.KeptReport:
        """Have a report made in the background."""
        body = {
            "title": title,
            "as_of": as_of,
            "horizon_days": horizon_days,
            "margin": margin,
            "grain": grain,
            "unit": unit,
            "language": language,
            "narrowing": narrowing,
        }
        answer = self._caller.write("POST", "reports", body, idempotency_key=idempotency_key)
        return cast("shapes.KeptReport", answer)

    def list(self, *, page_size: int = 50) -> Iterator[shapes.KeptReport]:
        """Return the reports, the latest first."""
        return self._each("reports", {"limit": page_size})

    def get(self, report_id: str) -> shapes.KeptReport:
        """Return a report: how far it has come, or whether it can be had."""
        return cast("shapes.KeptReport", self._caller.get(f"reports/{report_id}"))

    def download(self, report_id: str, goal: str | Path) -> Path:
        """Write the page to `goal`, a file that needs nothing else."""
        path = Path(goal)
        self._caller.fetch_file(f"reports/{report_id}/page", path)
        return path

    def json(self, report_id: str) -> dict[str, Any]:
        """Return what a report says, as `regulars report --json` writes it."""
        return cast("dict[str, Any]", self._caller.get(f"reports/{report_id}/json"))

    def remove(self, report_id: str, *, idempotency_key: str | None = None) -> shapes.KeptReport:
        """Remove a report with all that it holds."""
        answer = self._caller.write("DELETE", f"reports/{report_id}", idempotency_key=idempotency_key)
        return cast("shapes.KeptReport", answer)

    def schedules(self) -> Sequence[shapes.ReportSchedule]:
        """Return the schedules, the newest first."""
        return cast("Sequence[shapes.ReportSchedule]", self._caller.get("report-schedules")["items"])

    def schedule(
        self, schedule_id: str, plan: shapes.ReportPlan | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> shapes.ReportSchedule:
        """Make a schedule under an id of your own, or let it do something else from now on."""
        path = f"report-schedules/{schedule_id}"
        answer = self._caller.write("PUT", path, dict(plan), idempotency_key=idempotency_key)
        return cast("shapes.ReportSchedule", answer)

    def unschedule(self, schedule_id: str, *, idempotency_key: str | None = None) -> shapes.ReportSchedule:
        """Remove a schedule; the reports that it has made stay."""
        answer = self._caller.write("DELETE", f"report-schedules/{schedule_id}", idempotency_key=idempotency_key)
        return cast("shapes.ReportSchedule", answer)
