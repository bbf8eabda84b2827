"""Treat the rows by stated rules: refuse, turn, keep, and count each.

The first reason that holds refuses a row; `REASONS` and `TREATMENTS` list all of them, README.md states the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
from ibis.expr.types import BooleanValue, DateValue, DecimalValue, StringValue, Table, Value

from regulars.intake.amounts import (
    DECIMAL,
    label_of,
    number_of,
    product_of,
    sane_minor,
    symbol_of,
    to_minor,
)
from regulars.intake.contracts import Role
from regulars.intake.dates import DateReading, is_instant, moment_of, of_our_times
from regulars.intake.names import ORDER_TOTALS, normalise
from regulars.intake.tables import RawTable
from regulars.intake.texts import NO, filled, hash_of, rows_of, text_of
from regulars.kit.money import minor_digits
from retention.calendar import local_day
from retention.reasons import Reason, mark
from retention.refunds import link_refunds

REASONS: Mapping[str, str] = {
    "unreadable_row": mark("The row could not be split into the table's columns."),
    "no_customer": mark("No customer is named."),
    "no_date": mark("There is no date."),
    "bad_date": mark("The date cannot be read, or is not between 1900 and 2200."),
    "no_amount": mark("There is no amount."),
    "bad_amount": mark("The amount cannot be read, or is absurd."),
    "future_date": mark("The date lies in the future."),
    "other_currency": mark("The amount is in another currency."),
    "worthless_return": mark("Goods were returned for no money: neither a purchase nor a refund."),
    "duplicate": mark("The record, which carries an order's number, stands in the files before."),
}
TREATMENTS: Mapping[str, str] = {
    "refund_linked": mark("Cancellations and refunds, counted against the purchase that they undo."),
    "refund_unlinked": mark("Cancellations and refunds whose purchase is unknown, counted on their own day."),
    "zero_price": mark("Rows worth nothing, kept: an order worth nothing is an order."),
    "continuation_line": mark("Further lines of an order whose total stands on another line, kept without an amount."),
    "order_made_up": mark("Rows without an order's number; the customer's rows of one moment make an order."),
    "zone_converted": mark("Times with an offset, brought to the day in the stated zone."),
    "after_as_of": mark("Rows after the day of the report, kept to check its predictions."),
}

# A line's number within all files is the file's index times this, plus the row.
LINES_PER_FILE = 1 << 40
COLUMNS = (
    "line",
    "customer",
    "order",
    "product",
    "quantity",
    "price",
    "occurred_at",
    "occurred_on",
    "amount_minor",
    "fingerprint",
    "instant",
    "order_made_up",
    "continuation",
)
NUMBERS = (Role.AMOUNT, Role.QUANTITY, Role.PRICE)
_ORDERS_TO_JUDGE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A raw table whose columns are recognised.

    `labels` counts the rows by what they say of their currency, `totals_repeat` tells that each line of an order
    repeats the order's total.
    """

    raw: RawTable
    columns: Mapping[Role, int]
    decimal: str | None
    dates: DateReading
    totals_repeat: bool
    labels: Mapping[str, int]
    notes: tuple[Reason, ...]

    @property
    def totals_of_orders(self) -> bool:
        """Tell whether the amount may be that of the whole order, stated on one of its lines only."""
        return Role.ORDER in self.columns and Role.AMOUNT in self.columns


def cells_of(raw: RawTable, columns: Mapping[Role, int]) -> Table:
    """Return the recognised columns by their roles, text trimmed and NULL where it says nothing, and the rest."""
    named = {role.value: _cell(raw.table[raw.cells[place]], role) for role, place in columns.items()}
    # A hash of the record, to find repeated ones by; only an order's number makes those suspect.
    record = ibis.array([text_of(raw.table[cell]) for cell in raw.cells])
    fingerprint = hash_of(record) if Role.ORDER in columns else ibis.null("uint64")
    return raw.table.select("row", malformed=raw.table["malformed"].notnull(), fingerprint=fingerprint, **named)


def _cell(column: Value, role: Role) -> Value:
    kind = column.type()
    typed = kind.is_numeric() if role in NUMBERS else role is Role.DATE and (kind.is_date() or kind.is_timestamp())
    return column if typed else filled(column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is the same for all files of one reading.

    `own_labels` are the signs in the files that mean `currency`; `foreign` tells whether there are others.
    """

    currency: str | None
    own_labels: frozenset[str]
    foreign: bool
    zone: str
    today: date | None


def label_in(cells: Table) -> StringValue | None:
    """Return what each row says of its currency: in a column of its own, else beside the amount; None where nothing."""
    if Role.CURRENCY.value in cells.columns:
        return label_of(cells[Role.CURRENCY.value])
    money = next(role.value for role in (Role.AMOUNT, Role.PRICE) if role.value in cells.columns)
    return None if cells[money].type().is_numeric() else symbol_of(cells[money])


def lines_of(file: Understood, index: int, rules: Rules) -> Table:
    """Return the file's rows as order lines: one per record, with the `reason` that refuses it or NULL."""
    values = _read_values(file, index, rules)
    lines = _priced(values, minor_digits(rules.currency or "XXX"), given=Role.AMOUNT in file.columns)
    if file.totals_of_orders:
        lines = _totals_once(lines, repeated=file.totals_repeat)
    lines = lines.mutate(occurred_on=_day(lines, file.dates, rules.zone))
    refund = ((lines["amount_minor"] < 0) | (lines["quantity"] < 0)).fill_null(NO)
    lines = lines.mutate(
        order_made_up=lines["order"].isnull(),
        order=lines["order"].fill_null(lines["customer"] + " " + lines["occurred_at"].cast("string")),
        refund=refund,
        amount_minor=ibis.ifelse(refund, -lines["amount_minor"].abs(), lines["amount_minor"]),
    )
    return lines.select(*COLUMNS, reason=_reason(lines, rules))


def _read_values(file: Understood, index: int, rules: Rules) -> Table:
    """Return what the cells of each record say, NULL where they say nothing that can be read."""
    cells = cells_of(file.raw, file.columns)
    numbers = {role.value: _number(cells, role, file.decimal) for role in NUMBERS}
    names = {role.value: _key(cells, role) for role in (Role.CUSTOMER, Role.ORDER, Role.PRODUCT)}
    said = label_in(cells) if rules.foreign else None
    dates = cells[Role.DATE.value]
    values = cells.select(
        "malformed",
        "fingerprint",
        line=cells["row"].cast("int64") + index * LINES_PER_FILE,
        occurred_at=moment_of(dates, file.dates),
        instant=is_instant(dates, file.dates),
        date_filled=dates.notnull(),
        amount_filled=_amount_filled(cells),
        continuation=NO,
        foreign=NO if said is None else (said.notnull() & said.notin(sorted(rules.own_labels) or [""])),
        **numbers,
        **names,
    )
    return values.mutate(occurred_at=of_our_times(values["occurred_at"]))


def _number(cells: Table, role: Role, decimal: str | None) -> DecimalValue:
    if role.value not in cells.columns:
        return ibis.null(DECIMAL)
    return number_of(cells[role.value], decimal or ".")


def _amount_filled(cells: Table) -> BooleanValue:
    if Role.AMOUNT.value in cells.columns:
        return cells[Role.AMOUNT.value].notnull()
    return cells[Role.QUANTITY.value].notnull() & cells[Role.PRICE.value].notnull()


def _key(cells: Table, role: Role) -> StringValue:
    """Return an identifier, the same whether it was written 17850 or 17850.0, and e-mail addresses in lower case."""
    if role.value not in cells.columns:
        return ibis.null("string")
    text = cells[role.value]
    return ibis.cases(
        (text.endswith(".0"), text.re_replace(r"^(\d+)\.0$", r"\1")), (text.contains("@"), text.lower()), else_=text
    )


def _priced(values: Table, digits: int, *, given: bool) -> Table:
    """Add the amount in minor units: as it is given, else quantity × price."""
    exact = values["amount"] if given else product_of(values["quantity"], values["price"])
    minor = values.mutate(exact=exact)
    minor = minor.mutate(minor=to_minor(minor["exact"], digits))
    return minor.mutate(amount_minor=sane_minor(minor["minor"]), quantity=minor["quantity"].cast("float64"))


def _totals_once(lines: Table, *, repeated: bool) -> Table:
    """Let an order's total count on one of its lines, where exports leave it out or repeat it on the others."""
    stated = lines.filter(lines["amount_filled"], lines["order"].notnull())
    continues = ~lines["amount_filled"] & lines["order"].isin(stated["order"])
    if repeated:
        firsts = stated.group_by("order").agg(first_line=stated["line"].min())
        continues |= lines["amount_filled"] & lines["order"].notnull() & lines["line"].notin(firsts["first_line"])
    continues = continues.fill_null(NO)
    return lines.mutate(
        continuation=continues,
        amount_filled=lines["amount_filled"] | continues,
        amount_minor=ibis.ifelse(continues, 0, lines["amount_minor"]),
    )


def totals_repeat(raw: RawTable, columns: Mapping[Role, int]) -> bool:
    """Tell whether a column that is called a total repeats the order's total on each of the order's lines."""
    if Role.ORDER not in columns or Role.AMOUNT not in columns:
        return False
    if normalise(raw.names[columns[Role.AMOUNT]]) not in ORDER_TOTALS:
        return False
    orders = (
        cells_of(raw, columns)
        .group_by("order")
        .agg(rows=lambda lines: lines["amount"].count(), amounts=lambda lines: lines["amount"].nunique())
    )
    several = orders.filter(orders["rows"] > 1, orders["order"].notnull())
    counts = rows_of(several.aggregate(orders=several.count(), same=(several["amounts"] == 1).sum()))[0]
    return bool(counts["orders"] >= _ORDERS_TO_JUDGE and counts["same"] >= 0.95 * counts["orders"])


def _day(lines: Table, dates: DateReading, zone: str) -> DateValue:
    plain = lines["occurred_at"].date()
    if dates.clock_only:
        return plain
    instants = lines.filter(lines["instant"])
    bounds = instants.aggregate(first=instants["occurred_at"].min(), last=instants["occurred_at"].max())
    first, last = rows_of(bounds)[0].values()
    if first is None:
        return plain
    # The zone may move the first and the last moment into the neighbouring years.
    years = {"first_year": max(first.year - 1, 1900), "last_year": min(last.year + 1, 2200)}
    return ibis.ifelse(lines["instant"], local_day(lines["occurred_at"], zone, **years), plain)


def _reason(lines: Table, rules: Rules) -> StringValue:
    """Return the code of the first rule that refuses the row."""
    future = lines["occurred_on"] > rules.today if rules.today else NO
    return ibis.cases(
        (lines["malformed"], "unreadable_row"),
        (lines["customer"].isnull(), "no_customer"),
        (~lines["date_filled"], "no_date"),
        (lines["occurred_at"].isnull(), "bad_date"),
        (~lines["amount_filled"], "no_amount"),
        (lines["amount_minor"].isnull(), "bad_amount"),
        (future, "future_date"),
        (lines["foreign"], "other_currency"),
        (lines["refund"] & (lines["amount_minor"] == 0), "worthless_return"),
        else_=None,
    )


def duplicates_of(lines: Table) -> Table:
    """Return the lines that repeat an earlier record which carries an order's number: `line`, `reason`.

    Hashes only find the suspects; what the rows say must be the same too.
    """
    numbered = lines.filter(lines["reason"].isnull(), ~lines["order_made_up"])
    hashes = numbered.group_by("fingerprint").agg(times=numbered.count())
    suspects = numbered.semi_join(hashes.filter(hashes["times"] > 1), "fingerprint")
    same = ["fingerprint", "customer", "order", "product", "quantity", "price", "occurred_at", "amount_minor"]
    before = ibis.row_number().over(group_by=same, order_by="line")
    ranked = suspects.mutate(before=before)
    return ranked.filter(ranked["before"] > 0).select("line", reason=ibis.literal("duplicate"))


def with_purchase_day(lines: Table) -> Table:
    """Add `purchased_on` and `linked`: the day of what a refund undoes, else the row's own day."""
    refunds = lines.filter(lines["amount_minor"] < 0)
    concerned = lines.semi_join(refunds, "customer")
    # With the same quantity the same amount means the same unit price, where the file states none.
    prices = ibis.coalesce(concerned["price"], concerned["amount_minor"].abs().cast(DECIMAL))
    linked = link_refunds(concerned.mutate(row=concerned["line"], price=prices))
    linked = linked.filter(linked["amount_minor"] < 0).select("line", "purchased_on", "linked")
    joined = lines.left_join(linked, "line")
    return joined.select(
        *lines.columns,
        purchased_on=joined["purchased_on"].fill_null(joined["occurred_on"]),
        linked=joined["linked"].fill_null(NO),
    )
