"""Treat the rows by stated rules: refuse, turn, keep, and count each.

The first reason that holds refuses a row; `REASONS` and `TREATMENTS` list all of them, README.md states the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
from ibis.expr.types import BooleanValue, DateValue, DecimalValue, StringValue, Table, Value

from regulars.intake.amounts import (
    DECIMAL,
    label_of,
    number_of,
    product_of,
    symbol_of,
    to_minor,
)
from regulars.intake.contracts import Role
from regulars.intake.dates import DateReading, is_instant, moment_of, of_our_times
from regulars.intake.repeats import totals_once
from regulars.intake.statuses import cancelled_with_order
from regulars.intake.tables import RawTable
from regulars.intake.texts import NO, filled, hash_of, rows_of, text_of
from regulars.kit.money import minor_digits
from retention.calendar import local_day
from retention.reasons import Reason, mark
from retention.refunds import link_refunds

REASONS: Mapping[str, str] = {
    "unreadable_row": mark("The row could not be split into the table's columns."),
    "no_customer": mark("No customer is named."),
    "cancelled": mark("The order came to nothing: its status says cancelled, failed or refunded."),
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
    "refund_taken_off": mark("Orders of which a part was refunded, as a column of the file says; it is taken off."),
    "zero_price": mark("Rows worth nothing, kept: an order worth nothing is an order."),
    "continuation_line": mark("Further lines of an order whose total stands on another line, kept without an amount."),
    "order_made_up": mark("Rows without an order's number; the customer's rows of one moment make an order."),
    "zone_converted": mark("Times with an offset, brought to the day in the stated zone."),
    "after_as_of": mark("Rows after the day of the report, kept to check its predictions."),
}

# A line's number within all files is the file's index times this, plus the row.
LINES_PER_FILE = 1 << 40
_COLUMNS = (
    "line",
    "customer",
    "order",
    "occurred_at",
    "occurred_on",
    "amount_minor",
    "fingerprint",
    "instant",
    "order_made_up",
    "continuation",
    "refund_taken_off",
)
# What lines have besides, where some file has it.
_OF_GOODS = {"product": "string", "quantity": "float64", "price": DECIMAL}
NUMBERS = (Role.AMOUNT, Role.QUANTITY, Role.PRICE, Role.REFUNDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A raw table whose columns are recognised.

    `level` is "line" where several rows share an order, `labels` counts the rows by what they say of their currency,
    `totals_repeat` tells that each line of an order repeats the order's total, `gaps` that rows lack an amount.
    `statuses_of_nothing` are the values of the status column that say that an order came to nothing.
    """

    raw: RawTable
    columns: Mapping[Role, int]
    decimal: str | None
    dates: DateReading
    level: str
    totals_repeat: bool
    gaps: bool
    labels: Mapping[str, int]
    statuses_of_nothing: frozenset[str]
    notes: tuple[Reason, ...]

    @property
    def totals_of_orders(self) -> bool:
        """Tell whether the amount may be that of the whole order, stated on one of its lines only."""
        return {Role.ORDER, Role.AMOUNT} <= set(self.columns) and (self.gaps or self.totals_repeat)

    @property
    def refunds_beside(self) -> bool:
        """Tell whether what was refunded of an order stands beside its total."""
        whole_orders = self.level == "order" or self.totals_of_orders
        return whole_orders and {Role.AMOUNT, Role.REFUNDED} <= set(self.columns)


def cells_of(raw: RawTable, columns: Mapping[Role, int]) -> Table:
    """Return the recognised columns by their roles, text trimmed and NULL where it says nothing, and the rest."""
    given = {role: raw.table[raw.cells[place]] for role, place in columns.items()}
    texts = [role.value for role, column in given.items() if not _is_typed(column, role)]
    # A hash of the record, to find repeated ones by; only an order's number makes those suspect.
    # Exports of one shop may order their columns differently; what they say is the same.
    in_order = [cell for _, cell in sorted(zip(raw.names, raw.cells, strict=True))]
    record = ibis.array([text_of(raw.table[cell]) for cell in in_order])
    rows = raw.table.select(
        "row",
        malformed=raw.table["malformed"].notnull(),
        fingerprint=hash_of(record) if Role.ORDER in columns else ibis.null("uint64"),
        **{role.value: text_of(column) if role.value in texts else column for role, column in given.items()},
    )
    return filled(rows, texts)


def _is_typed(column: Value, role: Role) -> bool:
    kind = column.type()
    return kind.is_numeric() if role in NUMBERS else role is Role.DATE and (kind.is_date() or kind.is_timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is the same for all files of one reading.

    `own_labels` are the signs in the files that mean `currency`; `foreign` tells whether there are others. `all_orders`
    keeps orders of nobody known and those that came to nothing (marked `cancelled`), as who keeps orders wants them.
    """

    currency: str | None
    own_labels: frozenset[str]
    foreign: bool
    zone: str
    today: date | None
    all_orders: bool = False


def label_in(cells: Table) -> StringValue | None:
    """Return what each row says of its currency: in a column of its own, else beside the amount; None where nothing."""
    if Role.CURRENCY.value in cells.columns:
        return label_of(cells[Role.CURRENCY.value])
    money = next(role.value for role in (Role.AMOUNT, Role.PRICE) if role.value in cells.columns)
    return None if cells[money].type().is_numeric() else symbol_of(cells[money])


def lines_of(files: Sequence[Understood], rules: Rules) -> Table:
    """Return the rows of the files as order lines: one per record, with the `reason` that refuses it or NULL."""
    # Columns that no file has would be written for nothing.
    goods = [name for name in _OF_GOODS if any(Role(name) in file.columns for file in files)]
    marks = ["cancelled"] if rules.all_orders else []
    lines = (_lines_of(file, index, rules) for index, file in enumerate(files))
    return ibis.union(*(table.select(*_COLUMNS, *goods, *marks, "reason") for table in lines))


def _lines_of(file: Understood, index: int, rules: Rules) -> Table:
    values = _read_values(file, index, rules)
    if file.refunds_beside:
        values = _less_refunded(values)
    lines = _priced(values, minor_digits(rules.currency), given=Role.AMOUNT in file.columns)
    if (file.statuses_of_nothing or file.refunds_beside) and Role.ORDER in file.columns:
        lines = cancelled_with_order(lines)
    if file.totals_of_orders:
        lines = totals_once(lines, repeated=file.totals_repeat)
    lines = lines.mutate(occurred_on=_day(lines, file.dates, rules.zone))
    refund = ((lines["amount_minor"] < 0) | (lines["quantity"] < 0)).fill_null(NO)
    lines = lines.mutate(
        order_made_up=lines["order"].isnull(),
        order=lines["order"].fill_null(lines["customer"] + " " + lines["occurred_at"].cast("string")),
        refund=refund,
        amount_minor=ibis.ifelse(refund, -lines["amount_minor"].abs(), lines["amount_minor"]),
    )
    return lines.mutate(reason=_reason(lines, rules))


def _read_values(file: Understood, index: int, rules: Rules) -> Table:
    """Return what the cells of each record say, NULL where they say nothing that can be read."""
    cells = cells_of(file.raw, file.columns)
    numbers = {role.value: _number(cells, role, file.decimal) for role in NUMBERS}
    names = {role.value: _key(cells, role) for role in (Role.CUSTOMER, Role.ORDER, Role.PRODUCT)}
    said = label_in(cells) if rules.foreign else None
    status = cells[Role.STATUS.value] if file.statuses_of_nothing else ibis.null("string")
    dates = cells[Role.DATE.value]
    values = cells.select(
        "malformed",
        "fingerprint",
        line=cells["row"].cast("int64") + index * LINES_PER_FILE,
        occurred_at=moment_of(dates, file.dates),
        instant=is_instant(dates, file.dates),
        date_filled=dates.notnull(),
        amount_filled=amount_filled(cells),
        continuation=NO,
        refund_taken_off=NO,
        status_filled=status.notnull(),
        cancelled=status.isin(sorted(file.statuses_of_nothing)) if file.statuses_of_nothing else NO,
        foreign=NO if said is None else (said.notnull() & said.notin(sorted(rules.own_labels) or [""])),
        **numbers,
        **names,
    )
    return values.mutate(occurred_at=of_our_times(values["occurred_at"]))


def _number(cells: Table, role: Role, decimal: str | None) -> DecimalValue:
    if role.value not in cells.columns:
        return ibis.null(DECIMAL)
    return number_of(cells[role.value], decimal or ".")


def amount_filled(cells: Table) -> BooleanValue:
    """Tell of each row whether it says what it is worth."""
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


def _less_refunded(values: Table) -> Table:
    """Take off what was refunded of an order; one that was refunded in full came to nothing."""
    refunded = values["refunded"].abs().fill_null(0)
    taken_off = (refunded > 0) & (values["amount"] > 0)
    came_to_nothing = taken_off & (refunded >= values["amount"])
    return values.mutate(
        amount=ibis.ifelse(taken_off & ~came_to_nothing, (values["amount"] - refunded).cast(DECIMAL), values["amount"]),
        cancelled=values["cancelled"] | came_to_nothing.fill_null(NO),
        status_filled=values["status_filled"] | came_to_nothing.fill_null(NO),
        refund_taken_off=(taken_off & ~came_to_nothing).fill_null(NO),
    )


def _priced(values: Table, digits: int, *, given: bool) -> Table:
    """Add the amount in minor units: as it is given, else quantity × price."""
    exact = values["amount"] if given else product_of(values["quantity"], values["price"])
    return values.mutate(amount_minor=to_minor(exact, digits), quantity=values["quantity"].cast("float64"))


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
    nobody = lines["customer"].isnull()
    return ibis.cases(
        (lines["malformed"], "unreadable_row"),
        # Without a customer only an order's number tells which rows belong together.
        (nobody & lines["order"].isnull() if rules.all_orders else nobody, "no_customer"),
        (NO if rules.all_orders else lines["cancelled"].fill_null(NO), "cancelled"),
        (~lines["date_filled"], "no_date"),
        (lines["occurred_at"].isnull(), "bad_date"),
        (~lines["amount_filled"], "no_amount"),
        (lines["amount_minor"].isnull(), "bad_amount"),
        (future, "future_date"),
        (lines["foreign"], "other_currency"),
        (lines["refund"] & (lines["amount_minor"] == 0), "worthless_return"),
        else_=None,
    )


def refund_links(lines: Table) -> Table:
    """Return for each refund the day of what it undoes: `line`, `undone_on`, `linked`."""
    refunds = lines.filter(lines["amount_minor"] < 0)
    absent = {name: ibis.null(kind) for name, kind in _OF_GOODS.items() if name not in lines.columns}
    if "product" in absent and "quantity" in absent:
        # Rows that name no goods are whole orders, each one of its own amount.
        absent |= {"product": ibis.literal(""), "quantity": lines["amount_minor"].sign().cast("float64")}
    concerned = lines.semi_join(refunds, "customer").mutate(absent)
    # With the same quantity the same amount means the same unit price, where the file states none.
    prices = ibis.coalesce(concerned["price"], concerned["amount_minor"].abs().cast(DECIMAL))
    linked = link_refunds(concerned.mutate(row=concerned["line"], price=prices))
    return linked.filter(linked["amount_minor"] < 0).select("line", "linked", undone_on=linked["purchased_on"])


def with_purchase_day(lines: Table, links: Table | None) -> Table:
    """Add `purchased_on` and `linked`: the day of what a refund undoes, else the row's own day."""
    if links is None:
        return lines.mutate(purchased_on=lines["occurred_on"], linked=NO)
    joined = lines.left_join(links, "line")
    return joined.select(
        *lines.columns,
        purchased_on=joined["undone_on"].fill_null(joined["occurred_on"]),
        linked=joined["linked"].fill_null(NO),
    )
