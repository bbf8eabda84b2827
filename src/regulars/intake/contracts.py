"""What reading a file of orders yields: how it was understood, what was used, what was refused and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from retention.reasons import Reason

if TYPE_CHECKING:
    from ibis.expr.types import Table


class Role(StrEnum):
    """What a column of the file is to us."""

    CUSTOMER = "customer"
    ORDER = "order"
    DATE = "date"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    PRICE = "price"
    PRODUCT = "product"
    CURRENCY = "currency"
    STATUS = "status"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user says about the files; everything left None is recognised from them.

    `columns` maps a role to a column's name or 1-based position, as the user wrote it.
    """

    columns: Mapping[Role, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    date_order: str | None = None
    header: bool | None = None
    currency: str | None = None
    zone: str = "UTC"
    as_of: date | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one file was understood; the report shows it and the user can set each part.

    `columns` maps a role to the column's name (`column 3` where the file has no header). `level` is "order" when a row
    is a whole order, "line" when it is a line of one.
    """

    path: Path
    format: str
    compressed: bool
    encoding: str | None
    delimiter: str | None
    header: bool
    decimal: str | None
    date_order: str | None
    currency: str | None
    level: str
    columns: Mapping[Role, str]
    all_columns: tuple[str, ...]
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many rows a stated rule touched; `reason.code` is stable."""

    reason: Reason
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuality:
    """What happened to the rows: `rows == used + sum of refused`; `treated` counts rules that changed a row."""

    rows: int
    used: int
    refused: tuple[Count, ...]
    treated: tuple[Count, ...]
    layouts: tuple[Layout, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Orders read and treated.

    `orders` is an Ibis table (one row per order line, order or refund) with the columns of the retention library:
    `customer` string, `order` string, `occurred_on` date (in the stated zone), `purchased_on` date (the day of the
    purchase that the row belongs to: its own, or for a linked refund the day of what it refunds), `amount_minor` int64
    (refunds negative), and, where the file has them, `product` string and `quantity` float64.
    `refused` is an Ibis table: `file`, `row` (1-based number of the record in the file, the header not counted),
    `reason` (code), `record` (the row as read, its cells as JSON text).

    With `one_row_per_order` each row of `orders` is an order of its own or a refund, and they are stored: lines need
    not be folded into orders first.
    """

    orders: Table
    refused: Table
    quality: DataQuality
    currency: str | None
    first_on: date | None
    last_on: date | None
    one_row_per_order: bool = False
