"""Cohorts as lines: who bought by periods since the first purchase, a line for each group; and groups side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regulars.faces.console.cohorts.asked import Asked
from regulars.faces.console.cohorts.conditions import BOUGHT, askable, customers_address, who_are
from regulars.faces.console.cohorts.words import FEWEST, Seen, group_name
from regulars.facts.language.binding import Setting
from regulars.insights.cohorts import JOINED, Age, Cohorts, Group
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.kit.money import minor_digits
from regulars.report.page.cohort_map import REVENUE
from regulars.report.page.figures import Column, Figure, Key, line
from regulars.report.page.names import period_words

COMPARED = (1, 3, 6, 12)
"""The ages at which groups are held side by side."""
# The ages by which the revenue of groups is held side by side, the longest that all customers have been followed to.
_SPENT_BY = (12, 6, 3, 1)
# More lines than these cannot be told apart; the table has all.
_TONES = ("returning", "lapsed", "naive", "actual", "reactivated", "reference")
_WITH_INTERVALS = 2
# What comes first is where the eye goes: the newest of what has an order.
_NEWEST_FIRST = (JOINED,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a group did at an age, in words; `interval` is empty where too few have been followed."""

    text: str
    interval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A group in the table.

    `address` leads to its customers where they can be asked for, `map_address` to the map of its cohorts.
    """

    name: str
    address: str
    customers: str
    shares: Sequence[Share]
    spent: str
    map_address: str


def followed(group: Group) -> list[Age]:
    """Return the ages after the first period of which enough can be told."""
    return [age for age in group.ages[1:] if age.followed >= FEWEST]


def curves(cohorts: Cohorts, by: Seen, currency: str, *, show: str) -> Figure | None:
    """Return a line for each group of an attribute, the largest ones (or newest) where there are many."""
    groups = [group for group in _in_order(cohorts, by) if followed(group)]
    drawn = groups[: len(_TONES)]
    if not drawn or max(len(followed(group)) for group in drawn) < 2:  # A line has two ends.
        return None
    is_money, noun = show == REVENUE, period_words(cohorts.period)[1]
    labels = [period_words(cohorts.period)[2].format(n=k) for k in range(1, 1 + max(len(followed(g)) for g in drawn))]
    names = [group_name(by, group, currency) for group in drawn]
    unit = (
        gettext("{currency} per customer so far, by {period} after the first").format(currency=currency, period=noun)
        if is_money
        else gettext("% of the customers who bought in it, by {period} after the first").format(period=noun)
    )
    return Figure(
        name="cohort-curves",
        title=gettext("What customers bring as time goes by")
        if is_money
        else gettext("Who comes back as time goes by"),
        unit=unit,
        summary=gettext("Lines for: {names}.").format(names=", ".join(names)),
        columns=_columns(currency),
        rows=tuple(
            (
                group_name(by, group, currency),
                age.periods,
                age.followed,
                age.bought,
                age.share,
                age.low,
                age.high,
                _spent(age),
            )
            for group in groups
            for age in followed(group)
        ),
        spec={
            "kind": "lines",
            "x": {"labels": labels},
            "y": {"format": "money", "currency": currency} if is_money else {"format": "percent", "min": 0},
            "series": [
                _line(group, name, tone, currency, is_money=is_money, banded=len(drawn) <= _WITH_INTERVALS)
                for group, name, tone in zip(drawn, names, _TONES, strict=False)
            ],
        },
        legend=tuple(Key(label=name, tone=tone, line=True) for name, tone in zip(names, _TONES, strict=False)),
        note=_note(len(groups), is_money=is_money),
    )


def compared(
    cohorts: Cohorts, by: Seen, asked: Asked, setting: Setting, *, currency: str
) -> tuple[list[Compared], int | None]:
    """Return all groups of an attribute side by side, and by which age their revenue is told (None: by none yet)."""
    spent_by = next((k for k in _SPENT_BY if (age := cohorts.everybody.at(k)) and age.followed >= FEWEST), None)
    named = _named(cohorts, by, asked, setting, currency=currency)
    groups = [(cohorts.everybody, gettext("All customers"), ""), *named]
    return [_compared(*each, asked, spent_by=spent_by, currency=currency) for each in groups], spent_by


def _named(
    cohorts: Cohorts, by: Seen, asked: Asked, setting: Setting, *, currency: str
) -> Iterator[tuple[Group, str, str | None]]:
    """Yield the groups of an attribute with their names, and the conditions that their customers meet."""
    split = cohorts.splits[by.name]
    for group in _in_order(cohorts, by):
        who = who_are(by.name, split, group, asked.period)
        yield group, group_name(by, group, currency), askable(who, setting)


def _compared(
    group: Group, name: str, where: str | None, asked: Asked, *, spent_by: int | None, currency: str
) -> Compared:
    spent = None if spent_by is None else group.at(spent_by)
    return Compared(
        name=name,
        # Cohorts are of those who have bought; others may have the same said of them.
        address=customers_address(BOUGHT, where),
        customers=formats.number(group.customers),
        shares=[_share(group.at(k)) for k in COMPARED],
        spent=formats.money(_spent(spent), currency) if spent and spent.followed >= FEWEST else "",
        map_address=asked.address_of(group),
    )


def _in_order(cohorts: Cohorts, by: Seen) -> Sequence[Group]:
    groups = cohorts.splits[by.name].groups
    return groups[::-1] if by.name in _NEWEST_FIRST else groups


def _share(age: Age | None) -> Share:
    if age is None or age.followed < FEWEST:
        return Share(text="", interval="")
    return Share(
        text=formats.percent(age.share, 1),
        interval=gettext("{low} to {high}").format(low=formats.percent(age.low, 1), high=formats.percent(age.high, 1)),
    )


def _spent(age: Age) -> float:
    return age.revenue_minor / age.followed


def _columns(currency: str) -> tuple[Column, ...]:
    return (
        Column(label=gettext("Customers")),
        Column(label=gettext("Periods after"), form="number"),
        Column(label=gettext("Followed so long"), form="number"),
        Column(label=gettext("Bought"), form="number"),
        Column(label=gettext("Share"), form="percent"),
        Column(label=gettext("95% from"), form="percent", definition="interval"),
        Column(label=gettext("95% to"), form="percent"),
        Column(label=gettext("Revenue per customer so far"), form="money", currency=currency, definition="revenue"),
    )


def _line(group: Group, name: str, tone: str, currency: str, *, is_money: bool, banded: bool) -> dict[str, object]:
    ages = followed(group)
    if is_money:
        return line(name, tone, [_spent(age) / 10.0 ** minor_digits(currency) for age in ages], symbols=len(ages) == 1)
    band = {"low": [age.low for age in ages], "high": [age.high for age in ages]} if banded else {}
    return line(name, tone, [age.share for age in ages], symbols=len(ages) == 1, **band)


def _note(groups: int, *, is_money: bool) -> str:
    notes = [
        gettext(
            "Cohorts of all ages together: at each age those that have been followed so long, {n} customers at least."
        ).format(n=FEWEST)
    ]
    if is_money:
        notes.append(gettext("A line may fall, because later ages know the older cohorts alone."))
    if groups > len(_TONES):
        notes.append(gettext("The chart shows {n} lines, the table all.").format(n=len(_TONES)))
    return " ".join(notes)
