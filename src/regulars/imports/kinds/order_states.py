"""From the lines of an order to its full state. Pure: rows in, an item out.

The rules, in words, stand in the feature's README.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from regulars.customers.contracts import Identifier, IdentifierKind, Profile
from regulars.imports.contracts import Item, Refusal
from regulars.intake.treatment import REASONS
from regulars.kit.i18n import gettext
from regulars.kit.money import minor_digits
from regulars.orders.contracts import (
    Buyer,
    DiscountState,
    LineState,
    OrderState,
    ProductState,
    ReturnedLine,
    ReturnState,
)
from retention.reasons import mark

Row = Mapping[str, Any]
# What is sold where the file does not say: a row that is a whole order.
NOT_ITEMISED = ProductState(external_id="not-itemised", name="Not itemised")
OWN_REASONS: Mapping[str, str] = {
    "nothing_sold": mark("Nothing was sold: the quantity is zero, and so is the amount."),
    "return_without_order": mark("What came back belongs to an order that the file does not hold."),
    "return_of_other_goods": mark("What came back was not sold in this order, or not so many."),
    "return_too_large": mark("More money came back than was paid for this order."),
    "absurd_quantity": mark("The quantity is absurd."),
    "long_name": mark("The number of the order or of the product is longer than 300 characters."),
}
_LONGEST_NAME = 300
_MOST_PIECES = Decimal(10**9)
_PIECE = Decimal("0.001")
_PROFILE = ("name", "given_name", "family_name", "country", "city", "postcode")


@dataclass(slots=True)
class _Sold:
    """A line that was sold, and what of it has not come back."""

    state: LineState
    left: Decimal
    counted: bool


@dataclass(slots=True)
class _Money:
    """What may still come back of an order."""

    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Makes orders of lines; `zone` is where clocks without an offset stand."""

    source: str
    zone: str
    totals_of_orders: bool
    _zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", ZoneInfo(self.zone))

    def item_of(self, rows: Sequence[Row]) -> Item:
        """Return the order that these lines make, and which of them do not fit into it."""
        place = rows[0]["first"]
        numbers = [row["line"] for row in rows]
        refused: list[Refusal] = []
        good = [row for row in rows if not self._refuse_alone(row, refused)]
        sold = [row for row in good if row["amount_minor"] >= 0]
        is_cancelled = bool(sold) and all(row["cancelled"] for row in sold)
        if not is_cancelled:
            # Of an order that stands, lines that came to nothing are left out.
            refused += [_refusal(row, "cancelled", REASONS) for row in sold if row["cancelled"]]
            sold = [row for row in sold if not row["cancelled"]]
        back = [row for row in good if row["amount_minor"] < 0]
        if not sold:
            refused += [_refusal(row, "return_without_order") for row in back]
            return Item(place=place, rows=numbers, state=None, refused=refused)
        state = self._state(sold, [] if is_cancelled else back, refused, is_cancelled=is_cancelled)
        return Item(place=place, rows=numbers, state=state, refused=refused)

    def _refuse_alone(self, row: Row, refused: list[Refusal]) -> bool:
        quantity = row.get("quantity")
        if quantity == 0 and row["amount_minor"] == 0:
            refused.append(_refusal(row, "nothing_sold"))
        elif quantity is not None and not abs(quantity) < _MOST_PIECES:
            refused.append(_refusal(row, "absurd_quantity"))
        elif max(len(row["order"]), len(row.get("product") or "")) > _LONGEST_NAME:
            refused.append(_refusal(row, "long_name"))
        else:
            return False
        return True

    def _state(
        self, rows: Sequence[Row], back: Sequence[Row], refused: list[Refusal], *, is_cancelled: bool
    ) -> OrderState:
        sold = [self._line(row) for row in rows]
        total = sum(row["amount_minor"] for row in rows)
        beyond_lines = total - sum(each.state.total_minor for each in sold)
        placed_at = min(map(self._moment, rows))
        number = rows[0]["order"]
        return OrderState(
            source=self.source,
            external_id=number,
            placed_at=placed_at,
            buyer=self._buyer([*rows, *back]),
            currency=rows[0]["currency"],
            lines=[each.state for each in sold],
            shipping_minor=max(beyond_lines, 0),
            discounts=[DiscountState(amount_minor=-beyond_lines)] if beyond_lines < 0 else [],
            total_minor=total,
            returns=self._returns(number, sold, back, _Money(total), refused),
            cancelled_at=placed_at if is_cancelled else None,
            channel=_first(rows, "field_channel"),
            location=_first(rows, "field_location"),
        )

    def _line(self, row: Row) -> _Sold:
        """Return a line whose quantity, price and discount come to its total, whichever of them the file states."""
        quantity = _pieces(row)
        price = row.get("price")
        priced = None if price is None else _minor(abs(price), row["currency"])
        if self.totals_of_orders and priced is not None:
            total = int((quantity * priced).quantize(Decimal(1), ROUND_HALF_UP))
        else:
            total = row["amount_minor"]
        if priced is None or quantity * priced < total:
            priced = int((total / quantity).quantize(Decimal(1), ROUND_UP))
        state = LineState(
            product=_product(row),
            quantity=quantity,
            unit_price_minor=priced,
            discount_minor=int((quantity * priced).quantize(Decimal(1), ROUND_HALF_UP)) - total,
            total_minor=total,
        )
        return _Sold(state, quantity, counted=row.get("quantity") is not None)

    def _returns(
        self, number: str, sold: Sequence[_Sold], back: Sequence[Row], money: _Money, refused: list[Refusal]
    ) -> list[ReturnState]:
        """Return what came back, each moment a return, and refuse what this order did not sell."""
        returns: list[ReturnState] = []
        for moment, rows in groupby(sorted(back, key=self._moment_and_line), key=self._moment):
            lines = [part for row in rows for part in _taken_back(row, sold, money, refused)]
            if lines:
                name = f"{number}-r{len(returns) + 1}"
                returns.append(ReturnState(external_id=name, returned_at=moment, lines=lines))
        return returns

    def _moment_and_line(self, row: Row) -> tuple[datetime, int]:
        return self._moment(row), row["line"]

    def _moment(self, row: Row) -> datetime:
        """Return a row's moment; a clock's reading is one in the business's zone."""
        moment: datetime = row["occurred_at"]
        return moment.replace(tzinfo=UTC if row["instant"] else self._zone).astimezone(UTC)

    def _buyer(self, rows: Sequence[Row]) -> Buyer | None:
        # Where customers are told by their e-mail address, the column of customers holds it.
        customer, email = _first(rows, "customer"), _first(rows, "field_email")
        known_as = [
            Identifier(IdentifierKind.EXTERNAL_ID, "" if "@" in customer else customer, self.source),
            Identifier(IdentifierKind.EMAIL, email or (customer if "@" in customer else "")),
            Identifier(IdentifierKind.PHONE, _first(rows, "field_phone")),
        ]
        identifiers = [identifier for identifier in known_as if identifier.value]
        if not identifiers:
            return None
        told: dict[str, Any] = {name: value for name in _PROFILE if (value := _first(rows, f"field_{name}"))}
        return Buyer(identifiers=identifiers, profile=Profile(**told))


def _refusal(row: Row, code: str, reasons: Mapping[str, str] = OWN_REASONS) -> Refusal:
    return Refusal(row=row["line"], code=code, message=gettext(reasons[code]))


def _taken_back(row: Row, sold: Sequence[_Sold], money: _Money, refused: list[Refusal]) -> Iterable[ReturnedLine]:
    """Return which lines a row takes back; none, and the row refused, where the order does not hold so much."""
    amount = -row["amount_minor"]
    if amount > money.left:
        refused.append(_refusal(row, "return_too_large"))
        return []
    price = row.get("price")
    of_goods = [
        (number, each)
        for number, each in enumerate(sold, start=1)
        if each.left and each.state.product.external_id == _product(row).external_id
    ]
    # Of the same goods at several prices those are meant that were sold at this one.
    same = _minor(abs(price), row["currency"]) if price is not None else None
    of_goods.sort(key=lambda pair: pair[1].state.unit_price_minor != same)
    wanted = _pieces(row) if row.get("quantity") else _share(amount, [each for _, each in of_goods])
    if wanted > sum(each.left for _, each in of_goods) or not of_goods:
        refused.append(_refusal(row, "return_of_other_goods"))
        return []
    money.left -= amount
    return _spread(amount, wanted, of_goods)


def _spread(amount: int, wanted: Decimal, lines: Iterable[tuple[int, _Sold]]) -> list[ReturnedLine]:
    """Take pieces from the lines in turn, and give each its share of the money."""
    parts: list[ReturnedLine] = []
    left, money = wanted, amount
    for number, each in lines:
        if not left:
            break
        taken = min(left, each.left)
        left -= taken
        each.left -= taken
        share = money if not left else int((amount * taken / wanted).quantize(Decimal(1), ROUND_HALF_UP))
        money -= share
        parts.append(ReturnedLine(line=number, quantity=taken, amount_minor=share))
    return parts


def _share(amount: int, sold: Sequence[_Sold]) -> Decimal:
    """Return which part of what was sold came back, where only money is told."""
    worth, left = sum(each.state.total_minor for each in sold), sum((each.left for each in sold), Decimal(0))
    if not worth:
        return left
    pieces = sum((each.state.quantity for each in sold), Decimal(0))
    return min(left, max(_PIECE, (pieces * amount / worth).quantize(_PIECE)))


def _pieces(row: Row) -> Decimal:
    quantity = row.get("quantity")
    # An amount without pieces, as a fee has it, is one piece.
    return max(_PIECE, Decimal(str(abs(quantity))).quantize(_PIECE)) if quantity else Decimal(1)


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(minor_digits(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def _product(row: Row) -> ProductState:
    if not row.get("product"):
        return NOT_ITEMISED
    return ProductState(
        external_id=row["product"],
        name=row.get("field_product_name") or "",
        category=row.get("field_category") or "",
    )


def _first(rows: Iterable[Row], column: str) -> str:
    return next((row[column] for row in rows if row.get(column)), "")
