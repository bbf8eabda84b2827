"""What the list's address asks for: words, a condition, columns, an order, and a place in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from regulars.customers.questions import read_condition, setting_of, understand
from regulars.faces.console.permission import sees_sensitive
from regulars.faces.console.zone import business_of
from regulars.facts.asking import Order
from regulars.facts.contracts import Fact
from regulars.facts.language import tree
from regulars.facts.language.binding import Setting
from regulars.facts.language.faults import WITHHELD, WrongCondition
from regulars.facts.language.meaning import Meaning
from regulars.kit.i18n import gettext, ngettext

DEFAULT_SORT = "profile.since"
DEFAULT_COLUMNS = ("orders.count", "orders.revenue", "orders.last")
MOST_COLUMNS = 12
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for. A condition that cannot be meant is told as `fault`, and nothing is asked by it.

    Columns and an order that one may not see are left out; `left_out` says so.
    """

    setting: Setting
    search: str
    where: str
    condition: tree.Condition | None
    meaning: Meaning | None
    fault: WrongCondition | None
    order: Order
    columns: Sequence[Fact]
    place: str
    usual_sort: str
    left_out: Sequence[str]

    @property
    def is_sorted(self) -> bool:
        """Whether it is sorted otherwise than by default."""
        return self.order.fact.name != self.usual_sort

    @property
    def has_columns(self) -> bool:
        """Whether it has other columns than by default."""
        return [fact.name for fact in self.columns] != list(DEFAULT_COLUMNS)

    @property
    def without_filter(self) -> str:
        """The address of the list without its condition."""
        return self.address(where="")

    @property
    def filter_address(self) -> str:
        """The address of the filter of this list, both sides of it."""
        return self.address(base="console:customers.filter", by="text")

    @property
    def open_address(self) -> str:
        """The address of this list with its filter open."""
        return self.address(open="1")

    @property
    def columns_address(self) -> str:
        """The address at which the columns of this list are chosen."""
        return self.address(base="console:customers.columns")

    @property
    def query(self) -> str:
        """What is asked, as the query of an address."""
        return self.address().partition("?")[2]

    def address(self, base: str = "console:customers", **changes: Any) -> str:
        """Return the address of the list, with some things asked otherwise; what is asked by default is left out."""
        told: dict[str, Any] = {
            "q": self.search,
            "where": self.where,
            "sort": self.order.fact.name if self.is_sorted else "",
            "direction": "" if self.order.descending else "ascending",
            "show": [fact.name for fact in self.columns],
        } | changes
        query = QueryDict(mutable=True)
        for name, value in told.items():
            if isinstance(value, list):
                if value != list(DEFAULT_COLUMNS):
                    query.setlist(name, value)
            elif value:
                query[name] = value
        address = reverse(base)
        return f"{address}?{query.urlencode()}" if query else address


def read_asked(request: HttpRequest, *, now: datetime) -> Asked:
    """Return what a request asks for; a sort or column that there is not is the usual one."""
    setting = setting_of(business_of(request), now=now, sees_sensitive=sees_sensitive(request))
    told = request.GET
    where = text_of(told, "where")
    condition, meaning, fault = _understood(where, setting)
    facts = setting.catalogue.facts
    sort = facts.get(told.get("sort", ""))
    usual = _usual_sort(condition, setting)
    return Asked(
        setting=setting,
        search=text_of(told, "q")[:LONGEST_SEARCH],
        where=where,
        condition=condition,
        meaning=meaning,
        fault=fault,
        order=Order(
            fact=sort if sort and sort.is_indexed else usual,
            descending=told.get("direction") != "ascending",
        ),
        columns=[facts[name] for name in columns_of(told) if name in facts],
        place=told.get("before", ""),
        usual_sort=usual.name,
        left_out=_left_out(told, setting),
    )


def refusal_of(query: str, setting: Setting) -> WrongCondition | None:
    """Return why one may not keep the list of a query; None where one may, be its condition right or wrong."""
    _, _, fault = _understood(text_of(QueryDict(query), "where"), setting)
    return fault if fault and fault.code == WITHHELD else None


def _understood(where: str, setting: Setting) -> tuple[tree.Condition | None, Meaning | None, WrongCondition | None]:
    if not where:
        return None, None, None
    try:
        parsed = read_condition(where)
        return parsed.tree, understand(parsed, setting), None
    except WrongCondition as error:
        return None, None, error


def _left_out(told: QueryDict, setting: Setting) -> list[str]:
    """Return, in words, what is asked for that one may not see; which it is would tell what the business keeps."""
    withheld = setting.catalogue.withheld
    said = []
    if count := len(withheld.intersection(columns_of(told))):
        said.append(
            ngettext(
                "{count} column is left out: it is sensitive, and only who may change customers sees it.",
                "{count} columns are left out: they are sensitive, and only who may change customers sees them.",
                count,
            ).format(count=count)
        )
    if told.get("sort") in withheld:
        said.append(
            gettext("The list is not sorted as asked: that is sensitive, and only who may change customers sees it.")
        )
    return said


def _usual_sort(condition: tree.Condition | None, setting: Setting) -> Fact:
    """Return by what a list is sorted where nobody says: by the first fact that it is filtered by and can be.

    Who asks for revenue wants to see the most of it; and who is found by it stands side by side in its index.
    """
    facts = setting.catalogue.facts
    parts = condition.of if isinstance(condition, tree.All) else (condition,)
    for part in parts:
        if isinstance(part, tree.Compare | tree.Between | tree.Within) and isinstance(part.what, tree.FactOperand):
            # A fact that counts the days since a moment is sorted by that moment.
            fact = facts[part.what.fact]
            same = [each for each in facts.values() if each.is_indexed and each.column == fact.column]
            if same and part.what.is_plain:
                return same[0]
    return facts[DEFAULT_SORT]


def columns_of(told: QueryDict) -> Sequence[str]:
    """Return the names of the columns that are asked for, each once."""
    return list(dict.fromkeys(told.getlist("show")))[:MOST_COLUMNS] or DEFAULT_COLUMNS


def text_of(told: QueryDict, name: str) -> str:
    """Return a text that somebody typed, without what the database could not keep."""
    text = told.get(name, "").replace("\0", "").replace("\r\n", "\n").strip()
    return text.encode(errors="ignore").decode()
