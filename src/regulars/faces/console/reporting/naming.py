"""Name the people of a report as they are called today: what is kept of a report has their ids alone."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest

from regulars.customers.queries import list_customers, map_survivors
from regulars.insights.reports.contracts import Content
from regulars.report.contracts import CustomerRow, Report
from regulars.report.json_form import NotAReport, from_json
from regulars.report.page.render import content_policy, render_html


def with_names(report: Report, request: HttpRequest) -> Report:
    """Return a report whose lists of people have names, for whoever may see customers; ids where there is none."""
    if not request.user.has_perm("customers.read"):
        return report
    survivors = map_survivors([UUID(row.customer) for row in (*report.at_risk, *report.best)])
    labels = {each.id: each.label for each in list_customers(sorted(set(survivors.values())))}

    def named(people: tuple[CustomerRow, ...]) -> tuple[CustomerRow, ...]:
        return tuple(replace(row, customer=labels.get(survivors[UUID(row.customer)]) or row.customer) for row in people)

    return replace(report, at_risk=named(report.at_risk), best=named(report.best))


def with_names_today(content: Content, request: HttpRequest, *, language: str) -> tuple[bytes, str]:
    """Return the page of a kept report with names, and its policy; as it was kept where this version cannot read it."""
    try:
        report = from_json(json.loads(content.json))
    except NotAReport:
        return content.page, content.policy
    return render_html(with_names(report, request), language=language).encode(), content_policy()
