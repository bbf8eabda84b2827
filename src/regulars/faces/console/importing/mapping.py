"""What somebody says of a file: which column is what, and how the file is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms

from regulars.faces.console.forms import DesignedForm, currency_choices
from regulars.faces.console.importing.words import fields_of
from regulars.imports.contracts import FileMapping, Import, ImportKind, Recognised
from regulars.kit.i18n import gettext, mark
from regulars.kit.money import is_currency

# A column's name may be anything, so that what is said of it has a mark before it.
COLUMN, NOT_THERE = "=", "-"
_LONGEST = 500
_FORM_OF_FILE = ("delimiter", "encoding", "decimal", "date_order", "header", "currency")
_HEADER = {"yes": True, "no": False}
_YES_OR_NO = {"yes": mark("Yes"), "no": mark("No")}
_DELIMITERS = {
    ",": mark("Comma"),
    ";": mark("Semicolon"),
    "tab": mark("Tab"),
    "|": mark("Bar"),
    "space": mark("White space"),
}
_ENCODINGS = ("utf-8", "utf-16", "cp1252", "iso-8859-15", "cp1250", "mac-roman")
_DATE_ORDERS = {
    "dmy": mark("Day, month, year"),
    "mdy": mark("Month, day, year"),
    "ymd": mark("Year, month, day"),
}
_DECIMALS = {",": mark("Comma"), ".": mark("Point")}


def read_mapping(told: Mapping[str, str], kind: ImportKind) -> FileMapping:
    """Return what a form tells of a file; what it leaves open is recognised."""
    said = {name: told.get(name, "").replace("\0", "")[:_LONGEST] for name in _FORM_OF_FILE}
    columns = {}
    for name in fields_of(kind):
        value = told.get(f"column-{name}", "").replace("\0", "")
        if value == NOT_THERE:
            columns[name] = ""
        elif value.startswith(COLUMN) and len(value) > 1:
            columns[name] = value.removeprefix(COLUMN)
    return FileMapping(
        columns=columns,
        delimiter=said["delimiter"] or None,
        encoding=said["encoding"] or None,
        decimal=said["decimal"] or None,
        date_order=said["date_order"] or None,
        header=_HEADER.get(said["header"]),
        currency=said["currency"] if is_currency(said["currency"]) else None,
    )


def held_to(mapping: FileMapping, columns: Iterable[str]) -> FileMapping:
    """Return the mapping without the columns that the file, read so, does not have."""
    there = {*columns, ""}
    return replace(mapping, columns={name: column for name, column in mapping.columns.items() if column in there})


class MappingForm(DesignedForm):
    """One choice for each thing that a column may be, and for each thing that a file's form may be.

    The first of each is what is recognised without a word.
    """

    def __init__(
        self, found: Import, told: FileMapping, columns: Iterable[str], recognised: Recognised | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._names = [f"column-{name}" for name in fields_of(found.kind)]
        understood = recognised.columns if recognised else {}
        listed = list(columns)
        for name, words in fields_of(found.kind).items():
            wish, column = told.columns.get(name), understood.get(name)
            # What was said by a number, or in another case, is shown as the column that it means.
            value = "" if wish is None else f"{COLUMN}{column or wish}" if wish else NOT_THERE
            choices = [("", _by_itself(wish, column)), (NOT_THERE, gettext("Not in the file"))]
            self._add(f"column-{name}", words, [*choices, *((f"{COLUMN}{each}", each) for each in listed)], value)
        for name, (words, choices, value, by_itself) in _form_of_file(found.kind, told, recognised).items():
            self._add(name, words, [("", by_itself), *choices], value)

    def _add(self, name: str, label: str, choices: list[tuple[str, str]], value: str) -> None:
        if value not in {choice for choice, _ in choices}:
            choices = [*choices, (value, value.removeprefix(COLUMN))]
        self.fields[name] = forms.ChoiceField(
            label=label,
            choices=choices,
            initial=value,
            required=False,
            widget=forms.Select(attrs={"class": "select"}),
        )

    @property
    def column_fields(self) -> list[forms.BoundField]:
        """The choices of columns."""
        return [self[name] for name in self._names]

    @property
    def form_fields(self) -> list[forms.BoundField]:
        """The choices of the file's form."""
        return [self[name] for name in self.fields if name not in self._names]


_Choice = tuple[str, list[tuple[str, str]], str, str]


def _form_of_file(kind: ImportKind, told: FileMapping, recognised: Recognised | None) -> dict[str, _Choice]:
    """Return what may be said of the file's form: words, choices, what was said, and what is recognised."""
    is_text = recognised is None or recognised.encoding is not None
    found = _found(recognised)
    choices: dict[str, _Choice] = {}
    if is_text:
        choices["delimiter"] = _choice(gettext("Between cells"), _said(_DELIMITERS), told.delimiter, found["delimiter"])
        encodings = {name: name for name in _ENCODINGS}
        choices["encoding"] = _choice(gettext("Encoding"), encodings, told.encoding, found["encoding"])
    header = "" if told.header is None else "yes" if told.header else "no"
    choices["header"] = _choice(gettext("First row holds the names"), _said(_YES_OR_NO), header, found["header"])
    if kind is not ImportKind.PRODUCTS:
        orders = _said(_DATE_ORDERS)
        choices["date_order"] = _choice(gettext("Dates are written"), orders, told.date_order, found["date_order"])
    if kind is ImportKind.ORDERS:
        choices["decimal"] = _choice(gettext("Decimal mark"), _said(_DECIMALS), told.decimal, found["decimal"])
        choices["currency"] = _choice(gettext("Currency"), dict(currency_choices()), told.currency, found["currency"])
    return choices


def written_of(recognised: Recognised) -> list[tuple[str, str]]:
    """Return in words how a file is written, as far as it is recognised."""
    found = _found(recognised)
    told = [
        (gettext("Format"), recognised.format),
        (gettext("Between cells"), _said(_DELIMITERS).get(found["delimiter"], found["delimiter"])),
        (gettext("Encoding"), found["encoding"]),
        (gettext("Decimal mark"), _said(_DECIMALS).get(found["decimal"], found["decimal"])),
        (gettext("Dates are written"), _said(_DATE_ORDERS).get(found["date_order"], found["date_order"])),
        (gettext("Currency"), found["currency"]),
    ]
    return [(words, value) for words, value in told if value]


def _found(recognised: Recognised | None) -> dict[str, str]:
    """Return what is recognised of a file's form, as the choices name it; empty texts where nothing is."""
    if recognised is None:
        return dict.fromkeys(_FORM_OF_FILE, "")
    delimiter = recognised.delimiter or ""
    return {
        "delimiter": {"\t": "tab", " ": "space"}.get(delimiter, delimiter),
        "encoding": recognised.encoding or "",
        "decimal": recognised.decimal or "",
        "date_order": recognised.date_order or "",
        "header": "yes" if recognised.header else "no",
        "currency": recognised.currency or "",
    }


def _said(choices: Mapping[str, str]) -> dict[str, str]:
    return {value: gettext(words) for value, words in choices.items()}


def _choice(words: str, choices: dict[str, str], said: str | None, found: str | None) -> _Choice:
    by_itself = _recognised(choices.get(found, found)) if found and not said else gettext("As recognised")
    return words, list(choices.items()), said or "", by_itself


def _by_itself(wish: str | None, column: str | None) -> str:
    if wish is not None:
        return gettext("As recognised")
    return _recognised(column) if column else gettext("Not found by itself")


def _recognised(what: str) -> str:
    return gettext("{what} (recognised)").format(what=what)
