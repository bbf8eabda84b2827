"""Whether what is asked of a report can be meant."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from regulars.business.queries import get_business
from regulars.insights.reports.contracts import Every, NarrowedBy, Narrowing, Plan, Wishes
from regulars.kit.errors import DomainError
from regulars.kit.i18n import LANGUAGES, gettext
from regulars.orders.queries import list_channels, list_locations
from regulars.staff.permissions import role_may
from regulars.staff.queries import list_accounts

LONGEST_TITLE = 200
LONGEST_HORIZON_DAYS = 3_650
READS = "insights.read"
_COUNTRY = re.compile(r"[A-Z]{2}")


class WrongReport(DomainError):
    """What is asked of a report cannot be meant. `field` names what."""

    code = "wrong_report"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def checked(wishes: Wishes) -> Wishes:
    """Return what is asked with its title trimmed.

    Raises
    ------
    WrongReport
        It cannot be meant.
    """
    title = " ".join(wishes.title.split())
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise WrongReport("title", gettext("Give it a title of up to 200 characters."))
    if wishes.horizon_days is not None and not 1 <= wishes.horizon_days <= LONGEST_HORIZON_DAYS:
        raise WrongReport("horizon_days", gettext("It can look ahead from one day to ten years."))
    if not 0 < wishes.margin <= 1:
        raise WrongReport("margin", gettext("The margin is a share above nought, and at most the whole."))
    if wishes.language not in LANGUAGES:
        raise WrongReport("language", gettext("There is no report in this language."))
    for name in ("grain", "unit"):
        if getattr(wishes, name) not in {"day", "week"}:
            raise WrongReport(name, gettext("It is a day or a week."))
    if wishes.narrowing is not None:
        _check_narrowing(wishes.narrowing)
    return replace(wishes, title=title)


def _check_narrowing(narrowing: Narrowing) -> None:
    known = {NarrowedBy.CHANNEL: list_channels, NarrowedBy.LOCATION: list_locations}
    if narrowing.by is NarrowedBy.COUNTRY:
        if not _COUNTRY.fullmatch(narrowing.value):
            raise WrongReport("narrowing", gettext("A country is two letters, as AT."))
    elif narrowing.value not in known[narrowing.by]():
        raise WrongReport("narrowing", gettext("No order was placed there."))


def checked_day(as_of: date, *, now: datetime) -> date:
    """Return the day on which a report is to stand.

    Raises
    ------
    WrongReport
        It has not come yet.
    """
    if as_of > now.astimezone(get_business().zone_info).date():
        raise WrongReport("as_of", gettext("The report can only stand on a day that has come."))
    return as_of


def checked_plan(plan: Plan) -> Plan:
    """Return what a schedule is to do, without naming anybody twice.

    Raises
    ------
    WrongReport
        It cannot be meant.
    """
    if (plan.every is Every.WEEK) != (plan.weekday is not None) or plan.weekday not in {None, *range(1, 8)}:
        raise WrongReport("weekday", gettext("A report of each week has a weekday, and no other has one."))
    told = tuple(dict.fromkeys(plan.told))
    if not set(told) <= may_be_told():
        raise WrongReport("told", gettext("Only who works here and may see reports can be told of them."))
    return replace(plan, wishes=checked(plan.wishes), told=told)


def may_be_told() -> set[UUID]:
    """Return the people of the staff who may be told of reports, since they may see them."""
    return {each.id for each in list_accounts() if each.is_active and role_may(each.role, READS)}
