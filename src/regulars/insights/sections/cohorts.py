"""The section `cohorts`: who comes back, by when they first bought, for all customers and by each attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from regulars.insights.cohorts import JOINED, PERIODS, Age, Cohorts, Group, Kind, Side, Split, Trend, section_of
from regulars.insights.contracts import SectionJson
from regulars.insights.sections.by_day import ByDay
from regulars.insights.sections.cohort_people import group_customers
from regulars.insights.sections.ground import Ground
from regulars.insights.sections.grouping import Grouping, Part
from regulars.report.contracts import Cohort
from retention import cohorts as science
from retention.calendar import Period
from retention.cohorts import SplitCohorts
from retention.estimates import difference

# How many periods after the first are followed, how many cohorts are kept, and of both of a single value.
_AGES: Mapping[Period, int] = {"week": 26, "month": 24, "quarter": 12}
_COHORTS: Mapping[Period, int] = {"week": 53, "month": 36, "quarter": 20}
_AGES_OF_A_VALUE = 12
_COHORTS_OF_A_VALUE: Mapping[Period, int] = {"week": 26, "month": 24, "quarter": 12}
# How many cohorts are half a year, and a year.
_HALF_YEAR: Mapping[Period, int] = {"week": 26, "month": 6, "quarter": 2}
_YEAR: Mapping[Period, int] = {"week": 52, "month": 12, "quarter": 4}
# More lines than this cannot be told apart; half-years are told of up to so many, and years beyond.
_MOST_SPANS = 6

Integers = NDArray[np.int64]


def make_cohorts(ground: Ground, bought: ByDay) -> SectionJson:
    """Return the cohorts by week, month and quarter; none where nothing bought is left."""
    report = ground.scored.analysis.report
    groupings = group_customers(ground, bought)
    found = {period: _cohorts(bought, groupings, period, ground.as_of) for period in PERIODS} if groupings else {}
    return section_of(
        found,
        as_of=ground.as_of,
        currency=ground.business.reporting_currency,
        own_period=report.cohort_period,
    )


def _cohorts(bought: ByDay, groupings: Sequence[Grouping], period: Period, as_of: date) -> Cohorts:
    most = _AGES[period]
    by = {(each.name, place): numbers for each in groupings for place, numbers in enumerate(each.groups)}
    by["", 0] = np.zeros(len(bought.customers), np.int8)
    split = science.split_cohorts(bought.state, period, by, as_of=as_of, most=most)
    everybody = split["", 0]
    whole = science.whole_periods(everybody.cohorts, period, as_of=as_of)
    return Cohorts(
        period=period,
        open_end=whole < len(everybody.cohorts),
        everybody=_group(everybody, 0, whole, Part(kind=Kind.EVERYBODY), ages=most, kept=_COHORTS[period]),
        trend=_trend(everybody, period, whole),
        splits={
            JOINED: Split(type=JOINED, groups=_spans(everybody, whole)),
            **{each.name: _split(each, split, whole, kept=_COHORTS_OF_A_VALUE[period]) for each in groupings},
        },
    )


def _split(grouping: Grouping, split: Mapping[tuple[str, int], SplitCohorts], whole: int, *, kept: int) -> Split:
    """Return the groups of an attribute in which anybody is."""
    groups = [
        _group(split[grouping.name, place], number, whole, part, ages=_AGES_OF_A_VALUE, kept=kept)
        for place, parts in enumerate(grouping.parts)
        for number, part in enumerate(parts)
        if number < len(split[grouping.name, place].sizes)
    ]
    return Split(
        type=grouping.type, overlaps=grouping.overlaps, groups=tuple(group for group in groups if group.customers)
    )


def _group(split: SplitCohorts, number: int, whole: int, part: Part, *, ages: int, kept: int) -> Group:
    """Return one group of an attribute, with ages up to one and so many of its latest cohorts."""
    customers, revenue = split.customers[number, :, : ages + 1], split.revenue_minor[number, :, : ages + 1]
    return Group(
        kind=part.kind,
        value=part.value,
        customers=int(split.sizes[number].sum()),
        ages=_ages(customers, revenue, whole),
        cohorts=tuple(_rows(split.cohorts, customers, revenue)[-kept:]),
        over=part.over,
        until=part.until,
    )


def _rows(
    starts: Sequence[date], customers: Integers, revenue_minor: Integers, first: int = 0, end: int | None = None
) -> list[Cohort]:
    """Return the cohorts that have customers, from one to before another, each to the last period that has begun."""
    return [
        Cohort(
            period=start,
            size=int(customers[row, 0]),
            retained=tuple(customers[row, : len(starts) - row].tolist()),
            revenue_minor=tuple(revenue_minor[row, : len(starts) - row].tolist()),
        )
        for row, start in list(enumerate(starts))[first:end]
        if customers[row, 0]
    ]


def _ages(customers: Integers, revenue_minor: Integers, whole: int, first: int = 0) -> tuple[Age, ...]:
    return tuple(
        Age(
            periods=age.periods,
            followed=age.followed,
            bought=age.bought,
            share=age.share.value,
            low=age.share.low,
            high=age.share.high,
            revenue_minor=age.revenue_minor,
        )
        for age in science.pool(customers, revenue_minor, whole=whole, first=first)
    )


def _spans(everybody: SplitCohorts, whole: int) -> tuple[Group, ...]:
    """Return the cohorts of each half-year, or of each year where there are many; the latest ones, in order."""
    halves = [f"{start.year}-{1 if start.month <= 6 else 2}" for start in everybody.cohorts]
    named = halves if len(set(halves)) <= _MOST_SPANS else [half[:4] for half in halves]
    groups = []
    for name in sorted(set(named))[-_MOST_SPANS:]:
        first, last = named.index(name), len(named) - named[::-1].index(name)
        customers, revenue = (each[0, first:last] for each in (everybody.customers, everybody.revenue_minor))
        if not customers[:, 0].any():
            continue
        groups.append(
            Group(
                kind=Kind.VALUE,
                value=name,
                customers=int(customers[:, 0].sum()),
                ages=_ages(customers, revenue, whole, first),
                cohorts=tuple(
                    _rows(everybody.cohorts, everybody.customers[0], everybody.revenue_minor[0], first, last)
                ),
            )
        )
    return tuple(groups)


def _trend(everybody: SplitCohorts, period: Period, whole: int) -> Trend | None:
    """Hold the newest half-year of cohorts against that of a year before, at the age of one period.

    Where nobody bought a year before, it is held against the half-year before it. None where there is neither.
    """
    length, end = _HALF_YEAR[period], whole - 1
    if end - length < 0:
        return None
    newer = _side(everybody, end - length, end)
    for shift in (_YEAR[period], length):
        older = _side(everybody, end - length - shift, end - shift)
        if newer is None or older is None:
            continue
        found = difference((newer.bought, newer.followed), (older.bought, older.followed))
        return Trend(
            newer=newer,
            older=older,
            is_a_year=shift == _YEAR[period],
            difference=found.value,
            low=found.low,
            high=found.high,
        )
    return None


def _side(everybody: SplitCohorts, first: int, end: int) -> Side | None:
    """Return cohorts from one place to before another; None where there are none, or nobody is in them."""
    if first < 0:
        return None
    followed, bought = (int(everybody.customers[0, first:end, age].sum()) for age in (0, 1))
    if not followed:
        return None
    return Side(first=everybody.cohorts[first], last=everybody.cohorts[end - 1], followed=followed, bought=bought)
