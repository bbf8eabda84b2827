"""What a programme's points came to month by month: earned above the line, spent and expired below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.loyalty.ledger.contracts import Totals
from regulars.loyalty.ledger.queries import list_daily_totals
from regulars.report.page.figures import Column, Figure, Key

_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month: what was earned (given by hand and by partners included), spent and expired in it."""

    first: date
    earned: int
    spent: int
    expired: int
    outstanding: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """The last twelve months, the running one included."""

    months: Sequence[Month]

    @property
    def earned(self) -> int:
        """What was earned in all of them."""
        return sum(each.earned for each in self.months)

    @property
    def spent(self) -> int:
        """What was spent in all of them."""
        return sum(each.spent for each in self.months)

    @property
    def expired(self) -> int:
        """What expired in all of them."""
        return sum(each.expired for each in self.months)

    @property
    def outstanding(self) -> int:
        """What stands on all accounts."""
        return self.months[-1].outstanding

    @property
    def has_any(self) -> bool:
        """Whether anything happened, or stands on an account."""
        return any(each.earned or each.spent or each.expired or each.outstanding for each in self.months)


def months_of(program_id: UUID, currency: str, *, today: date, zone: ZoneInfo) -> Months:
    """Return the months up to today's."""
    firsts = [_months_before(today, number) for number in reversed(range(_MONTHS))]
    days = list_daily_totals(program_id, currency, first=firsts[0], last=today, zone=zone)
    by_month: dict[date, list[Totals]] = {first: [] for first in firsts}
    for each in days:
        assert each.since is not None  # noqa: S101  # Each is one day's.
        by_month[each.since.astimezone(zone).date().replace(day=1)].append(each)
    return Months(months=[_month(first, totals) for first, totals in by_month.items()])


def figure_of(months: Months, currency: str) -> Figure:
    """Draw what was earned above the line, and what was spent and expired below it."""
    series = (
        (gettext("Earned"), "returning", [each.earned for each in months.months]),
        (gettext("Spent"), "new", [each.spent for each in months.months]),
        (gettext("Expired"), "lapsed", [each.expired for each in months.months]),
    )
    labels = [formats.month(each.first) for each in months.months]
    return Figure(
        name="earn-and-burn",
        title=gettext("Earned, spent and expired"),
        unit=gettext("{currency} by month, the running one included").format(currency=currency),
        summary=gettext("Bars: {earned} earned above the line, {spent} spent and {expired} expired below it.").format(
            earned=formats.number(months.earned),
            spent=formats.number(months.spent),
            expired=formats.number(months.expired),
        ),
        columns=(
            Column(label=gettext("Month")),
            *(Column(label=name, form="number") for name, _, _ in series),
            Column(label=gettext("On accounts at its end"), form="number"),
        ),
        rows=tuple(
            (label, each.earned, each.spent, each.expired, each.outstanding)
            for label, each in zip(labels, months.months, strict=True)
        ),
        spec={
            "kind": "bars",
            "stacked": True,
            "x": {"labels": labels},
            "y": {"format": "number", "signless": True},
            "series": [
                {"name": name, "tone": tone, "values": [each if number == 0 else -each for each in values]}
                for number, (name, tone, values) in enumerate(series)
            ],
        },
        legend=tuple(Key(label=name, tone=tone) for name, tone, _ in series),
        note=gettext("Earned is what rules granted, without what returns took back, and what was given by hand."),
    )


def _month(first: date, days: Sequence[Totals]) -> Month:
    return Month(
        first=first,
        earned=sum(each.issued + each.adjusted + each.partner for each in days),
        spent=sum(each.redeemed for each in days),
        expired=sum(each.breakage for each in days),
        outstanding=days[-1].outstanding if days else 0,
    )


def _months_before(day: date, number: int) -> date:
    """Return the first day of the month so many before a day's."""
    months = day.year * 12 + day.month - 1 - number
    return date(months // 12, months % 12 + 1, 1)
