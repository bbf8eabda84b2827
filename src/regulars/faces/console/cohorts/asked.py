"""What the address of the cohorts asks for, and the addresses that lead to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from regulars.insights.cohorts import JOINED, PERIODS, Cohorts, Group, Kind
from regulars.report.page.cohort_map import REVENUE, SHARE

MEASURES = (SHARE, REVENUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for: the period, the attribute that lines are drawn by, one of its groups (or all), the measure."""

    period: str
    by: str
    of: str
    show: str

    def address_of(self, group: Group) -> str:
        """Return the address of the same page with the map of a group; of all customers where that is what it is."""
        told = {"period": self.period, "by": self.by, "show": self.show}
        if group.kind is not Kind.EVERYBODY:
            told["of"] = token_of(self.by, group)
        return f"{reverse('console:cohorts')}?{urlencode(told)}"


def read(told: Mapping[str, str], *, own_period: str, attributes: Sequence[str]) -> Asked:
    """Return what an address asks for; what it does not name, or wrongly, is as the report has it."""
    by, period, show = told.get("by", ""), told.get("period", ""), told.get("show", "")
    return Asked(
        period=period if period in PERIODS else own_period,
        by=by if by in attributes else JOINED,
        of=told.get("of", ""),
        show=show if show in MEASURES else SHARE,
    )


def token_of(by: str, group: Group) -> str:
    """Return what a group of an attribute is called in an address; no value can be taken for another attribute's."""
    return f"{by}.{group.kind}.{group.value}"


def find_group(cohorts: Cohorts, asked: Asked) -> Group | None:
    """Return the group that is asked for; None where all customers are, or there is no such group."""
    return next((group for group in cohorts.splits[asked.by].groups if token_of(asked.by, group) == asked.of), None)
