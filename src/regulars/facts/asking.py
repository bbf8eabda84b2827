"""Ask which customers a condition is true of: the first of them, how many, and why one is or is not among them.

A list is looked for in two ways. First along the index by which it is sorted, up to a number of customers: where many
fit, the first page is there at once. Where few do, all that fit are found together, which is quick again if an index
knows them; what is not is given up after a time. So no question holds a page, and none reads without end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any
from uuid import UUID

from regulars.facts import reading
from regulars.facts.contracts import Fact, Row
from regulars.facts.interpreters.sql import Compiler
from regulars.facts.language import tree
from regulars.facts.language.binding import Setting, bind, withheld
from regulars.facts.language.meaning import Both, FactReading, Meaning, Test
from regulars.facts.language.parser import Parsed
from regulars.facts.language.printer import write
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

# How many customers are looked at along the index: where that is a look at a row or two each, and where it is more.
LOOKED_AT = 8_000
GATHERED_OF = (600, 5_000)
# What costs less by the reckoning of the server is found as a whole in some ten milliseconds, sooner than by a walk.
CHEAP_COST = 10_000
LIST_MILLISECONDS = 5_000
COUNT_MILLISECONDS = 600
ALL_MILLISECONDS = 60_000
SAMPLED = 5_000
# Fewer in the sample that fit, and the estimate would be no better than a guess.
_Z_95 = 1.959964


class NotSortable(DomainError):
    """Lists are not sorted by this fact."""

    code = "not_sortable"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a sorted list: behind the customer with this value, and among equals behind this id."""

    value: Any
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """By which fact a list is sorted; customers of whom it is not known come last."""

    fact: Fact
    descending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The next customers of a list, each with its place; and how many there are, where that was found on the way."""

    places: Sequence[Place]
    count: int | None

    @property
    def ids(self) -> list[UUID]:
        """The customers' ids."""
        return [place.id for place in self.places]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many customers there are: exactly, or by a sample, with the bounds of the 95 % interval."""

    value: int
    low: int
    high: int
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A part of a condition, whether it is true of a customer, and its own parts."""

    text: str
    holds: bool
    parts: Sequence[Explained]
    # What the customer's value is, where the part asks for one.
    value: Any = None
    fact: Fact | None = None


def sortable(setting: Setting, name: str) -> Fact:
    """Return the fact of this name, by which lists are sorted.

    Raises
    ------
    NotSortable
        There is none, or no index has it.
    WithheldFact
        One may not see it: the order would tell its values.
    """
    if name in setting.catalogue.withheld:
        raise withheld(name, "/sort")
    fact = setting.catalogue.facts.get(name)
    if fact is None or not fact.is_indexed:
        raise NotSortable(gettext("Lists are not sorted by {name}.").format(name=name))
    return fact


def list_customers(
    condition: Meaning | None, *, setting: Setting, order: Order, limit: int, after: Place | None = None
) -> Found:
    """Return the next customers of whom a condition is true.

    Raises
    ------
    TookTooLong
        It was given up.
    NotOfCustomers
        A fact is known of no set of customers.
    """
    question = _Question(condition, setting, order, limit, after)
    with reading.bounded(LIST_MILLISECONDS):
        if question.is_cheap():
            reading.without_helpers()
            return question.find_all()
        walked = None if after and after.value is None else question.walk()
        return Found(places=walked, count=None) if walked is not None else question.find_all()


def count_customers(condition: Meaning | None, *, setting: Setting) -> Counted:
    """Return of how many customers a condition is true; where it takes too long to count them, by a sample.

    Raises
    ------
    TookTooLong
        Even the sample did.
    NotOfCustomers
        A fact is known of no set of customers.
    """
    compiler = Compiler(setting.catalogue.ground, setting.clock)
    wanted = compiler.condition(condition) if condition else "TRUE"
    try:
        with reading.bounded(COUNT_MILLISECONDS):
            [(count,)] = reading.rows(compiler.select("count(*)", wanted), compiler.parameters)
            return Counted(value=count, low=count, high=count, is_exact=True)
    except reading.TookTooLong:
        return _estimated(condition, setting)


def read_values(names: Sequence[str], ids: Sequence[UUID], *, setting: Setting) -> dict[UUID, dict[str, Any]]:
    """Return what is known of some customers: by id, the values of some facts by name.

    Raises
    ------
    TookTooLong
        It was given up.
    NotOfCustomers
        A fact is known of no customer.
    """
    compiler = Compiler(setting.catalogue.ground, setting.clock, among=True)
    columns = [compiler.value(setting.catalogue.facts[name]) for name in names]
    sql = compiler.select(", ".join([compiler.identity, *columns]))
    with reading.bounded(LIST_MILLISECONDS):
        found = reading.rows(sql, compiler.parameters | {"among": list(ids)})
    return {identity: dict(zip(names, values, strict=True)) for identity, *values in found}


def explain(parsed: Parsed, customer_id: UUID, *, setting: Setting) -> Explained | None:
    """Return which parts of a condition are true of a customer, and why; None where there is no such customer.

    Raises
    ------
    WrongCondition
        It cannot be meant.
    TookTooLong
        It was given up.
    NotOfCustomers
        A fact is known of no customer.
    """
    condition = parsed.tree
    # First as a whole: only that has the places of what is wrong.
    bind(condition, setting, parsed.places)
    compiler = Compiler(setting.catalogue.ground, setting.clock, among=True)
    parts = list(_parts_of(condition))
    columns = [f"({compiler.condition(bind(part, setting))}) IS TRUE" for part in parts]
    asked = [setting.catalogue.facts.get(name) for name in map(_plain_fact, parts)]
    values = [compiler.value(fact) if fact else "NULL" for fact in asked]
    sql = compiler.select(", ".join([*columns, *values]))
    with reading.bounded(LIST_MILLISECONDS):
        found = reading.rows(sql, compiler.parameters | {"among": [customer_id]})
    if not found:
        return None
    answers = {
        id(part): (holds, fact, value)
        for part, holds, fact, value in zip(parts, found[0][: len(parts)], asked, found[0][len(parts) :], strict=True)
    }
    return _told(condition, answers)


def _parts_of(condition: tree.Condition) -> list[tree.Condition]:
    return [condition, *(each for part in _children(condition) for each in _parts_of(part))]


def _children(condition: tree.Condition) -> Sequence[tree.Condition]:
    if isinstance(condition, tree.All | tree.AnyOf):
        return condition.of
    return [condition.of] if isinstance(condition, tree.Not) else []


def _plain_fact(part: tree.Condition) -> str:
    """Return the name of the fact that a part asks for as it stands, or an empty text."""
    what = getattr(part, "what", None)
    return what.fact if isinstance(what, tree.FactOperand) and what.is_plain else ""


def _told(condition: tree.Condition, answers: Mapping[int, tuple[bool, Fact | None, Any]]) -> Explained:
    holds, fact, value = answers[id(condition)]
    parts = [_told(part, answers) for part in _children(condition)]
    return Explained(text=write(condition), holds=holds, parts=parts, value=value, fact=fact)


def _estimated(condition: Meaning | None, setting: Setting) -> Counted:
    """Return how many customers fit as a sample of pages of their table tells."""
    ground = setting.catalogue.ground
    with reading.bounded(LIST_MILLISECONDS):
        [(total,)] = reading.rows(
            "SELECT GREATEST(reltuples, 1)::bigint FROM pg_class WHERE oid = %(table)s::regclass",
            {"table": ground.customers.table},
        )
        sample = (
            f"SELECT customer.{ground.customers.customer} FROM {ground.customers.table} AS customer"  # noqa: S608
            " TABLESAMPLE SYSTEM (%(share)s)"
        )
        ids = [identity for (identity,) in reading.rows(sample, {"share": min(100.0, 100 * SAMPLED / total)})]
        fitting = len(_among(condition, setting, ids))
    share = fitting / max(len(ids), 1)
    low, high = _interval(fitting, max(len(ids), 1))
    return Counted(value=round(total * share), low=round(total * low), high=round(total * high), is_exact=False)


def _interval(hits: int, of: int) -> tuple[float, float]:
    """Return the bounds of a share at 95 % (Wilson 1927)."""
    share, z = hits / of, _Z_95
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def choose(condition: Meaning, ids: Sequence[UUID], *, setting: Setting) -> list[UUID]:
    """Return those of some customers of whom a condition is true, in their order.

    Raises
    ------
    TookTooLong
        It was given up.
    """
    with reading.bounded(LIST_MILLISECONDS):
        fitting = _among(condition, setting, ids)
    return [each for each in ids if each in fitting]


def list_all(condition: Meaning | None, *, setting: Setting, order: Order, most: int) -> list[UUID]:
    """Return all customers of whom a condition is true, up to a number; it may take longer than a list on a page.

    Raises
    ------
    TookTooLong
        It was given up.
    NotOfCustomers
        A fact is known of no set of customers.
    """
    with reading.bounded(ALL_MILLISECONDS):
        return _Question(condition, setting, order, most, None).find_all().ids


def _among(condition: Meaning | None, setting: Setting, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of some customers of whom a condition is true."""
    compiler = Compiler(setting.catalogue.ground, setting.clock, among=True)
    wanted = compiler.condition(condition) if condition else "TRUE"
    sql = compiler.select(compiler.identity, wanted)
    return {identity for (identity,) in reading.rows(sql, compiler.parameters | {"among": list(ids)})}


@dataclass(frozen=True, slots=True)
class _Question:
    """One page of a sorted list."""

    condition: Meaning | None
    setting: Setting
    order: Order
    limit: int
    after: Place | None

    @property
    def direction(self) -> str:
        return "DESC" if self.order.descending else "ASC"

    @property
    def sign(self) -> str:
        return "<" if self.order.descending else ">"

    def is_cheap(self) -> bool:
        """Tell whether all that fit are soon found, by what the server expects: few of whom an index tells."""
        if self.condition is None:
            return False
        compiler = Compiler(self.setting.catalogue.ground, self.setting.clock)
        wanted = compiler.condition(self.condition)
        if compiler.looks_further:
            return False
        return reading.expected_cost(compiler.select(compiler.identity, wanted), compiler.parameters) < CHEAP_COST

    def walk(self) -> list[Place] | None:
        """Look along the index; None where that did not find enough."""
        rows, value, identity = self._row()
        compiler = Compiler(self.setting.catalogue.ground, self.setting.clock, walk=(rows, ""))
        compiler.walk = (rows, self._walked("*", compiler))
        wanted = compiler.condition(self.condition) if self.condition else "TRUE"
        if compiler.gathers:
            return self._walk_in_batches()
        sql = (
            compiler.select(f"{value}, {identity}", wanted)
            + f" ORDER BY {value} {self.direction}, {identity} {self.direction} LIMIT %(limit)s"
        )
        with reading.one_by_one():
            found = reading.rows(sql, compiler.parameters | self._behind() | {"walked": LOOKED_AT, "limit": self.limit})
        return [Place(*row) for row in found] if len(found) == self.limit else None

    def _walk_in_batches(self) -> list[Place] | None:
        question, found = self, list[Place]()
        for size in GATHERED_OF:
            rows, value, identity = self._row()
            compiler = Compiler(self.setting.catalogue.ground, self.setting.clock, walk=(rows, ""))
            sql = question._walked(f"{value}, {identity}", compiler)
            walked = reading.rows(sql, compiler.parameters | question._behind() | {"walked": size})
            fitting = _among(self.condition, self.setting, [row[1] for row in walked])
            found += [Place(*row) for row in walked if row[1] in fitting]
            if len(found) >= self.limit:
                return found[: self.limit]
            if len(walked) < size:
                return None
            question = _Question(self.condition, self.setting, self.order, self.limit, Place(*walked[-1]))
        return None

    def find_all(self) -> Found:
        """Find all that fit, and return the next of them."""
        compiler = Compiler(self.setting.catalogue.ground, self.setting.clock)
        wanted = compiler.condition(self.condition) if self.condition else "TRUE"
        select = compiler.select(f"{compiler.value(self.order.fact)} AS value, {compiler.identity} AS id", wanted)
        behind = "TRUE"
        if self.after:
            same = f"value = %(after_value)s AND id {self.sign} %(after_id)s::uuid"
            further = f"value {self.sign} %(after_value)s OR value IS NULL OR ({same})"
            behind = f"value IS NULL AND id {self.sign} %(after_id)s::uuid" if self.after.value is None else further
        sql = (
            f"WITH found AS MATERIALIZED ({select})"  # noqa: S608
            f" SELECT value, id, (SELECT count(*) FROM found) FROM found WHERE {behind}"
            f" ORDER BY value {self.direction} NULLS LAST, id {self.direction} LIMIT %(limit)s"
        )
        found = reading.rows(sql, compiler.parameters | self._behind() | {"limit": self.limit})
        count = found[0][2] if found else None if self.after else 0
        return Found(places=[Place(value, identity) for value, identity, _ in found], count=count)

    def _row(self) -> tuple[Row, str, str]:
        """Return the table that is walked along, and what its rows are sorted by: a value, then the customer."""
        customers = self.setting.catalogue.ground.customers
        rows = self.order.fact.source or customers
        name = "customer" if rows == customers else rows.table
        return rows, self.order.fact.column, f"{name}.{rows.customer}"

    def _walked(self, columns: str, compiler: Compiler) -> str:
        """Return the SELECT of the next rows along the index, whether they fit or not.

        What the condition asks of the very column that is walked along says where the walk begins and ends.
        """
        rows, value, identity = self._row()
        name = identity.partition(".")[0]
        behind = f"({value}, {identity}) {self.sign} (%(after_value)s, %(after_id)s::uuid)" if self.after else "TRUE"
        bounds = "".join(f" AND {compiler.condition(part)}" for part in self._parts_of_column())
        return (
            f"SELECT {columns} FROM {rows.table} AS {name} WHERE {value} IS NOT NULL AND {behind}{bounds}"  # noqa: S608
            f" ORDER BY {value} {self.direction}, {identity} {self.direction} LIMIT %(walked)s"
        )

    def _parts_of_column(self) -> list[Meaning]:
        """Return the parts of the condition, all of which are to hold, that ask for the column itself."""
        parts = self.condition.parts if isinstance(self.condition, Both) else [self.condition]
        fact = self.order.fact
        return [
            part
            for part in parts
            if isinstance(part, Test)
            and isinstance(part.reading, FactReading)
            and (part.reading.fact.source, part.reading.fact.column) == (fact.source, fact.column)
        ]

    def _behind(self) -> dict[str, Any]:
        return {"after_value": self.after.value, "after_id": self.after.id} if self.after else {}
