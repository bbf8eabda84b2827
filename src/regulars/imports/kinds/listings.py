"""What files of customers and of products have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.imports.contracts import Item, Recognised, Refusal
from regulars.intake.listing import Listing
from regulars.intake.treatment import REASONS
from regulars.kit.cells import plain_cell
from regulars.kit.i18n import gettext


def recognised_of(listing: Listing, more: Mapping[str, str] | None = None) -> Recognised:
    """Return how a listing was understood; `more` maps what else was found to columns."""
    return Recognised(
        format=listing.format,
        encoding=listing.encoding,
        delimiter=listing.delimiter,
        header=listing.header,
        decimal=None,
        date_order=listing.date_order,
        currency=None,
        columns={str(field): name for field, name in listing.fields.items()} | dict(more or {}),
        all_columns=listing.columns,
        notes=listing.notes,
    )


def plain_cells(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's cells as they were before they were made safe for spreadsheets, as our own exports are."""
    return {name: plain_cell(cell) if isinstance(cell, str) else cell for name, cell in cells.items()}


def refused_alone(row: int, code: str, reasons: Mapping[str, str] = REASONS) -> Item:
    """Return the item of a row that says nothing that can be meant."""
    return Item(
        place=row, rows=[row], state=None, refused=[Refusal(row=row, code=code, message=gettext(reasons[code]))]
    )
