"""A figure is a chart, the table behind it and its download, all from the same rows."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from regulars.kit import formats
from regulars.kit.money import minor_digits
from regulars.report.wording import cash

Cell = str | int | float | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a figure's table; `form` is text, number, decimal, percent, money or day.

    Money is in minor units. `definition` names a term of `regulars.report.definitions`.
    """

    label: str
    form: str = "text"
    definition: str | None = None
    currency: str | None = None

    @property
    def is_number(self) -> bool:
        """Tell whether the cells stand at the right."""
        return self.form not in {"text", "day"}

    def show(self, value: Cell) -> str:
        """Return the cell as the reader's locale writes it."""
        if value is None or isinstance(value, str):
            return value or formats.MISSING
        if isinstance(value, date):
            return formats.day(value)
        match self.form:
            case "percent":
                return formats.percent(value, 1)
            case "money":
                return cash(value, self.currency)
            case "decimal":
                return formats.number(value, 2)
        return formats.number(value)

    def plain(self, value: Cell) -> Cell:
        """Return the cell as a program reads it: money in major units, nothing where there is no number."""
        if isinstance(value, float) and not math.isfinite(value):
            return None
        if self.form == "money" and isinstance(value, (int, float)):
            digits = minor_digits(self.currency)
            return round(value / 10.0**digits, digits)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An entry of a legend: what it is called, and the tone it is drawn in."""

    label: str
    tone: str
    line: bool = False
    definition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart with its title (what one sees), unit, table and download.

    `summary` says the chart in words, for those who do not see it. `spec` is what the script draws from (None: the
    table is the figure). Its numbers are in major units and its texts translated.
    """

    name: str
    title: str
    unit: str
    summary: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    spec: Mapping[str, Any] | None = None
    legend: tuple[Key, ...] = ()
    note: str | None = None
    definition: str | None = field(default=None)

    @property
    def payload(self) -> dict[str, Any]:
        """What the page's JSON holds of this figure."""
        return {"spec": finite(self.spec), "csv": self.as_csv(), "file": f"{self.name}.csv"}

    def as_csv(self) -> str:
        """Return the table as CSV: a point as the decimal sign, ISO dates, money in major units."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([column.label for column in self.columns])
        for row in self.rows:
            writer.writerow([_harmless(column.plain(cell)) for column, cell in zip(self.columns, row, strict=True)])
        return text.getvalue()


def line(name: str, tone: str, values: Sequence[float], **more: Any) -> dict[str, Any]:
    """Return a line of a chart as the script takes it; `more` is how it is drawn (`at`, `low`, `high`, `dashed` …)."""
    return {"name": name, "tone": tone, "values": list(values), **more}


def spark_path(values: Sequence[float], width: int = 84, height: int = 28) -> str:
    """Return the path of a small line through `values`, drawn in a box of `width` by `height`."""
    low, high = min(values), max(values)
    step, spread = width / max(1, len(values) - 1), (high - low) or 1
    points = [
        f"{i * step:.1f} {height - 3 - (value - low) / spread * (height - 6):.1f}" for i, value in enumerate(values)
    ]
    return "M" + " L".join(points)


def finite(value: Any) -> Any:
    """Return `value` with what is not a finite number replaced by None, as JSON has no other."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(each) for each in value]
    return value


def _harmless(value: Cell) -> Cell:
    """Keep a spreadsheet from taking a customer's name or number for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value
