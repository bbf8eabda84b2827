"""Let reports, kept ones and those of runs, name somebody no longer: who is erased leaves their lists of people.

The figures stay: they count many. A kept report is written anew from its own JSON, by the same renderer as ever.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.models import ReportContent as ContentRow
from regulars.insights.reports.written import json_text
from regulars.insights.statements import rows_of
from regulars.report.contracts import CustomerRow, Report
from regulars.report.json_form import NotAReport, from_json
from regulars.staff.services import record
from regulars.stream.contracts import Actor


@transaction.atomic
def forget_people(*, customer_ids: Collection[UUID], now: datetime, actor: Actor) -> int:
    """Take a customer, under all of its ids, out of the reports that name it; return how many named it.

    One that this version can no longer read is removed whole.
    """
    rows = ContentRow.objects.select_for_update(no_key=True).filter(named__overlap=list(customer_ids))
    found = list(rows.order_by("report_id"))
    for row in found:
        try:
            _rewrite(row, frozenset(map(str, customer_ids)))
        except NotAReport:
            ContentRow.objects.filter(report_id=row.report_id).delete()
            ReportRow.objects.filter(id=row.report_id).delete()
            record(actor, "report.removed", "report", row.report_id, now=now, details={"why": "erasure"})
        else:
            record(actor, "report.people_forgotten", "report", row.report_id, now=now)
    return len(found) + _forget_in_runs(customer_ids, now, actor)


def _forget_in_runs(customer_ids: Collection[UUID], now: datetime, actor: Actor) -> int:
    """Do the same for the reports of runs; return how many named the customer."""
    customers = [str(each) for each in customer_ids]
    runs = [run_id for run_id, _ in rows_of("runs_naming", {"customers": customers})]
    for run_id in runs:
        rows_of("forget_in_run", {"run_id": run_id, "customers": customers})
        record(actor, "report.people_forgotten", "insights_run", run_id, now=now)
    return len(runs)


def without_people(report: Report, customers: frozenset[str]) -> Report:
    """Return a report whose lists of people do not name some customers."""

    def kept(people: tuple[CustomerRow, ...]) -> tuple[CustomerRow, ...]:
        return tuple(row for row in people if row.customer not in customers)

    return replace(report, at_risk=kept(report.at_risk), best=kept(report.best))


def _rewrite(row: ContentRow, customers: frozenset[str]) -> None:
    from regulars.report.page.render import content_policy, render_html

    language = ReportRow.objects.values_list("language", flat=True).get(id=row.report_id)
    report = without_people(from_json(json.loads(zlib.decompress(row.json))), customers)
    page = render_html(report, language=language).encode()
    told = json_text(report, language=language)
    row.page, row.json, row.policy = zlib.compress(page), zlib.compress(told.encode()), content_policy()
    row.named = [each for each in row.named if str(each) not in customers]
    row.save()
    ReportRow.objects.filter(id=row.report_id).update(size_bytes=len(page))
