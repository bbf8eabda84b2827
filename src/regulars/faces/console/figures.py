"""The report's figures as pages of the console show them: all texts in words, and what the script draws from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from regulars.kit.i18n import gettext
from regulars.report.definitions import DEFINITIONS
from regulars.report.page.figures import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A word of a figure and its definition; `name` tells it from all others on a page."""

    name: str
    label: str
    definition: str
    is_number: bool = False
    tone: str = ""
    line: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a figure's table; `address` is where it leads, in the words `leads_to`, both empty where nowhere."""

    cells: Sequence[tuple[str, bool]]
    address: str = ""
    leads_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A figure as `design/figure.html` takes it; `data` is JSON for the script."""

    name: str
    title: str
    unit: str
    summary: str
    definition: str
    note: str
    has_plot: bool
    legend: Sequence[Named]
    heads: Sequence[Named]
    rows: Sequence[Row]
    data: str


def shown(figure: Figure | None, links: Sequence[tuple[str, str]] = ()) -> Shown | None:
    """Return a figure in words; None where there is nothing to draw.

    `links` are where the rows of its table lead, where they do: for each an address, and where to in words.
    """
    if figure is None:
        return None
    numbers = [column.is_number for column in figure.columns]
    leads = links or [("", "")] * len(figure.rows)
    return Shown(
        name=f"figure-{figure.name}",
        title=figure.title,
        unit=figure.unit,
        summary=figure.summary,
        definition=define(figure.definition),
        note=figure.note or "",
        has_plot=figure.spec is not None,
        legend=[
            Named(
                name=f"key-{figure.name}-{number}",
                label=key.label,
                definition=define(key.definition),
                tone=key.tone,
                line=key.line,
            )
            for number, key in enumerate(figure.legend)
        ],
        heads=[
            Named(
                name=f"head-{figure.name}-{number}",
                label=column.label,
                definition=define(column.definition),
                is_number=column.is_number,
            )
            for number, column in enumerate(figure.columns)
        ],
        rows=[
            Row(
                cells=[
                    (column.show(cell), is_number)
                    for column, cell, is_number in zip(figure.columns, row, numbers, strict=True)
                ],
                address=address,
                leads_to=leads_to,
            )
            for row, (address, leads_to) in zip(figure.rows, leads, strict=True)
        ],
        data=json.dumps(figure.payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
    )


def define(term: str | None) -> str:
    """Return what a term of `report.definitions` means, in the reader's language; empty where none is named."""
    return gettext(DEFINITIONS[term].text) if term else ""
