"""Compile a condition to SQL. Its text follows from the condition's shape alone; every value is bound.

What stands in the text comes from declarations of ours (tables, columns), never from whoever asks: S608 is answered so.

Where a value is not there, a test is NULL in SQL, which AND, OR and WHERE take for false; `not` says so itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.facts.contracts import Aggregate, Fact, FactType, Ground, History, Measure, Row, Since
from regulars.facts.language import meaning
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.moments import Bounds, Clock
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

_TYPES: Mapping[FactType, str] = {
    FactType.INTEGER: "bigint",
    FactType.NUMBER: "numeric",
    FactType.FRACTION: "float8",
    FactType.MONEY: "bigint",
    FactType.BOOLEAN: "boolean",
    FactType.TEXT: "text",
    FactType.CHOICE: "text",
    FactType.TEXTS: "text",
    FactType.DAY: "date",
    FactType.MOMENT: "timestamptz",
}
_MEASURES: Mapping[Measure, str] = {
    Measure.COUNT: "count(*)",
    Measure.SUM: "sum({of})",
    Measure.AVERAGE: "round(avg({of}))",
    Measure.FIRST: "min(happened.{at})",
    Measure.LAST: "max(happened.{at})",
    Measure.DAYS: "count(DISTINCT (happened.{at} AT TIME ZONE {zone})::date)",
}
# Of these nothing that happened makes nought.
_COUNTS = frozenset({Measure.COUNT, Measure.DAYS})
_SINCE: Mapping[Since, str] = {Since.DAYS: "timestamptz", Since.YEARS: "date"}
_JSON_TYPES: Mapping[FactType, str] = {
    FactType.TEXT: "string",
    FactType.NUMBER: "number",
    FactType.BOOLEAN: "boolean",
}


class NotOfCustomers(DomainError):
    """A fact is known of one cart or event only, and of no set of customers."""

    code = "not_of_customers"


@dataclass(slots=True)
class Compiler:
    """Compiles conditions and values that stand in one statement.

    With `among` the statement is about the customers in its parameter `among` only, and looks through nothing else.
    """

    ground: Ground
    clock: Clock
    among: bool = False
    # A table of rows per customer of which only some are looked at, one after the other: by which SELECT.
    walk: tuple[Row, str] | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    joins: dict[object, str] = field(default_factory=dict)
    # Whether some part looks through what happened instead of at one row per customer.
    gathers: bool = False
    # Whether some part looks for other rows of each customer.
    looks_further: bool = False

    # --- Statements -----------------------------------------------------------------------------------------------

    def select(self, columns: str, condition: str = "TRUE") -> str:
        """Return a statement about customers, with all that has been asked for joined; what was merged is left out."""
        asked = "WITH asked AS MATERIALIZED (SELECT unnest(%(among)s::uuid[]) AS id) " if self.among else ""
        merged = f"SELECT FROM {self.ground.aliases} AS alias WHERE alias.customer_id = {self.identity}"
        return (
            f"{asked}SELECT {columns} FROM {self._customers()} {' '.join(self.joins.values())}"  # noqa: S608
            f" WHERE NOT EXISTS ({merged}) AND {condition}"
        )

    def _customers(self) -> str:
        rows = self.ground.customers
        customers = f"{rows.table} AS customer"
        if self.among:
            return f"asked JOIN {customers} ON {self.identity} = asked.id"
        if not self.walk:
            return customers
        walked, select = self.walk
        if walked == rows:
            return f"({select}) AS customer"
        return f"({select}) AS {walked.table} JOIN {customers} ON {self.identity} = {walked.table}.{walked.customer}"

    @property
    def identity(self) -> str:
        """The customer's id."""
        return f"customer.{self.ground.customers.customer}"

    # --- Conditions -----------------------------------------------------------------------------------------------

    def condition(self, condition: Meaning) -> str:
        """Return an expression that is true where the condition is, and false or NULL elsewhere."""
        match condition:
            case meaning.Both(parts=parts):
                return "(" + " AND ".join(map(self.condition, parts)) + ")"
            case meaning.Either(parts=parts):
                return "(" + " OR ".join(map(self.condition, parts)) + ")"
            case meaning.Opposite(part=part):
                return f"(({self.condition(part)}) IS NOT TRUE)"
            case meaning.Followed():
                return self._followed(condition)
            case meaning.Lasted():
                return self._lasted(condition)
            case meaning.Test(reading=reading, predicate=predicate):
                return self._test(reading, predicate)

    def value(self, fact: Fact) -> str:
        """Return the expression of a fact as it stands, with what absence means."""
        column = self._column(fact)
        if fact.counts:
            column = self._count_since(fact.counts, column)
        if fact.blank_is_missing:
            column = f"NULLIF({column}, '')"
        if fact.missing is None:
            return column
        return f"COALESCE({column}, {self._bound(fact.missing, _TYPES[fact.type])})"

    def measured(self, fact: Fact, aggregate: Aggregate, bounds: Bounds) -> str:
        """Return the expression of what a fact comes to of all that happened within bounds."""
        counted = self._counted(meaning.WindowReading(fact=fact, aggregate=aggregate, bounds=bounds, where=None))
        return f"COALESCE({counted}, 0)" if aggregate.measure in _COUNTS else counted

    def _test(self, reading: meaning.Reading, predicate: meaning.Predicate) -> str:
        match reading:
            case meaning.FactReading(fact=fact):
                missing = None if self._all_have(fact) else fact.missing
                return self._of_fact(fact, self._column(fact), missing, predicate)
            case meaning.WindowReading(fact=fact, aggregate=aggregate):
                missing = 0 if aggregate.measure in _COUNTS else fact.missing
                return self._of_fact(fact, self._counted(reading), missing, predicate)
            case meaning.PastReading(fact=fact):
                return self._predicate(self._as_of(reading), fact.type, predicate, blank=fact.blank_is_missing)
            case meaning.EventReading():
                return self._or_missing(f"{self._events(reading)}", FactType.INTEGER, 0, predicate)
            case meaning.BucketReading(name=name, of=of):
                salt, number = self._bound(name, "text"), self._bound(of, "bigint")
                digest = f"substr(md5({salt} || ':' || {self.identity}::text), 1, 8)"
                drawn = f"(('x' || {digest})::bit(32)::bigint %% {number})"
                return self._predicate(drawn, FactType.INTEGER, predicate)
            case meaning.AnniversaryReading(fact=fact):
                return self._predicate(self._day(fact), FactType.DAY, predicate)
            case meaning.PropertyReading():
                return self._property(reading, predicate)

    def _of_fact(self, fact: Fact, column: str, missing: Any, predicate: meaning.Predicate) -> str:
        if fact.counts:
            return self._since(fact.counts, column, predicate)
        return self._or_missing(column, fact.type, missing, predicate, blank=fact.blank_is_missing)

    def _or_missing(
        self, column: str, kind: FactType, missing: Any, predicate: meaning.Predicate, *, blank: bool = False
    ) -> str:
        """Return a test of a column and of what absence means; the planner folds the second, and keeps the index."""
        plain = self._predicate(column, kind, predicate, blank=blank)
        if missing is None:
            return plain
        absent = self._predicate(self._bound(missing, _TYPES[kind]), kind, predicate)
        return f"({plain} OR ({column} IS NULL AND {absent}))"

    def _predicate(self, column: str, kind: FactType, predicate: meaning.Predicate, *, blank: bool = False) -> str:
        known = f"NULLIF({column}, '')" if blank else column
        one = _TYPES[kind]
        match predicate:
            case meaning.Compares(operator="!=", value=value):
                return f"{known} <> {self._bound(value, one)}"
            case meaning.Compares(operator=operator, value=value):
                return f"{column} {operator} {self._bound(value, one)}"
            case meaning.IsOneOf(values=values):
                return f"{column} = ANY({self._bound(list(values), f'{one}[]')})"
            case meaning.LiesBetween(low=low, high=high):
                return f"{column} BETWEEN {self._bound(low, one)} AND {self._bound(high, one)}"
            case meaning.LiesIn(low=low, high=high):
                return f"({column} >= {self._bound(low, one)} AND {column} < {self._bound(high, one)})"
            case meaning.Holds(value=value) if kind is FactType.TEXTS:
                return f"{column} @> ARRAY[{self._bound(value, 'text')}]"
            case meaning.Holds(value=value):
                return f"strpos({column}, {self._bound(value, 'text')}) > 0"
            case meaning.Begins(value=value):
                return f"starts_with({column}, {self._bound(value, 'text')})"
            case meaning.IsKnown() if kind is FactType.TEXTS:
                return f"cardinality({column}) > 0"
            case meaning.IsKnown():
                return f"{known} IS NOT NULL"
            case meaning.FallsOn(days=days):
                numbers = [month * 100 + day for month, day in sorted(days)]
                number = f"(extract(month FROM {column}) * 100 + extract(day FROM {column}))::int"
                return f"{number} = ANY({self._bound(numbers, 'int[]')})"

    def _since(self, since: Since, column: str, predicate: meaning.Predicate) -> str:
        """Return a test of how long ago something was as one of the moment itself, which an index answers."""

        def at_least(count: Any) -> str:
            return f"{column} < {self._bound(self.clock.limit(since, int(count)), _SINCE[since])}"

        def less_than(count: Any) -> str:
            return f"{column} >= {self._bound(self.clock.limit(since, int(count)), _SINCE[since])}"

        match predicate:
            case meaning.Compares(operator="=", value=count):
                return f"({at_least(count)} AND {less_than(int(count) + 1)})"  # type: ignore[arg-type]
            case meaning.Compares(operator="!=", value=count):
                return f"({less_than(count)} OR {at_least(int(count) + 1)})"  # type: ignore[arg-type]
            case meaning.Compares(operator=">", value=count):
                return at_least(int(count) + 1)  # type: ignore[arg-type]
            case meaning.Compares(operator=">=", value=count):
                return at_least(count)
            case meaning.Compares(operator="<", value=count):
                return less_than(count)
            case meaning.Compares(value=count):
                return less_than(int(count) + 1)  # type: ignore[arg-type]
            case meaning.LiesBetween(low=low, high=high):
                return f"({at_least(low)} AND {less_than(int(high) + 1)})"  # type: ignore[arg-type]
        return self._predicate(self._count_since(since, column), FactType.INTEGER, predicate)

    def _count_since(self, since: Since, column: str) -> str:
        """Return the expression of how many days ago a moment was, or how many full years a day."""
        if since is Since.DAYS:
            zone = self._bound(self.clock.zone.key, "text")
            return f"({self._bound(self.clock.today, 'date')} - ({column} AT TIME ZONE {zone})::date)"
        # As 2026-11-28 less 1990-03-15 is 36 years and something, read as whole numbers.
        today = self._bound(int(f"{self.clock.today:%Y%m%d}"), "int")
        return f"floor(({today} - to_char({column}, 'YYYYMMDD')::int) / 10000.0)::int"

    # --- Readings -------------------------------------------------------------------------------------------------

    def _column(self, fact: Fact) -> str:
        """Return the expression of a fact's column, and join what it stands in."""
        source = fact.source
        if source is None:
            raise NotOfCustomers(gettext("{name} is known of a cart or event only.").format(name=fact.name))
        if source != self.ground.customers and not (self.walk and source == self.walk[0]):
            self._join_row(source, fact)
        self.looks_further |= fact.looks_further
        bound = {"key": self._bound(fact.key, "text")} if fact.key is not None else {}
        if "{now}" in fact.column:
            bound["now"] = self._bound(self.clock.now, "timestamptz")
        return fact.column.format(**bound) if bound else fact.column

    def _join_row(self, row: Row, fact: Fact) -> None:
        """Join the row of a fact."""
        own = f"{row.table}.{row.customer} = {self.identity}"
        if self.among and fact.looks_further:
            # The server charges what such a column costs to some kinds of joins only, and would read the whole table.
            only = f"SELECT * FROM {row.table} WHERE {own} OFFSET 0"  # noqa: S608
            self.joins[row] = f"LEFT JOIN LATERAL ({only}) AS {row.table} ON TRUE"
            return
        join = "JOIN" if self._all_have(fact) else "LEFT JOIN"
        self._join(row, f"{join} {row.table} ON {own}")

    def _all_have(self, fact: Fact) -> bool:
        """Tell whether absence need not be asked for: where it is about all, a row that is to come is waited for."""
        return fact.source is not None and fact.source.has_all and not self.among

    def _day(self, fact: Fact) -> str:
        """Return the expression of a fact's day, by the business's calendar where it is a moment."""
        column = self._column(fact)
        if fact.type is FactType.DAY:
            return column
        return f"({column} AT TIME ZONE {self._bound(self.clock.zone.key, 'text')})::date"

    def _join(self, key: object, text: str) -> None:
        self.joins.setdefault(key, text)

    def _counted(self, reading: meaning.WindowReading) -> str:
        aggregate, occurrences = reading.aggregate, reading.aggregate.occurrences
        of = occurrences.properties[aggregate.of].expression if aggregate.of else ""
        zone = self._bound(self.clock.zone.key, "text") if aggregate.measure is Measure.DAYS else ""
        measure = _MEASURES[aggregate.measure].format(of=of, at=occurrences.at, zone=zone)
        select = self._grouped(
            f"{measure} AS value", occurrences.table, occurrences.customer, occurrences.at, reading.bounds
        )
        conditions = [select, occurrences.condition, *([self.condition(reading.where)] if reading.where else [])]
        return self._gathered(" AND ".join(conditions) + " GROUP BY 1") + ".value"

    def _events(self, reading: meaning.EventReading) -> str:
        select = self._grouped("count(*) AS value", self.ground.events, "customer_id", "occurred_at", reading.bounds)
        conditions = [
            select,
            f"happened.type = {self._bound(reading.event, 'text')}",
            *([self.condition(reading.where)] if reading.where else []),
        ]
        return self._gathered(" AND ".join(conditions) + " GROUP BY 1") + ".value"

    def _grouped(self, measure: str, table: str, customer: str, at: str, bounds: Bounds, *, also: str = "") -> str:
        """Return a SELECT by customer of what happened in a time, merged ones counted with their survivors."""
        survivor = f"COALESCE(alias.survivor_id, happened.{customer})"
        low = [f"happened.{at} >= {self._bound(bounds.low, 'timestamptz')}"] if bounds.low else []
        among = [f"happened.{customer} = ANY({self._known_as()})"] if self.among else []
        conditions = [
            f"happened.{customer} IS NOT NULL",
            *low,
            f"happened.{at} < {self._bound(bounds.high, 'timestamptz')}",
            *among,
        ]
        return (
            f"SELECT {survivor} AS customer_id, {measure} FROM {table} AS happened"  # noqa: S608
            f" LEFT JOIN {self.ground.aliases} AS alias ON alias.customer_id = happened.{customer}"
            f" {also} WHERE {' AND '.join(conditions)}"
        )

    def _gathered(self, select: str) -> str:
        self.gathers = True
        name = f"gathered_{len(self.joins)}"
        self._join(name, f"LEFT JOIN ({select}) AS {name} ON {name}.customer_id = {self.identity}")
        return name

    def _property(self, reading: meaning.PropertyReading, predicate: meaning.Predicate) -> str:
        if reading.occurrences:
            declared = reading.occurrences.properties[reading.name]
            return self._predicate(f"({declared.expression})", declared.type, predicate)
        path = self._bound(reading.name.split("."), "text[]")
        json = f"(happened.payload #> {path})"
        if isinstance(predicate, meaning.IsKnown):
            return f"({json} IS NOT NULL AND {json} NOT IN ('null', '\"\"', '[]'))"
        text = f"({json} #>> '{{}}')"
        if isinstance(predicate, meaning.Holds):
            part = self._bound(predicate.value, "text")
            return (
                f"(CASE jsonb_typeof({json}) WHEN 'string' THEN strpos({text}, {part}) > 0"
                f" WHEN 'array' THEN {json} @> to_jsonb({part}) END)"
            )
        value = text if reading.type is FactType.TEXT else f"{text}::{_TYPES[reading.type]}"
        test = self._predicate(value, reading.type, predicate)
        return f"(CASE WHEN jsonb_typeof({json}) = '{_JSON_TYPES[reading.type]}' THEN {test} END)"

    # --- Sequences and time ---------------------------------------------------------------------------------------

    def _followed(self, sequence: meaning.Followed) -> str:
        first, *rest = sequence.steps
        seconds = self._bound(sequence.within.total_seconds(), "float8")
        beginning = (
            "CROSS JOIN LATERAL (SELECT COALESCE(alias.survivor_id, happened.customer_id) AS survivor,"
            f" happened.occurred_at AS at, happened.occurred_at + make_interval(secs => {seconds}) AS until) AS step_0"
        )
        select = self._grouped(
            "TRUE AS value", self.ground.events, "customer_id", "occurred_at", sequence.bounds, also=beginning
        )
        conditions = [
            select,
            f"happened.type = {self._bound(first.event, 'text')}",
            *([self.condition(first.where)] if first.where else []),
            self._step(rest, 1, self._bound(sequence.now, "timestamptz")),
        ]
        return self._gathered(" AND ".join(conditions) + " GROUP BY 1") + ".value"

    def _step(self, steps: Sequence[meaning.Happening], number: int, now: str) -> str:
        """Return the condition that the steps happen behind the one before.

        Each calls its event `happened`, as conditions on properties do, and hands on when it was as `step_<number>`.
        """
        step, *rest = steps
        merged = f"SELECT customer_id FROM {self.ground.aliases} WHERE survivor_id = step_0.survivor"  # noqa: S608
        known_as = f"ARRAY(SELECT step_0.survivor UNION ALL {merged})"
        conditions = [
            f"happened.customer_id = ANY({known_as})",
            f"happened.type = {self._bound(step.event, 'text')}",
            f"happened.occurred_at > step_{number - 1}.at",
            f"happened.occurred_at <= LEAST(step_0.until, {now})",
            *([self.condition(step.where)] if step.where else []),
            *([self._step(rest, number + 1, now)] if rest else []),
        ]
        exists = (
            f"EXISTS (SELECT FROM {self.ground.events} AS happened"  # Of declarations.
            f" CROSS JOIN LATERAL (SELECT happened.occurred_at AS at) AS step_{number}"
            f" WHERE {' AND '.join(conditions)})"
        )
        return f"(step_0.until <= {now} AND NOT {exists})" if step.absent else exists

    def _as_of(self, reading: meaning.PastReading) -> str:
        """Return the expression of what a fact was at the end of a day."""
        return self._changed_by(reading.history, self._bound(reading.day, "date"))

    def _changed_by(self, history: History, day: str) -> str:
        """Return the expression of what the last change up to a day made of a fact."""
        return (
            f"(SELECT change.{history.value} {self._changes(history)} AND change.{history.on} <= {day}"
            f" ORDER BY change.{history.on} DESC LIMIT 1)"
        )

    def _changes(self, history: History) -> str:
        return f"FROM {history.table} AS change WHERE change.{history.customer} = {self.identity}"

    def _lasted(self, condition: meaning.Lasted) -> str:
        history = condition.history
        values = self._bound(list(condition.values), f"{_TYPES[condition.fact.type]}[]")
        since, today = self._bound(condition.since, "date"), self._bound(condition.today, "date")
        later = (
            f"SELECT {self._changes(history)} AND change.{history.on} > {since} AND change.{history.on} <= {today}"
            f" AND (change.{history.value} = ANY({values})) IS NOT TRUE"
        )
        return f"({self._changed_by(history, since)} = ANY({values}) AND NOT EXISTS ({later}))"

    def _known_as(self) -> str:
        """Return the array of all ids that lead to the customers who are asked for."""
        merged = f"SELECT alias.customer_id FROM {self.ground.aliases} AS alias"  # noqa: S608
        of_asked = f"{merged} JOIN asked ON asked.id = alias.survivor_id"
        return f"ARRAY(SELECT id FROM asked UNION ALL {of_asked})"  # noqa: S608

    def _bound(self, value: Any, kind: str) -> str:
        """Bind a value, and return what stands for it."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s::{kind}"
