"""Tell the demo shop's orders as its till and its online shop would: in full, one state per order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from regulars.customers.contracts import Identifier, IdentifierKind, Profile
from regulars.demo.names import person
from regulars.demo.orders import ZONE
from regulars.orders.contracts import (
    Buyer,
    LineState,
    OrderState,
    PaymentState,
    ProductState,
    ReturnedLine,
    ReturnState,
    TenderKind,
    TenderState,
)

SOURCE = "corner"
FREE_SHIPPING_MINOR, SHIPPING_MINOR = 5_000, 490
VAT_PERCENT = 20
DELIVERED_AFTER = timedelta(days=2)
_COLUMNS = ("order_number", "customer_id", "ordered_at", "product", "quantity", "unit_price", "currency", "channel")
# What each article is filed under.
CATEGORIES = {
    "Coffee": ("Espresso", "Roast", "Origin", "Decaf", "Advent"),
    "Pantry": ("Oat", "Filters", "Chocolate", "Gift"),
    "Home": ("Mug", "Pour-over", "Moka", "Grinder", "Candle", "Towel", "Board", "Blanket"),
}

Row = dict[str, Any]


def tell_orders(lines: pa.Table, until: date) -> Iterator[OrderState]:
    """Yield each order as it stands when `until` ends, by number; `lines` are those of `orders.make_clean_orders`."""
    rows = lines.select(_COLUMNS).sort_by([("order_number", "ascending"), ("ordered_at", "ascending")]).to_pylist()
    zone = ZoneInfo(ZONE)
    end = datetime.combine(until + timedelta(days=1), time(), zone)
    for row in rows:
        row["ordered_at"] = row["ordered_at"].replace(tzinfo=zone)
    for _, group in groupby(rows, key=lambda row: row["order_number"]):
        yield _order(list(group), end)


def _order(rows: list[Row], end: datetime) -> OrderState:
    sold = [row for row in rows if row["quantity"] > 0]
    back = [row for row in rows if row["quantity"] < 0]
    first = sold[0]
    lines = [_line(row) for row in sold]
    goods = sum(line.total_minor for line in lines)
    online = first["channel"] == "online"
    shipping = SHIPPING_MINOR if online and goods < FREE_SHIPPING_MINOR else 0
    returns = _returns(sold, back)
    money_back = sum(line.amount_minor for each in returns for line in each.lines)
    return OrderState(
        source=SOURCE,
        external_id=first["order_number"],
        version=len(rows),
        placed_at=first["ordered_at"],
        buyer=_buyer(first["customer_id"]),
        currency=first["currency"],
        lines=lines,
        shipping_minor=shipping,
        shipping_tax_minor=_tax(shipping),
        total_minor=goods + shipping,
        payment_state=PaymentState.REFUNDED if money_back == goods else PaymentState.PAID,
        tenders=[TenderState(kind=_tender(first), amount_minor=goods + shipping, paid_at=first["ordered_at"])],
        returns=returns,
        delivered_at=_delivered(first["ordered_at"], end) if online else None,
        channel="online" if online else "shop",
        location="" if online else first["channel"],
    )


def _line(row: Row) -> LineState:
    price = int(row["unit_price"] * 100)
    total = price * row["quantity"]
    return LineState(
        product=ProductState(
            external_id=_article(row["product"]), name=row["product"], category=_category(row["product"])
        ),
        quantity=Decimal(row["quantity"]),
        unit_price_minor=price,
        tax_minor=_tax(total),
        total_minor=total,
    )


def _returns(sold: list[Row], back: list[Row]) -> list[ReturnState]:
    numbers = {row["product"]: number for number, row in enumerate(sold, start=1)}
    return [
        ReturnState(
            external_id=f"{row['order_number']}-R{count}",
            returned_at=row["ordered_at"],
            lines=[
                ReturnedLine(
                    line=numbers[row["product"]],
                    quantity=Decimal(-row["quantity"]),
                    amount_minor=int(row["unit_price"] * 100) * -row["quantity"],
                )
            ],
        )
        for count, row in enumerate(back, start=1)
    ]


def _buyer(number: str | None) -> Buyer | None:
    if number is None:
        return None
    who = person(number)
    identifiers = [Identifier(IdentifierKind.EXTERNAL_ID, who.number, SOURCE)]
    if who.email:
        identifiers.append(Identifier(IdentifierKind.EMAIL, who.email))
    if who.phone:
        identifiers.append(Identifier(IdentifierKind.PHONE, who.phone))
    profile = Profile(
        name=f"{who.given_name} {who.family_name}",
        given_name=who.given_name,
        family_name=who.family_name,
        city=who.city,
        postcode=who.postcode,
        country="AT",
    )
    return Buyer(identifiers=identifiers, profile=profile)


def _delivered(ordered_at: datetime, end: datetime) -> datetime | None:
    """Return when a parcel came, or None where it is still on its way when the shop's story ends."""
    arrived = ordered_at + DELIVERED_AFTER
    return arrived if arrived < end else None


def _tender(row: Row) -> TenderKind:
    if row["channel"] == "online":
        return TenderKind.CARD
    return TenderKind.CASH if int(row["order_number"]) % 3 == 0 else TenderKind.CARD


def _tax(total_minor: int) -> int:
    """Return the tax within a price that holds it, rounded half up."""
    return (total_minor * VAT_PERCENT * 2 + 100 + VAT_PERCENT) // (2 * (100 + VAT_PERCENT))


def _article(name: str) -> str:
    return "-".join("".join(each if each.isalnum() else " " for each in name.lower()).split())


def _category(name: str) -> str:
    return next((category for category, words in CATEGORIES.items() if any(word in name for word in words)), "Other")
