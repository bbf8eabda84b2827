"""What a file would become, as tables: its first rows as they stand, and its orders, people or products as kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile
from regulars.faces.console.importing.mapping import held_to
from regulars.faces.console.importing.words import fields_of
from regulars.imports.contracts import FileMapping, Import, ImportKind, Item, Originals, Preview
from regulars.imports.queries import get_originals, preview
from regulars.imports.reading import FileNotImportable
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.orders.contracts import OrderState, ProductState
from regulars.report.wording import say

SAMPLE_ROWS = 5
# A table wider than that is no help to anybody.
MOST_COLUMNS = 40
_LONGEST_CELL = 80


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as it is understood by a mapping. `fault` says why it cannot be read so; then there is no preview."""

    mapping: FileMapping
    columns: Sequence[str]
    sample: Sequence[Sequence[str]]
    preview: Preview | None
    fault: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under their heads; `numbers` tells which columns hold numbers."""

    heads: Sequence[str]
    numbers: Sequence[bool]
    rows: Sequence[Sequence[str]]

    @property
    def cells(self) -> list[list[tuple[str, bool]]]:
        """The rows, each cell with whether it is a number."""
        return [list(zip(row, self.numbers, strict=True)) for row in self.rows]


def look(found: Import, told: FileMapping, *, now: datetime) -> Shown:
    """Return a file as it is understood by what is told of it."""
    try:
        originals = get_originals(found.id, rows=range(1, SAMPLE_ROWS + 1), now=now, mapping=told)
    except FileNotImportable as error:
        return Shown(told, [], [], None, error.message)
    # Another delimiter makes other columns.
    told = held_to(told, originals.columns)
    try:
        seen = preview(found.id, now=now, mapping=told)
    except FileNotImportable as error:
        return Shown(told, originals.columns, _sample(originals), None, told_here(error, found.kind))
    return Shown(told, originals.columns, _sample(originals), seen, "")


def told_here(error: FileNotImportable, kind: ImportKind) -> str:
    """Return what is wrong as it is mended here; of columns the command line speaks otherwise."""
    if error.code != "column_not_recognised":
        return error.message
    if kind is ImportKind.ORDERS:
        return gettext(
            "Tell who ordered, when, and the amount, or quantity and unit price. Not all is found by itself."
        )
    return gettext("No column is found by itself. Tell what at least one of them is.")


def _sample(originals: Originals) -> list[list[str]]:
    rows = [originals.rows[number] for number in sorted(originals.rows)]
    return [[_short(cell or "") for cell in row[:MOST_COLUMNS]] for row in rows]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def heads_of(found: Import, shown: Shown) -> list[tuple[str, list[str]]]:
    """Return the file's columns, each with the words for what it is taken for."""
    words = fields_of(found.kind)
    taken: dict[str, list[str]] = {}
    for name, column in (shown.preview.recognised.columns if shown.preview else shown.mapping.columns).items():
        taken.setdefault(column, []).append(words.get(name, name))
    return [(column, taken.get(column, [])) for column in shown.columns[:MOST_COLUMNS]]


def notes_of(shown: Shown) -> list[str]:
    """Return in words what had to be guessed."""
    return [say(note) for note in shown.preview.recognised.notes] if shown.preview else []


def table_of(kind: ImportKind, items: Sequence[Item]) -> Table:
    """Return what would be kept."""
    states = [item.state for item in items]
    match kind:
        case ImportKind.ORDERS:
            return _orders([state for state in states if isinstance(state, OrderState)])
        case ImportKind.CUSTOMERS:
            return _people([state for state in states if isinstance(state, Person)])
        case ImportKind.PRODUCTS:
            return _products([state for state in states if isinstance(state, ProductState)])


def _orders(states: Sequence[OrderState]) -> Table:
    heads = [
        gettext("Number"),
        gettext("Placed"),
        gettext("Who"),
        gettext("What"),
        gettext("Total"),
        gettext("Came back"),
    ]
    rows = [
        [
            state.external_id,
            _moment(state.placed_at),
            _who(state.buyer.identifiers, state.buyer.profile) if state.buyer else gettext("a guest"),
            ", ".join(f"{formats.number(float(line.quantity))} × {_name(line.product)}" for line in state.lines),
            formats.money(state.total_minor, state.currency),
            _came_back(state),
        ]
        for state in states
    ]
    return Table(heads, [False, False, False, False, True, True], [[_short(cell) for cell in row] for row in rows])


def _came_back(state: OrderState) -> str:
    if state.cancelled_at:
        return gettext("cancelled")
    amount = sum(line.amount_minor for each in state.returns for line in each.lines)
    return formats.money(amount, state.currency) if amount else ""


def _people(states: Sequence[Person]) -> Table:
    heads = [gettext("Who"), gettext("Known as"), gettext("Lives in"), gettext("Birthday"), gettext("Traits")]
    rows = [
        [
            _who([], state.profile),
            ", ".join(each.value for each in state.identifiers),
            " ".join(part for part in (state.profile.postcode, state.profile.city, state.profile.country) if part),
            formats.day(state.profile.birthday) if state.profile.birthday else "",
            ", ".join(f"{key}: {value}" for key, value in state.profile.traits.items()),
        ]
        for state in states
    ]
    return Table(heads, [False] * len(heads), [[_short(cell) for cell in row] for row in rows])


def _products(states: Sequence[ProductState]) -> Table:
    heads = [gettext("Number"), gettext("Name"), gettext("Category")]
    rows = [[_short(state.external_id), _short(state.name), _short(state.category)] for state in states]
    return Table(heads, [False] * len(heads), rows)


def _name(product: ProductState) -> str:
    return product.name or product.external_id


def _who(identifiers: Sequence[Identifier], profile: Profile) -> str:
    """Return what to call somebody: the name, else the first identifier that is not a number of a program's."""
    names = " ".join(part for part in (profile.given_name, profile.family_name) if part)
    spoken = [each.value for each in identifiers if each.kind is not IdentifierKind.ANONYMOUS_ID]
    return profile.name or names or next(iter(spoken), "")


def _moment(moment: datetime) -> str:
    there = timezone.localtime(moment)
    return f"{formats.day(there)}, {formats.time_of_day(there)}"
